// The choice of a skill and a role. One rule: what can be chosen comes from the server; nothing is chosen for good until "go on".
import { at, icon, make } from "./elements.js";
import { say } from "./text.js";

/** Draws the cards of an offer, and chooses the first of each. */
export function drawChoice(offer) {
  at("no-words").hidden = offer.words;
  at("skills").replaceChildren(
    ...offer.skills.map((skill, index) => {
      const wanting = skill.needs_words && !offer.words ? say("needs_words") : null;
      return pick("skill", skill.id, skill.title, skill.how, wanting, icon(skill.id, "i-skill"), index === 0);
    }),
  );
  at("roles").replaceChildren(
    ...offer.roles.map((role, index) =>
      pick("role", role.id, role.title, firstSentence(role.situation), null, icon(role.id, "i-person"), index === 0),
    ),
  );
  tellChosen(offer);
}

/** The chosen skill and role of this offer. */
export function chosen(offer) {
  const form = new FormData(at("choice"));
  return {
    skill: offer.skills.find((skill) => skill.id === form.get("skill")),
    role: offer.roles.find((role) => role.id === form.get("role")),
  };
}

/** Says below the cards what is chosen now. */
export function tellChosen(offer) {
  const { skill, role } = chosen(offer);
  at("chosen").textContent = say("chosen", { skill: skill.title, role: role.title });
}

/** Enough for a glance; the next page has all of it. */
const firstSentence = (text) => text.match(/^.*?[.!?](?=\s|$)/)?.[0] ?? text;

function pick(group, id, title, line, wanting, picture, checked) {
  const line_id = `${group}-${id}`;
  return make(
    "label",
    { class: "pick" },
    make("input", { type: "radio", name: group, value: id, checked, "aria-describedby": line_id }),
    picture,
    make(
      "span",
      { class: "pick-text" },
      make("b", {}, title),
      make("span", { id: line_id }, line, wanting ? make("em", {}, wanting) : null),
    ),
  );
}
