// The page's sentences, found by name. One rule: a name that no text has is an error at once, never an empty label.
import texts from "./texts/en.js";

/** The sentence of this name, its {braces} filled from `values`. */
export function say(name, values = {}) {
  const text = texts[name];
  if (text === undefined) throw new Error(`no text is called ${name}`);
  return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
}

/** Fills every element that names its text (`data-text`) or its label (`data-label`). */
export function fill(root) {
  document.documentElement.lang = texts.lang;
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = say(element.dataset.text);
  for (const element of root.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
}

/** Seconds as m:ss. */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
