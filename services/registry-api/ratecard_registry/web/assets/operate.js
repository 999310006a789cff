// For administrators: how syncs go, with a running one live; what is held back, beside its evidence; what matched nothing.
import { $, h, table } from "./dom.js";
import { ask, askForKey, attempt, key, modelPage } from "./api.js";
import { component, components, moment, money, move, tier, time, whole } from "./words.js";
import { drawConfig } from "./config.js";

const SECONDS_BETWEEN_LOOKS = 1;
const admin = (path, more = {}) => ask(path, { ...more, admin: true });
const mark = (word, good) => h("span", { className: good ? "ok" : "bad" }, word);

function errors(list) {
  return list.length ? h("details", {}, h("summary", { className: "bad" }, `${list.length} ${list.length === 1 ? "error" : "errors"}`), h("ul", {}, list.map((one) => h("li", {}, `${one.stage}: ${one.error}`)))) : "";
}

const drawStatus = attempt(async () => {
  const status = await admin("/web/status.json");
  const rows = status.providers.map((one) => [one.provider, mark(one.status, one.status !== "failed"), one.lastSync ? time(one.lastSync) : "never", whole(one.modelsDiscovered), whole(one.pricingUpdated), errors(one.errors)]);
  $("#status").replaceChildren(table("The newest sync of each provider", ["Provider", "Status", "Last success", "Models", "Prices changed", "Errors"], rows, { numbers: [3, 4] }),
    h("p", { className: "fine" }, status.nextSync ? `The next scheduled sync is at ${moment(status.nextSync)}.` : "No sync is scheduled."));
  const chosen = new Set([...document.querySelectorAll("#providers input:checked")].map((box) => box.value));
  $("#providers").replaceChildren(...status.known.map((name) => h("label", { className: "check" }, h("input", { type: "checkbox", name: "provider", value: name, checked: chosen.has(name) }), name)));
});

function drawSync(sync) {
  const done = sync.providers.filter((one) => one.state === "completed").length;
  const rows = sync.providers.map((one) => [one.provider, one.outcome ? mark(one.outcome, one.outcome === "joined") : one.state, whole(one.modelsDiscovered), whole(one.modelsUpdated), whole(one.pricingUpdated), one.pricingHeld === null ? "" : whole(one.pricingHeld), errors(one.errors)]);
  const words = sync.result ? (sync.result.success ? "Done." : "Ended with errors.") : sync.error ?? `${done} of ${sync.providers.length || "?"} providers are done.`;
  $("#running").replaceChildren(h("h3", {}, `Sync ${sync.syncId.slice(0, 8)}: ${sync.state}`), h("progress", { max: sync.providers.length || 1, value: sync.result ? sync.providers.length || 1 : done, "aria-label": "Providers that are done" }), h("p", { role: "status" }, words),
    rows.length ? table("This sync", ["Provider", "Outcome", "Models", "Updated", "Prices changed", "Held", "Errors"], rows, { numbers: [2, 3, 4, 5] }) : "");
}

const watch = attempt(async (id) => {
  for (;;) {
    const sync = await admin(`/api/admin/sync/${encodeURIComponent(id)}`);
    drawSync(sync);
    if (["completed", "expired", "refused", "failed"].includes(sync.state)) break;
    await new Promise((resolve) => setTimeout(resolve, SECONDS_BETWEEN_LOOKS * 1000));
  }
  await Promise.all([drawStatus(), drawQuarantine(), drawUnmatched()]);
});

$("#trigger").addEventListener("submit", attempt(async (event) => {
  event.preventDefault();
  const providers = new FormData(event.target).getAll("provider");
  const asked = await admin("/api/admin/sync/trigger", { method: "POST", body: { providers, reason: "asked for on the web page" } });
  await watch(asked.syncId);
}));

function figures(price, currency, old = null) {
  const before = Object.fromEntries(old ? components(old) : []);
  if (price.free) return h("p", { className: "free" }, "free");
  return h("ul", {}, components(price).map(([name, rate]) => h("li", {}, `${component(name)}: ${money(rate.amount, currency)} `, old && move(before[name]?.amount, rate.amount))));
}

function held(entry) {
  const note = h("input", { name: "note", maxLength: 2000, "aria-label": `Why, for whoever looks later (${entry.modelId})`, placeholder: "Why (optional)" });
  const decide = (verdict) => attempt(async () => {
    await admin(`/api/admin/quarantine/${entry.id}/${verdict}`, { method: "POST", body: { note: note.value } });
    await drawQuarantine();
  });
  const where = entry.evidence;
  const source = where && /^https?:/.test(where.url) ? h("a", { href: where.url, rel: "noreferrer" }, where.url) : where?.url ?? "";
  return h("article", { className: "proof" }, h("h3", {}, h("a", { href: modelPage(entry.provider, entry.modelId) }, `${entry.provider}/${entry.modelId}`), ` ${tier(entry)}`),
    h("ul", { className: "bad" }, entry.suspicions.map((one) => h("li", {}, `${one.kind.replaceAll("_", " ")}: ${one.reason}`))),
    h("div", { className: "held" }, h("div", {}, h("h3", {}, "In force"), entry.old ? figures(entry.old, entry.currency) : "no price yet"), h("div", {}, h("h3", {}, "The page says"), figures(entry.new, entry.currency, entry.old))),
    where ? h("div", {}, h("span", { className: "row-text" }, where.text), h("p", { className: "fine" }, source, ` ${moment(where.fetchedAt)} `, where.sha256 ? h("a", { href: `/api/evidence/${where.sha256}` }, "the page as fetched") : "")) : "",
    h("div", { className: "row" }, note, h("button", { type: "button", onclick: decide("approve") }, "Approve: it is right"), h("button", { type: "button", className: "quiet", onclick: decide("reject") }, "Reject: keep the old")));
}

const drawQuarantine = attempt(async () => {
  const { data, refused } = await admin("/api/admin/quarantine");
  const pieces = refused.map((one) => h("li", {}, h("code", {}, one.text), ` ${one.provider}: ${one.reason}`));
  $("#quarantine").replaceChildren(...(data.length ? data.map(held) : [h("p", { className: "note" }, "Nothing is held back.")]),
    pieces.length ? h("details", {}, h("summary", {}, `${pieces.length} pieces of pages looked like prices and were not taken`), h("ul", {}, pieces)) : "");
});

const drawUnmatched = attempt(async () => {
  const { data } = await admin("/api/admin/unmatched");
  const list = (names) => (names.length ? h("details", {}, h("summary", {}, String(names.length)), h("ul", {}, names.map((name) => h("li", {}, name)))) : "0");
  $("#unmatched").replaceChildren(data.length ? table("What the last good lists left over", ["Provider", "Models without a price", "Names on pages without a model"], data.map((one) => [one.provider, list(one.unpricedIds), list(one.unmatchedNames)])) : h("p", { className: "note" }, "There was no sync yet."));
});

async function drawAll() {
  $("#who").textContent = key() ? "With a key." : "";
  await drawStatus();
  await Promise.all([drawQuarantine(), drawUnmatched(), drawConfig($("#config"))]);
}

$("#key").addEventListener("click", async () => { if (await askForKey(true)) await drawAll(); });
if (key() || await askForKey(true)) await drawAll();
