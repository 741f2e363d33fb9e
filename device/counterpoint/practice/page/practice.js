// The practice page, wired: choose, get ready, talk, see the card, again. One rule: this file decides what comes next; how a
// part looks or works is that part's own file.
import { showCard, showCompared } from "./card.js";
import { chosen, drawChoice, tellChosen } from "./choice.js";
import { at, icon, make } from "./elements.js";
import { NoSound, Sound } from "./sound.js";
import { Talk } from "./talk.js";
import { fill, say } from "./text.js";
import { readCard, saveCard } from "./tries.js";
import { show, shown } from "./views.js";

const ONE_TALK = "counterpoint-practice"; // the name of the lock that tabs of one browser share
const QUIET = 0.02; // peaks, share of full scale: below it speech is near the noise of a usual microphone
const HEARD = 0.06;
const LOUD = 0.97;
const METER_FALLS = 0.9; // of its height, each 60 ms

let offer = null;
let choice = null;
let talk = null;
let card = null;
let release = null; // lets other tabs practise again
let tryAgain = null;
let peak = 0;
let best = 0;

const sound = new Sound({
  onBlock: (buffer) => talk?.block(buffer),
  onLevel: (level) => showLevel(level),
  onGone: () => trouble("unplugged", getReady),
});

async function start() {
  fill(document);
  wire();
  await loadOffer();
}

async function loadOffer() {
  try {
    const answer = await fetch("/roles");
    if (!answer.ok) throw new TypeError(answer.statusText);
    offer = await answer.json();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    trouble("gone", loadOffer);
    return;
  }
  drawChoice(offer);
  document.body.classList.toggle("at-counter", offer.at_counter);
  history.replaceState({ view: "choose" }, "");
  show("choose", { focus: false });
}

function wire() {
  at("choice").addEventListener("change", () => tellChosen(offer));
  at("choice").addEventListener("submit", (event) => {
    event.preventDefault();
    choice = chosen(offer);
    getReady({ remember: true });
  });
  for (const button of document.querySelectorAll("[data-go=choose]")) button.addEventListener("click", () => choose());
  at("microphone-on").addEventListener("click", () => listen());
  at("microphones").addEventListener("change", () => listen(at("microphones").value));
  at("sound-test").addEventListener("click", () => tried(() => sound.test()));
  at("captions").addEventListener("change", () => captions(at("captions").checked));
  at("captions-now").addEventListener("click", () => captions(!at("captions").checked));
  at("start").addEventListener("click", () => begin());
  at("stop").addEventListener("click", () => talk.end());
  at("again").addEventListener("click", () => getReady({ listening: true }));
  at("save").addEventListener("click", () => save());
  at("open").addEventListener("click", () => at("file").click());
  at("file").addEventListener("change", () => compare(at("file").files[0]));
  at("print").addEventListener("click", () => window.print());
  at("trouble-again").addEventListener("click", () => tryAgain());
  at("trouble-back").addEventListener("click", () => (offer ? choose() : loadOffer()));
  window.addEventListener("popstate", ({ state }) => (state?.view === "ready" && choice ? getReady() : choose()));
}

function choose() {
  leaveTalk();
  sound.mute();
  show("choose");
}

/** The page before a talk: who comes, what to keep in mind, and the microphone. */
function getReady({ remember = false, listening = false } = {}) {
  leaveTalk();
  const { role, skill } = choice;
  at("scene-title").textContent = role.title;
  at("scene-situation").textContent = role.situation;
  at("scene-icon").setAttribute("href", icon(role.id, "i-person").firstChild.getAttribute("href"));
  at("aim-title").textContent = skill.title;
  at("aim-how").textContent = skill.how;
  at("check").hidden = offer.at_counter;
  at("counter-note").hidden = !offer.at_counter;
  showMicrophone();
  show("ready", { remember });
  if (listening && !offer.at_counter) listen().then(() => at("start").focus());
}

/** Runs something of the sound; its trouble becomes a view, and `false`. */
async function tried(work) {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof NoSound)) throw error;
    trouble(error.reason, () => getReady({ listening: true }));
    return false;
  }
}

