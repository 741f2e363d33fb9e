// The private card. One rule: what it shows is the card that the server gave, and nothing is worked out here but its drawing.
import { at, draw, icon, make } from "./elements.js";
import { lonelyMark, table, timeline, toneOf } from "./timeline.js";
import { clock, say } from "./text.js";

let watching = null;

/** Draws a card. */
export function showCard(card) {
  at("card-kicker").textContent = say("card_kicker", { skill: card.skill_title, role: card.role_title });
  at("card-body").replaceChildren(
    make("div", { class: "two" }, advice("well", card.went_well), advice("next", card.try_next)),
    make("section", { "aria-labelledby": "numbers-title" },
      make("h2", { id: "numbers-title" }, say("numbers_title")),
      card.words_known ? null : make("p", { class: "notice" }, icon("note"), make("span", {}, say("no_words_card"))),
      make("ul", { class: "numbers", role: "list" }, ...card.numbers.map(number))),
    make("div", { id: "beside", "aria-live": "polite" }),
    make("section", { "aria-labelledby": "line-title", class: "sheet line-sheet" },
      make("h2", { id: "line-title" }, say("line_title")),
      key(),
      make("div", { id: "line" }),
      make("h3", {}, say("moments_title")),
      moments(card),
      make("details", { class: "as-table" }, make("summary", {}, say("table_show")), make("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": say("table_caption") }, table(card)))),
  );
  drawLine(card);
}

/** Puts the last try beside the card. */
export function showCompared({ changes, text }) {
  const title = make("h2", { id: "last-title", tabindex: "-1" }, say("last_title"));
  at("beside").replaceChildren(
    make("section", { class: "sheet", "aria-labelledby": "last-title" },
      title, make("p", {}, text), changes.length ? thenAndNow(changes) : null),
  );
  title.focus();
}

function thenAndNow(changes) {
  const [what, then, now] = ["last_what", "last_then", "last_now"].map((name) => say(name));
  const head = [what, then, now].map((name) => make("th", { scope: "col" }, name));
  const row = (change) => make("tr", {},
    make("th", { scope: "row" }, change.label),
    make("td", { "data-column": then }, change.then),
    make("td", { "data-column": now }, change.now),
    make("td", {}, make("span", { class: `change ${change.change}` }, change.text)));
  return make("div", { class: "table-box" },
    make("table", { class: "compared" },
      make("thead", {}, make("tr", {}, ...head, make("td"))),
      make("tbody", {}, ...changes.map(row))));
}

function advice(kind, text) {
  return make("section", { class: `advice ${kind}` }, icon(kind), make("div", {}, make("h2", {}, say(`${kind}_title`)), make("p", {}, ...withCode(text))));
}

/** `Commands` stand out from the sentence around them. */
const withCode = (text) => text.split("`").map((part, index) => (index % 2 ? make("code", {}, part) : part));

function number({ label, shown, aim, value }) {
  return make("li", {},
    make("p", { class: value === null ? "value unknown" : "value" }, shown),
    make("p", { class: "label" }, label),
    aim ? make("p", { class: "aim" }, say("aim", { aim })) : null);
}

function key() {
  const swatch = (kind, ...inside) => draw("svg", { class: "timeline swatch", width: 22, height: 14, viewBox: "0 0 22 14", "aria-hidden": "true" }, ...inside);
  const bar = (side) => swatch(side, draw("g", { class: `bar ${side}` }, draw("rect", { width: 22, height: 14, rx: 3 }),
    side === "customer" ? draw("rect", { width: 22, height: 14, rx: 3, fill: "url(#hatch)" }) : ""));
  const both = swatch("together", draw("rect", { class: "together", width: 22, height: 14, rx: 3 }));
  const entry = (picture, text) => make("li", {}, picture, text);
  return make("ul", { class: "key", role: "list" },
    entry(bar("agent"), say("you")), entry(bar("customer"), say("customer")), entry(both, say("key_together")));
}

function moments(card) {
  if (!card.moments.length) return make("p", {}, say("moments_none"));
  return make("ol", { class: "moments", role: "list" }, ...card.moments.map((moment, index) =>
    make("li", { class: toneOf(moment.kind) }, lonelyMark(moment, index + 1),
      make("span", {}, make("b", { class: "when" }, clock(moment.at_s)), " ", moment.text))));
}

/** Draws the timeline, anew for each width that its place gets. */
function drawLine(card) {
  watching?.disconnect();
  let drawn = 0;
  const redraw = () => {
    const width = Math.round(at("line").clientWidth);
    if (width && width !== drawn) at("line").replaceChildren(timeline(card, (drawn = width)));
  };
  watching = new ResizeObserver(redraw);
  watching.observe(at("line"));
  redraw();
}
