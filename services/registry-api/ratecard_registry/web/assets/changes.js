// What changed, newest first; what comes while the page is open is put on top. The stream is read with fetch, because
// an EventSource cannot send a key.
import { $, h } from "./dom.js";
import { ask, attempt, modelPage, withKey } from "./api.js";
import { component, components, money, move, tier, time } from "./words.js";

const list = $("#changes");
const filters = $("#filters");
let oldest = null;

const KINDS = { first_seen: "first seen", changed: "changed", corrected: "corrected", scheduled: "announced", withdrawn: "withdrawn", appeared: "is new", deprecated: "is deprecated", reappeared: "is back" };
const kind = (name) => KINDS[name] ?? name.replaceAll("_", " ");

function figures(change) {
  const old = Object.fromEntries(change.old ? components(change.old) : []);
  const fresh = Object.fromEntries(change.new ? components(change.new) : []);
  if (change.new?.free) return [h("span", { className: "free" }, "free")];
  return [...new Set([...Object.keys(old), ...Object.keys(fresh)])].filter((name) => old[name]?.amount !== fresh[name]?.amount).map((name) => {
    const [was, is] = [old[name]?.amount, fresh[name]?.amount];
    const said = [was, is].filter((amount) => amount !== undefined).map((amount) => money(amount, change.currency)).join(" → ");
    return h("span", {}, `${component(name)} ${said}${is === undefined ? " → none" : ""} `, move(was, is));
  });
}

function item(change) {
  const model = h("a", { href: modelPage(change.provider, change.modelId) }, `${change.provider}/${change.modelId}`);
  const said = change.type === "pricing.changed"
    ? [h("strong", {}, model), ` ${tier(change)}: ${kind(change.kind)}`, h("div", { className: "moves" }, figures(change)),
      change.evidence ? h("details", {}, h("summary", { className: "fine" }, "Evidence"), h("span", { className: "row-text" }, change.evidence.text)) : ""]
    : [h("strong", {}, model), ` ${kind(change.kind)}${change.changedFields.length && change.kind === "changed" ? ` (${change.changedFields.join(", ")})` : ""}`];
  const line = h("li", {}, time(change.occurredAt), h("div", {}, said));
  line.dataset.text = `${change.provider}/${change.modelId}`.toLowerCase();
  line.dataset.type = change.type;
  line.dataset.cursor = change.cursor;
  return line;
}

function sift() {
  const { q = "", type = "" } = Object.fromEntries(new FormData(filters));
  for (const line of list.children) line.hidden = !(line.dataset.text.includes(q.trim().toLowerCase()) && (!type || line.dataset.type === type));
}

const older = attempt(async () => {
  const page = await ask(`/web/changes.json${oldest ? `?before=${encodeURIComponent(oldest)}` : ""}`);
  list.append(...page.data.map(item));
  oldest = page.nextCursor;
  $("#more").replaceChildren(page.more ? h("button", { type: "button", className: "quiet", onclick: older }, "Show older changes") : list.children.length ? "" : "Nothing has changed yet.");
  sift();
  return page.data[0]?.cursor;
});

function arrived(change) {
  if (list.querySelector(`[data-cursor="${CSS.escape(change.cursor)}"]`)) return;
  const line = item(change);
  line.classList.add("new");
  list.prepend(line);
  $("#more").textContent === "Nothing has changed yet." && $("#more").replaceChildren();
  sift();
}

function live(on, words) {
  $("#live").className = `live ${on ? "on" : "off"}`;
  $("#live").textContent = words;
}

async function read(since) {
  const answer = await fetch(`/api/changes/stream${since ? `?since=${encodeURIComponent(since)}` : ""}`, { headers: { ...withKey(), Accept: "text/event-stream" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  live(true, "Live: new changes appear on top.");
  let rest = "";
  for (const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader(); ;) {
    const { value, done } = await reader.read();
    if (done) return since;
    const events = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart()).join("\n");
      if (!data) continue;
      const change = JSON.parse(data);
      since = change.cursor;
      arrived(change);
    }
  }
}

async function follow(since) {
  for (let wait = 1; ; wait = Math.min(wait * 2, 30)) {
    try { since = await read(since); wait = 1; }
    catch { since = list.firstElementChild?.dataset.cursor ?? since; live(false, "Not connected: trying again."); }
    await new Promise((resolve) => setTimeout(resolve, wait * 1000));
  }
}

filters.addEventListener("input", sift);
filters.addEventListener("submit", (event) => event.preventDefault());
follow(await older());