async function listen(device = null) {
  best = 0;
  if (!(await tried(() => sound.listen(device)))) return;
  const microphones = await sound.microphones();
  at("microphone-choice").hidden = microphones.length < 2;
  at("microphones").replaceChildren(
    ...microphones.map(({ deviceId, label, on }, index) =>
      make("option", { value: deviceId, selected: on }, label || say("microphone_unnamed", { number: index + 1 }))),
  );
  showMicrophone();
}

function showMicrophone() {
  const on = sound.listening || offer.at_counter;
  at("microphone-on").disabled = sound.listening;
  at("microphone-on").querySelector("span").textContent = say(sound.listening ? "microphone_is_on" : "microphone_on");
  at("meter-says").textContent = say(sound.listening ? "meter_silent" : "meter_waiting");
  at("start").disabled = !on;
  at("start-why").textContent = say(on ? "start_ready" : "start_why");
}

function showLevel(level) {
  if (shown() !== "ready") return;
  peak = Math.max(level, peak * METER_FALLS);
  best = Math.max(best * 0.995, level);
  at("meter").style.setProperty("--level", Math.min(1, Math.sqrt(peak)).toFixed(3));
  const judged = best > LOUD ? "loud" : best > HEARD ? "good" : best > QUIET ? "quiet" : "silent";
  at("meter").dataset.level = judged;
  const text = say(`meter_${judged}`);
  if (at("meter-says").textContent !== text) at("meter-says").textContent = text;
}

function captions(on) {
  at("captions").checked = on;
  at("captions-now").setAttribute("aria-pressed", String(on));
  at("caption-box").hidden = !on;
}

async function begin() {
  if (!(await alone())) {
    trouble("other_tab", () => getReady({ listening: true }));
    return;
  }
  captions(at("captions").checked);
  at("listening-says").textContent = say(offer.at_counter ? "counter_listens" : "microphone_listens");
  talk = new Talk(sound, choice, {
    card: (given) => giveCard(given),
    compared: (message) => showCompared(message),
    trouble: (text) => toldTrouble(text),
    gone: () => trouble("gone", loadOffer),
    noSound: () => trouble("no_sound", () => getReady({ listening: true })),
  });
  show("talk");
}

/** True when no other tab of this browser is in a talk. */
function alone() {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((decided) => {
    navigator.locks.request(ONE_TALK, { ifAvailable: true }, (lock) => {
      decided(lock !== null);
      return lock ? new Promise((resolve) => { release = resolve; }) : undefined;
    });
  });
}

function giveCard(given) {
  card = given;
  quieten();
  at("file-says").textContent = "";
  show("card"); // first, so that the timeline is drawn for the width that it has
  showCard(card);
}

function save() {
  const name = say("file_name", { skill: card.skill, date: new Date().toISOString().slice(0, 10) });
  saveCard(card, name);
  at("file-says").textContent = say("saved", { name });
}

async function compare(file) {
  at("file").value = "";
  const last = file ? await readCard(file) : undefined;
  if (last === undefined) return;
  if (last === null) at("file-says").textContent = say("file_wrong", { name: file.name });
  else at("file-says").textContent = talk?.compare(last) ? "" : say("file_gone");
}

/** The server's own line of trouble: beside the card when there is one, else in the card's place. */
function toldTrouble(text) {
  if (shown() === "card") at("file-says").textContent = text;
  else trouble("server_trouble", () => getReady({ listening: true }), text);
}

function trouble(name, again, text = say(`${name}_text`)) {
  leaveTalk();
  sound.mute();
  tryAgain = again;
  at("trouble-title").textContent = say(name);
  at("trouble-text").textContent = text;
  at("trouble-do").textContent = say(`${name}_do`);
  at("trouble-back").hidden = offer === null;
  show("trouble");
}

function leaveTalk() {
  talk?.leave();
  talk = null;
  quieten();
}

/** After a talk the microphone is off, and another tab may practise. */
function quieten() {
  if (shown() === "talk") sound.mute();
  release?.();
  release = null;
}

start();
