// The light, as it is at the counter (nudge/ramp.py): slow, never flashing, told apart by its course and its mark as well as
// by its colour. One rule: nothing here changes faster than one ramp.
import { at } from "./elements.js";
import { say } from "./text.js";

const RAMP_MS = 500;
const RISE = "cubic-bezier(0.39, 0.575, 0.565, 1)"; // a quarter of a sine
const SWING = "cubic-bezier(0.37, 0, 0.63, 1)"; // half a cosine
const COURSES = {
  talk_over: { ms: RAMP_MS, frames: [{ opacity: 0, easing: RISE }, { opacity: 1 }] },
  cut_off: {
    ms: 3 * RAMP_MS,
    frames: [{ opacity: 0, easing: RISE }, { opacity: 1, easing: SWING }, { opacity: 0.25, easing: SWING }, { opacity: 1 }],
  },
  good_listening: { ms: 2 * RAMP_MS, frames: [{ opacity: 0, easing: RISE }, { opacity: 0.5 }] },
};
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
let cue_now = "off";

/** Shows a cue, or lets the light go out; says it in words, which a screen reader reads. */
export function showLight(cue) {
  if (cue === cue_now) return;
  cue_now = cue;
  at("light-says").textContent = say(`light_${cue}`);
  if (cue !== "off") at("lamp").dataset.cue = cue; // going out, it keeps its colour
  for (const part of parts()) turn(part, cue);
}

/** The light is dark at once: for the start of a talk. */
export function darkLight() {
  cue_now = "off";
  at("lamp").dataset.cue = "off";
  at("light-says").textContent = say("light_off");
  for (const part of parts()) part.getAnimations().forEach((old) => old.cancel());
}

const parts = () => at("lamp").querySelectorAll(".glow, .lit");

function turn(part, cue) {
  const from = Number(getComputedStyle(part).opacity);
  part.getAnimations().forEach((old) => old.cancel());
  if (cue === "off") {
    const fade = part.animate([{ opacity: from, easing: SWING }, { opacity: 0 }], { duration: RAMP_MS, fill: "forwards" });
    fade.onfinish = () => {
      at("lamp").dataset.cue = cue_now;
    };
    return;
  }
  // With less motion asked for, a cue is one slow rise: its mark tells it apart.
  const { ms, frames } = COURSES[cue];
  const course = calm.matches ? [{ opacity: from, easing: RISE }, frames.at(-1)] : frames;
  part.animate(course, { duration: calm.matches ? RAMP_MS : ms, fill: "forwards" });
}
