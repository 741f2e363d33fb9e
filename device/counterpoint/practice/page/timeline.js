// Who spoke when, as a picture and as a table. One rule: both are made of the same card, and the picture is drawn for the
// width that it has, so that its words stay readable on a telephone.
import { draw, make } from "./elements.js";
import { clock, say } from "./text.js";

const STEPS_S = [5, 10, 15, 30, 60, 120, 300, 600];
const STEP_WIDTH = 50; // px between two times on the axis, at least
const MARK = 9; // px, half a mark
const LEVELS = 3; // rows of marks: more would be a heap
const BAR = 26;
const PAD = 10;
const HEED = new Set(["talked_over", "gave_way", "kept_waiting", "rush", "judgement"]);
const PLAIN = new Set(["closed_question"]);

/** How a moment is drawn: "well" a disc, "heed" a diamond, "plain" a square. */
export function toneOf(kind) {
  if (HEED.has(kind)) return "heed";
  return PLAIN.has(kind) ? "plain" : "well";
}

/** The picture, `width` px wide. */
export function timeline(card, width) {
  const x = (at_s) => PAD + ((width - 2 * PAD) * at_s) / Math.max(card.length_s, 1);
  const levels = spread(card.moments.map((moment) => x(moment.at_s)));
  const top = 8 + 2 * MARK * 1.15 * (Math.max(0, ...levels) + 1);
  const rows = { agent: top + 26, customer: top + 26 + BAR + 26 };
  const bottom = rows.customer + BAR + 10;
  const height = bottom + 24;
  const picture = draw("svg", {
    class: "timeline", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": inWords(card),
  });
  picture.append(
    ...axis(card.length_s, x, top, bottom, width),
    ...together(card.spans).map(([from, to]) =>
      draw("rect", { class: "together", x: x(from), y: rows.agent - 4, width: Math.max(2, x(to) - x(from)), height: rows.customer + BAR - rows.agent + 8, rx: 3 })),
    ...card.spans.map((span) => bar(span, x, rows[span.by])),
    ...card.moments.map((moment, index) => mark(moment, index + 1, x(moment.at_s), 8 + MARK + levels[index] * MARK * 2.3, bottom)),
    draw("text", { class: "row-name", x: PAD, y: rows.agent - 7 }, say("you")),
    draw("text", { class: "row-name", x: PAD, y: rows.customer - 7 }, say("customer")),
  );
  return picture;
}

/** The same as a table: every span and every moment, in order. */
export function table(card) {
  const rows = [
    ...card.spans.map((span) => ({ at: span.from_s, to: clock(span.to_s), what: say("table_speaks", { who: who(span.by) }) })),
    ...card.moments.map((moment, index) => ({ at: moment.at_s, to: "", what: `${index + 1}. ${moment.text}`, moment: true })),
  ].sort((one, other) => one.at - other.at);
  const head = ["table_from", "table_to", "table_what"].map((name) => make("th", { scope: "col" }, say(name)));
  return make(
    "table",
    {},
    make("caption", { class: "sr" }, say("table_caption")),
    make("thead", {}, make("tr", {}, ...head)),
    make("tbody", {}, ...rows.map((row) =>
      make("tr", { class: row.moment ? "moment" : null }, make("td", {}, clock(row.at)), make("td", {}, row.to), make("td", {}, row.what)))),
  );
}

/** A mark by itself, for the list of moments. */
export function lonelyMark(moment, number) {
  const size = 2 * MARK + 4;
  return draw("svg", { class: "timeline lonely", width: size, height: size, viewBox: `0 0 ${size} ${size}`, "aria-hidden": "true" },
    ...shape(toneOf(moment.kind), number, size / 2, size / 2));
}

const who = (side) => say(side === "agent" ? "you" : "customer");

function inWords(card) {
  const spoken = (side) => Math.round(card.spans.filter((span) => span.by === side).reduce((sum, span) => sum + span.to_s - span.from_s, 0));
  return say("line_label", {
    length: clock(card.length_s), you: say("seconds", { seconds: spoken("agent") }), customer: say("seconds", { seconds: spoken("customer") }), moments: card.moments.length,
  });
}

function bar(span, x, y) {
  const place = { x: x(span.from_s), y, width: Math.max(2, x(span.to_s) - x(span.from_s)), height: BAR, rx: 4 };
  const group = draw("g", { class: `bar ${span.by}` }, draw("rect", place));
  if (span.by === "customer") group.append(draw("rect", { ...place, fill: "url(#hatch)" }));
  group.append(draw("title", {}, `${who(span.by)} ${clock(span.from_s)}–${clock(span.to_s)}`));
  return group;
}

function mark(moment, number, x, y, bottom) {
  return draw("g", { class: "mark" },
    draw("title", {}, `${clock(moment.at_s)} ${moment.text}`),
    draw("line", { class: `stem ${toneOf(moment.kind)}`, x1: x, x2: x, y1: y + MARK, y2: bottom }),
    ...shape(toneOf(moment.kind), number, x, y));
}

function shape(tone, number, x, y) {
  const outline = {
    well: () => draw("circle", { class: tone, cx: x, cy: y, r: MARK }),
    heed: () => draw("rect", { class: tone, x: x - 7.6, y: y - 7.6, width: 15.2, height: 15.2, rx: 2, transform: `rotate(45 ${x} ${y})` }),
    plain: () => draw("rect", { class: tone, x: x - 8.5, y: y - 8.5, width: 17, height: 17, rx: 3 }),
  }[tone]();
  return [outline, draw("text", { class: `number ${tone}`, x, y: y + 3.8, "text-anchor": "middle" }, String(number))];
}

/** Which row each mark goes to, so that neighbours do not cover one another. */
function spread(places) {
  const ends = Array(LEVELS).fill(-Infinity);
  return places.map((place) => {
    const free = ends.findIndex((end) => place - end > 2 * MARK + 3);
    const level = free >= 0 ? free : ends.indexOf(Math.min(...ends));
    ends[level] = place;
    return level;
  });
}

/** Where both spoke at once. */
function together(spans) {
  const of = (side) => spans.filter((span) => span.by === side);
  const both = [];
  for (const mine of of("agent")) {
    for (const theirs of of("customer")) {
      const [from, to] = [Math.max(mine.from_s, theirs.from_s), Math.min(mine.to_s, theirs.to_s)];
      if (to > from) both.push([from, to]);
    }
  }
  return both;
}

function axis(length_s, x, top, bottom, width) {
  const step = STEPS_S.find((s) => x(s) - x(0) >= STEP_WIDTH) ?? STEPS_S.at(-1);
  const marks = [draw("line", { class: "axis", x1: PAD, x2: width - PAD, y1: bottom, y2: bottom })];
  for (let at_s = 0; at_s <= length_s; at_s += step) {
    const anchor = at_s === 0 ? "start" : x(at_s) > width - 24 ? "end" : "middle";
    marks.push(
      draw("line", { class: "axis faint", x1: x(at_s), x2: x(at_s), y1: top + 8, y2: bottom + 4 }),
      draw("text", { class: "time", x: anchor === "start" ? x(at_s) - 2 : x(at_s), y: bottom + 18, "text-anchor": anchor }, clock(at_s)),
    );
  }
  return marks;
}
