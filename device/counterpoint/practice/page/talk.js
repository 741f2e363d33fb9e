// One talk, from "start" to its card. One rule: it knows the line, the sound and the talk's part of the page, and ends once.
import { at, icon } from "./elements.js";
import { Line } from "./line.js";
import { darkLight, showLight } from "./light.js";
import { clock, say } from "./text.js";

const CARD_WAIT_MS = 60000; // a slow computer may still be busy with the last words; a closed connection tells itself
const FIRST_BLOCKS = 25; // 0.5 s: enough for a first answer; while a speech model is loaded, what is heard is nobody's speech
const BLOCKS_A_WORD = 10; // the server says five times a second who speaks
const LATE_BLOCKS = 100; // 2 s behind: the light and the customer come late, and the person should know why
const VOICES = { agent: ["you", "you-state"], customer: ["customer", "customer-state"] };

/** A talk under way. `then` has `card(card)`, `compared(comparison)`, `trouble(text)`, `gone()` and `noSound()`. */
export class Talk {
  constructor(sound, { role, skill }, then) {
    this.sound = sound;
    this.then = then;
    this.saying = null;
    this.over = false;
    this.sent = 0;
    this.answered = 0;
    this.line = new Line({
      say: (message) => this.say(message),
      stop: () => this.stopped(),
      light: ({ cue }) => showLight(cue),
      voices: (heard) => this.voices(heard),
      card: ({ card }) => this.finish(() => then.card(card)),
      compared: (message) => then.compared(message),
      trouble: ({ text }) => this.trouble(text),
      gone: () => this.gone(),
    });
    this.line.begin(role.id, skill.id);
    this.began = null;
    this.ticking = setInterval(() => this.tick(), 250);
    set(role, skill);
  }

  /** 20 ms of both sides, from the worklet; until the server has answered for the first time, no more than it needs. */
  block(buffer) {
    if (this.over || this.waiting || !this.line.open || (this.answered === 0 && this.sent >= FIRST_BLOCKS)) return;
    this.sent += 1;
    this.line.block(buffer);
  }

  /** The person has had enough: the card follows. */
  end() {
    this.sound?.silence();
    this.line.end();
    at("stop").disabled = true;
    at("listening-says").textContent = say("stopping");
    this.waiting = setTimeout(() => this.finish(() => this.then.gone()), CARD_WAIT_MS);
  }

  /** Leaves the talk, or the card's connection, without a word. */
  leave() {
    this.finish(() => {});
    this.line.close();
  }

  /** Asks for a saved card beside the one just given; false when the program is no longer there. */
  compare(card) {
    if (this.line.open) this.line.lastTry(card);
    return this.line.open;
  }

  say({ line, audio, text, from_s }) {
    this.saying = line;
    at("caption").textContent = text;
    this.sound.play(audio, from_s, () => {
      if (this.saying !== line) return;
      this.saying = null;
      this.line.lineEnded(line);
    }).catch(() => this.finish(() => { this.line.close(); this.then.noSound(); }));
  }

  voices(heard) {
    this.began ??= performance.now();
    this.answered += BLOCKS_A_WORD;
    at("busy").hidden = this.sent - this.answered < LATE_BLOCKS;
    showVoices(heard);
  }

  stopped() {
    const at_s = this.sound.silence() ?? 0;
    if (this.saying !== null) this.line.lineStopped(this.saying, at_s);
    this.saying = null;
  }

  trouble(text) {
    const was_over = this.over;
    this.finish(() => this.then.trouble(text));
    if (was_over) this.then.trouble(text);
    else this.line.close();
  }

  gone() {
    if (!this.over) this.finish(() => this.then.gone());
  }

  tick() {
    if (this.began !== null) at("clock").textContent = clock((performance.now() - this.began) / 1000);
  }

  finish(and) {
    if (this.over) return;
    this.over = true;
    clearInterval(this.ticking);
    clearTimeout(this.waiting);
    this.sound?.silence();
    and();
  }
}

function set(role, skill) {
  at("talk-role").textContent = role.title;
  at("talk-title").textContent = skill.title;
  at("talk-how").textContent = skill.how;
  at("customer-icon").replaceWith(icon(role.id, "i-person").firstChild.cloneNode());
  at("customer").querySelector("use").id = "customer-icon";
  at("caption").textContent = say("starting");
  at("clock").textContent = clock(0);
  at("stop").disabled = false;
  at("busy").hidden = true;
  darkLight();
  showVoices({ agent: false, customer: false });
}

function showVoices(heard) {
  for (const [side, [voice, state]] of Object.entries(VOICES)) {
    at(voice).classList.toggle("speaks", heard[side]);
    at(state).textContent = say(heard[side] ? "speaking" : "quiet");
  }
}
