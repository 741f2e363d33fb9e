// The microphone in, the customer's voice out. One rule: sound lives in this module and in the worklet, and nowhere longer
// than a block; what becomes of a block is its caller's.
const FADE_S = 0.06; // a voice that is cut off clicks; the server asks for silence within 0.1 s
const TEST_HZ = [392, 523.25];
const STARTS_MS = 4000; // without a sound output some browsers wait for one, for ever and without a word

/** Why there is no sound: `reason` is the name of the trouble's text. */
export class NoSound extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** One microphone and one voice. `onBlock(buffer)` gets 20 ms of both, `onLevel(peak)` the microphone's, `onGone()` its loss. */
export class Sound {
  constructor({ onBlock, onLevel, onGone }) {
    this.onBlock = onBlock;
    this.onLevel = onLevel;
    this.onGone = onGone;
    this.lines = new Map(); // decoded lines by address: a line is said again from where it stopped
    this.playing = null;
  }

  /** Opens the output and the worklet, once. Throws NoSound. */
  async open() {
    if (!this.stream) await this.build();
    await Promise.race([this.context.resume(), new Promise((resolve) => setTimeout(resolve, STARTS_MS))]);
    if (this.context.state !== "running") throw new NoSound("no_output");
  }

  async build() {
    this.context ??= new AudioContext({ latencyHint: "interactive" });
    try {
      await this.context.audioWorklet.addModule("/static/stream-worklet.js");
    } catch {
      throw new NoSound("gone"); // the file comes from the program: it has stopped
    }
    this.stream = new AudioWorkletNode(this.context, "stream", {
      numberOfInputs: 2, numberOfOutputs: 1, channelCount: 1, channelCountMode: "explicit",
    });
    this.stream.port.onmessage = ({ data }) => {
      this.onBlock(data.block);
      if (data.level !== null) this.onLevel(data.level);
    };
    // Its output is silence: it is connected only so that every browser keeps it running.
    this.stream.connect(this.context.destination);
    this.voice = new GainNode(this.context);
    this.voice.connect(this.context.destination);
    this.voice.connect(this.stream, 0, 1);
  }

  /** Turns a microphone on (the default one, or this one). Throws NoSound. */
  async listen(device = null) {
    const track = await microphone(device);
    try {
      await this.open();
    } catch (error) {
      track.stop();
      throw error;
    }
    this.mute();
    this.track = track;
    this.track.onended = () => this.onGone();
    this.source = new MediaStreamAudioSourceNode(this.context, { mediaStream: new MediaStream([track]) });
    this.source.connect(this.stream, 0, 0);
  }

  /** Turns the microphone off: the browser's own sign goes out too. */
  mute() {
    this.source?.disconnect();
    if (this.track) {
      this.track.onended = null;
      this.track.stop();
    }
    this.source = this.track = null;
  }

  get listening() {
    return Boolean(this.track);
  }

  /** The microphones that the computer has, and which one is on. */
  async microphones() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const on = this.track?.getSettings().deviceId;
    return devices.filter((device) => device.kind === "audioinput").map(({ deviceId, label }) => ({ deviceId, label, on: deviceId === on }));
  }

  /** Plays a line from `from_s`; `onEnd()` follows when it has been played to its end, not when it was stopped. */
  async play(address, from_s, onEnd) {
    const wanted = (this.wanted = {});
    const audio = await this.line(address);
    if (this.wanted !== wanted) return; // stopped, or another line, while this one was read
    this.silence();
    const node = new AudioBufferSourceNode(this.context, { buffer: audio });
    const gain = new GainNode(this.context);
    node.connect(gain).connect(this.voice);
    const playing = { node, gain, began: this.context.currentTime - from_s };
    node.onended = () => {
      if (this.playing !== playing) return;
      this.playing = null;
      onEnd();
    };
    this.playing = playing;
    node.start(0, from_s);
  }

  /** Fades the line out; returns where it was, in seconds of its sound, or null if none was playing. */
  silence() {
    this.wanted = null;
    const playing = this.playing;
    this.playing = null;
    if (!playing) return null;
    const now = this.context.currentTime;
    playing.gain.gain.setValueAtTime(1, now);
    playing.gain.gain.linearRampToValueAtTime(0, now + FADE_S);
    playing.node.stop(now + FADE_S);
    return Math.max(0, now - playing.began);
  }

  /** Two soft tones: are the headphones on? They go nowhere else. Throws NoSound. */
  async test() {
    await this.open();
    TEST_HZ.forEach((hz, index) => {
      const start = this.context.currentTime + 0.3 * index;
      const gain = new GainNode(this.context, { gain: 0 });
      const tone = new OscillatorNode(this.context, { frequency: hz });
      tone.connect(gain).connect(this.context.destination);
      gain.gain.setValueAtTime(0, start);
      gain.gain.linearRampToValueAtTime(0.12, start + 0.05);
      gain.gain.linearRampToValueAtTime(0, start + 0.6);
      tone.start(start);
      tone.stop(start + 0.65);
    });
  }

  async line(address) {
    if (!this.lines.has(address)) {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
      this.lines.set(address, await this.context.decodeAudioData(await answer.arrayBuffer()));
    }
    return this.lines.get(address);
  }
}

async function microphone(device) {
  if (!navigator.mediaDevices) throw new NoSound("no_microphone");
  const audio = { echoCancellation: true, noiseSuppression: false, autoGainControl: true, channelCount: 1 };
  if (device) audio.deviceId = { exact: device };
  try {
    return (await navigator.mediaDevices.getUserMedia({ audio })).getAudioTracks()[0];
  } catch (error) {
    throw new NoSound(reasonOf(error));
  }
}

function reasonOf(error) {
  if (error.name === "NotAllowedError" || error.name === "SecurityError") return "refused";
  return error.name === "NotReadableError" || error.name === "AbortError" ? "busy" : "no_microphone";
}
