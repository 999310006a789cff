// What changed, newest first; what comes while the page is open is put on top. The stream is read with fetch, because
// an EventSource cannot send a key.
import { $, h } from "./dom.js";
import { ask, attempt, modelPage, withKey } from "./api.js";
import { folded } from "./evidence.js";
import { component, components, day, money, move, origin, tier, time } from "./words.js";

const list = $("#changes");
const filters = $("#filters");
let oldest = null;
let wait = 1;

const KINDS = {
  first_seen: "first seen",
  changed: "changed",
  corrected: "corrected",
  scheduled: "announced",
  withdrawn: "withdrawn",
  appeared: "is new",
  deprecated: "is deprecated",
  reappeared: "is back",
};
const spaced = (name) => name.replaceAll("_", " ");
const kind = (name) => KINDS[name] ?? spaced(name);

function figures(change) {
  const old = Object.fromEntries(change.old ? components(change.old) : []);
  const fresh = Object.fromEntries(change.new ? components(change.new) : []);
  if (change.new?.free) return [h("span", { className: "free" }, "free")];
  return [...new Set([...Object.keys(old), ...Object.keys(fresh)])]
    .filter((name) => old[name]?.amount !== fresh[name]?.amount)
    .map((name) => {
      const [was, is] = [old[name]?.amount, fresh[name]?.amount];
      const said = [was, is]
        .filter((amount) => amount !== undefined)
        .map((amount) => money(amount, change.currency))
        .join(" → ");
      return h("span", {}, `${component(name)} ${said}${is === undefined ? " → none" : ""} `, move(was, is));
    });
}

const ofPrice = (change) => [
  ` ${tier(change)}: ${kind(change.kind)}`,
  change.kind === "scheduled" ? ` from ${day(change.effectiveDate)} on ` : " ",
  origin({ ...change, insteadOf: change.listPrice }),
  h("div", { className: "moves" }, figures(change)),
  change.evidence ? folded(change.evidence) : "",
];

const ofModel = (change) =>
  ` ${kind(change.kind)}${change.kind === "changed" ? ` (${change.changedFields.map(spaced).join(", ")})` : ""}`;

function item(change) {
  const place = `${change.provider}/${change.modelId}`;
  const model = h("strong", {}, h("a", { href: modelPage(change.provider, change.modelId) }, place));
  const said = change.type === "pricing.changed" ? ofPrice(change) : ofModel(change);
  const line = h("li", {}, time(change.occurredAt), h("div", {}, model, said));
  line.dataset.text = place.toLowerCase();
  line.dataset.type = change.type;
  line.dataset.cursor = change.cursor;
  return line;
}

function sift() {
  const { q = "", type = "" } = Object.fromEntries(new FormData(filters));
  for (const line of list.children)
    line.hidden = !(line.dataset.text.includes(q.trim().toLowerCase()) && (!type || line.dataset.type === type));
}

const older = attempt(async () => {
  const page = await ask(`/web/changes.json${oldest ? `?before=${encodeURIComponent(oldest)}` : ""}`);
  list.append(...page.data.map(item));
  oldest = page.nextCursor;
  $("#more").replaceChildren(
    page.more
      ? h("button", { type: "button", className: "quiet", onclick: older }, "Show older changes")
      : list.children.length
        ? ""
        : h("span", { className: "note" }, "Nothing has changed yet."),
  );
  sift();
  return true;
});

function arrived(change) {
  if (list.querySelector(`[data-cursor="${CSS.escape(change.cursor)}"]`)) return;
  const line = item(change);
  line.classList.add("new");
  list.prepend(line);
  $("#more .note")?.remove();
  sift();
}

function live(on, words) {
  $("#live").className = `live ${on ? "on" : "off"}`;
  $("#live").textContent = words;
}

// An idle stream shows every 15 seconds that it lives: one that is silent for longer is cut, though nobody said so.
const SILENCE_SECONDS = 45;
const GONE = 410;

async function read(since) {
  const cut = new AbortController();
  let silence;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => cut.abort(), SILENCE_SECONDS * 1000);
  };
  heard();
  const answer = await fetch(`/api/changes/stream${since ? `?since=${encodeURIComponent(since)}` : ""}`, {
    headers: { ...withKey(), Accept: "text/event-stream" },
    signal: cut.signal,
  });
  if (answer.status === GONE) location.reload(); // it slept for longer than changes are kept
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  live(true, "Live: new changes appear on top.");
  wait = 1;
  let rest = "";
  for (const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader(); ;) {
    const { value, done } = await reader.read();
    heard();
    if (done) break;
    const events = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
    rest = events.pop();
    events
      .map(dataOf)
      .filter(Boolean)
      .forEach((data) => arrived(JSON.parse(data)));
  }
  clearTimeout(silence);
}

const dataOf = (event) =>
  event
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).trimStart())
    .join("\n");

async function follow() {
  for (; ; wait = Math.min(wait * 2, 30)) {
    try {
      await read(list.firstElementChild?.dataset.cursor);
    } catch {
      live(false, "Not connected: trying again.");
    }
    await new Promise((resolve) => setTimeout(resolve, wait * 1000));
  }
}

filters.addEventListener("input", sift);
filters.addEventListener("submit", (event) => event.preventDefault());
if (await older()) follow();
else live(false, "Not connected.");
