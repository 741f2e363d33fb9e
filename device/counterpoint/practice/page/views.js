// Which part of the page is shown. One rule: one at a time, and the focus goes to its heading, so that nobody is lost.
import { at } from "./elements.js";
import { say } from "./text.js";

const VIEWS = ["choose", "ready", "talk", "card", "trouble"];

/** Shows a view and puts the focus on its heading; `remember` makes the browser's Back lead here. */
export function show(view, { focus = true, remember = false } = {}) {
  for (const name of VIEWS) at(name).hidden = name !== view;
  document.body.dataset.view = view;
  at("page").hidden = false; // from the first view on: an empty page would jump when it is filled
  const heading = at(`${view}-title`);
  document.title = view === "choose" ? say("title") : say("title_of", { what: heading.textContent });
  if (remember) history.pushState({ view }, "");
  if (focus) {
    heading.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }
}

/** The view shown now. */
export const shown = () => document.body.dataset.view;
