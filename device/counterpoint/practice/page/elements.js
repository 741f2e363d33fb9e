// Makes elements. One rule: text goes in as text, never as markup.

/** The element with this id. */
export const at = (id) => document.getElementById(id);

/** A new element with attributes (`null` and `false` leave one out) and children, which may be strings. */
export function make(name, attributes = {}, ...children) {
  return dress(document.createElement(name), attributes, children);
}

/** The same for SVG. */
export function draw(name, attributes = {}, ...children) {
  return dress(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

/** A picture from the page's own symbols; `fallback` where this one does not exist. */
export function icon(name, fallback = "i-note", kind = "icon") {
  const symbol = at(`i-${name}`) ? `i-${name}` : fallback;
  return draw("svg", { class: kind, "aria-hidden": "true" }, draw("use", { href: `#${symbol}` }));
}

function dress(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}
