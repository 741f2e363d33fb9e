// Two sounds in, one stream out: what the microphone hears, and the customer's line as it is played, as 20 ms blocks of
// int16 stereo at 16 kHz. One rule: both go through the same filter with the same state, so they stay aligned to the sample.
const RATE = 16000;
const BLOCK = 320;
const ZERO_CROSSINGS = 16; // a longer filter is sharper and later: 16 at 16 kHz are 1 ms late, and speech ends at 7 kHz
const CUTOFF = 0.92; // of half the output's rate: the rest is the filter's slope
const LEVEL_BLOCKS = 3; // the level meter moves every 60 ms

/** Windowed-sinc weights for every position that an output sample can have between two input samples. */
function filterBank(inputRate) {
  const common = greatestDivisor(inputRate, RATE);
  const phases = RATE / common;
  const ratio = inputRate / RATE;
  const cut = (CUTOFF * Math.min(1, 1 / ratio)) / 2; // of the input's rate
  const half = Math.ceil(ZERO_CROSSINGS * Math.max(1, ratio));
  const weights = [];
  for (let phase = 0; phase < phases; phase++) weights.push(weightsAt(phase / phases, half, cut));
  return { phases, advance: inputRate / common, half, weights };
}

function weightsAt(shift, half, cut) {
  const weights = new Float64Array(2 * half);
  let sum = 0;
  for (let tap = 0; tap < 2 * half; tap++) {
    const x = tap - half + 1 - shift;
    const sinc = x === 0 ? 2 * cut : Math.sin(2 * Math.PI * cut * x) / (Math.PI * x);
    const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / half);
    weights[tap] = Math.abs(x) < half ? sinc * window : 0;
    sum += weights[tap];
  }
  return weights.map((weight) => weight / sum);
}

function greatestDivisor(a, b) {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

class Stream extends AudioWorkletProcessor {
  constructor() {
    super();
    this.bank = filterBank(sampleRate);
    this.heard = [new Float64Array(8192), new Float64Array(8192)]; // rings: microphone, customer
    this.written = 0; // input samples taken so far
    this.position = 0; // the next output sample, in input samples, whole part
    this.phase = 0; // and its fraction, in steps of 1 / phases
    this.block = new Int16Array(2 * BLOCK);
    this.filled = 0;
    this.loudest = 0;
    this.blocks = 0;
  }

  process(inputs) {
    const size = inputs.find((input) => input.length)?.[0].length ?? 128;
    for (let side = 0; side < 2; side++) {
      const samples = inputs[side][0];
      const ring = this.heard[side];
      for (let i = 0; i < size; i++) ring[(this.written + i) & 8191] = samples ? samples[i] : 0;
    }
    this.written += size;
    while (this.position + this.bank.half < this.written) this.give();
    return true;
  }

  give() {
    const microphone = this.at(0);
    this.loudest = Math.max(this.loudest, Math.abs(microphone));
    this.block[2 * this.filled] = pcm(microphone);
    this.block[2 * this.filled + 1] = pcm(this.at(1));
    this.filled += 1;
    this.phase += this.bank.advance;
    this.position += Math.floor(this.phase / this.bank.phases);
    this.phase %= this.bank.phases;
    if (this.filled === BLOCK) this.send();
  }

  at(side) {
    const weights = this.bank.weights[this.phase];
    const ring = this.heard[side];
    const first = this.position - this.bank.half + 1;
    let sum = 0;
    for (let tap = 0; tap < weights.length; tap++) sum += weights[tap] * ring[(first + tap) & 8191];
    return sum;
  }

  send() {
    this.blocks += 1;
    const level = this.blocks % LEVEL_BLOCKS === 0 ? this.loudest : null;
    if (level !== null) this.loudest = 0;
    this.port.postMessage({ block: this.block.buffer, level }, [this.block.buffer]);
    this.block = new Int16Array(2 * BLOCK);
    this.filled = 0;
  }
}

function pcm(sample) {
  return Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
}

registerProcessor("stream", Stream);
