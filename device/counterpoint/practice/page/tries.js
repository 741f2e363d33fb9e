// A card as a file of the person's own. One rule: the page stores nothing; a file is written by the browser, where the person
// wants it, and read when the person opens it.
const MADE_BY = "counterpoint practice 1";
const LARGEST_BYTES = 240 * 1024; // the server takes 256 KiB in one message
const CARD = {
  made_by: "string", role: "string", role_title: "string", skill: "string", skill_title: "string", length_s: "number", words_known: "boolean",
  spans: { by: "string", from_s: "number", to_s: "number" },
  moments: { at_s: "number", kind: "string", text: "string" },
  numbers: { id: "string", label: "string", value: "number or null", unit: "string", shown: "string", aim: "string", better: "string" },
  went_well: "string", try_next: "string",
};

/** Hands the card to the browser as a download of this name. */
export function saveCard(card, name) {
  const address = URL.createObjectURL(new Blob([JSON.stringify(card, null, 1)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** The card in a file, or null when it is none. */
export async function readCard(file) {
  if (file.size > LARGEST_BYTES) return null;
  try {
    const card = JSON.parse(await file.text());
    return fits(card, CARD) && card.made_by === MADE_BY && card.numbers.length === 3 ? card : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function fits(value, shape) {
  if (typeof shape === "string") return shape.split(" or ").includes(value === null ? "null" : typeof value);
  if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
  const names = Object.keys(shape);
  if (Object.keys(value).length !== names.length) return false;
  return names.every((name) =>
    typeof shape[name] === "object" ? Array.isArray(value[name]) && value[name].every((one) => fits(one, shape[name])) : name in value && fits(value[name], shape[name]));
}
