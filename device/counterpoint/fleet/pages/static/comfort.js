// Comfort, never a condition: a choice is shown at once, a chart says what lies under the pointer, a page can be printed
// by a button. One rule: without this file every page says and does the same.
"use strict";

for (const form of document.querySelectorAll("form[data-choice]")) {
  let byPointer = false;
  form.addEventListener("pointerdown", () => { byPointer = true; });
  form.addEventListener("keydown", () => { byPointer = false; });
  form.addEventListener("change", () => { if (byPointer) form.requestSubmit(); });
}

for (const figure of document.querySelectorAll("figure[data-readout]")) {
  const says = document.createElement("p");
  says.className = "readout";
  says.setAttribute("aria-hidden", "true"); // the table below says the same
  figure.append(says);
  figure.addEventListener("pointermove", (event) => {
    const hit = event.target.closest(".hit");
    says.textContent = hit ? hit.querySelector("title").textContent : "";
  });
  figure.addEventListener("pointerleave", () => { says.textContent = ""; });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
  for (const other of document.querySelectorAll("[data-no-print]")) other.hidden = true;
}
