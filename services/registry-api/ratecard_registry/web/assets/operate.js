// For administrators: how syncs go, with a running one live, whoever asked for it; what matched nothing.
import { $, h, table } from "./dom.js";
import { ask, askForKey, attempt, key, NEEDS_ADMIN, Refused, trouble, withKey } from "./api.js";
import { drawConfig } from "./config.js";
import { drawQuarantine } from "./quarantine.js";
import { moment, time, whole } from "./words.js";

const SECONDS_BETWEEN_LOOKS = 1;
const SECONDS_BETWEEN_LOOKS_FOR_SYNCS = 5;
const ENDED = ["completed", "expired", "refused", "failed"];
const STAGE_MARKS = { waiting: "·", running: "…", done: "✓", failed: "✕" };
const admin = (path, more = {}) => ask(path, { ...more, admin: true });
const mark = (word, good) => h("span", { className: good ? "ok" : "bad" }, word);
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const list = (items) =>
  h(
    "ul",
    {},
    items.map((item) => h("li", {}, item)),
  );

function errors(found) {
  if (!found.length) return "";
  const count = h("summary", { className: "bad" }, `${found.length} ${found.length === 1 ? "error" : "errors"}`);
  return h("details", {}, count, list(found.map((one) => `${one.stage}: ${one.error}`)));
}

const drawStatus = attempt(async () => {
  const status = await admin("/web/status.json");
  const rows = status.providers.map((one) => [
    one.provider,
    mark(one.status, one.status !== "failed"),
    one.lastSync ? time(one.lastSync) : "never",
    whole(one.modelsDiscovered),
    whole(one.pricingUpdated),
    errors(one.errors),
  ]);
  const heads = ["Provider", "Status", "Last success", "Models", "Prices changed", "Errors"];
  const next = status.nextSync ? `The next scheduled sync is at ${moment(status.nextSync)}.` : "No sync is scheduled.";
  $("#status").replaceChildren(
    rows.length
      ? table("The newest sync of each provider", heads, rows, { numbers: [3, 4] })
      : h("p", { className: "note" }, "There was no sync yet."),
    h("p", { className: "fine" }, next),
  );
  drawChoice(status.known);
  return true;
});

function drawChoice(known) {
  const chosen = new Set([...document.querySelectorAll("#providers input:checked")].map((box) => box.value));
  const boxes = known.map((name) => {
    const box = h("input", { type: "checkbox", name: "provider", value: name, checked: chosen.has(name) });
    return h("label", { className: "check" }, box, name);
  });
  $("#providers").replaceChildren(...boxes);
}

const stages = (found) =>
  Object.entries(found).map(([name, progress]) =>
    h(
      "span",
      { className: `tag stage ${progress}` },
      h("span", { "aria-hidden": "true" }, STAGE_MARKS[progress]),
      ` ${name}`,
      h("span", { className: "hidden" }, ` ${progress}`),
    ),
  );

const inWords = (sync, done) => {
  if (sync.result) return sync.result.success ? "Done." : "Ended with errors.";
  return sync.error ?? `${done} of ${sync.providers.length || "?"} providers are done.`;
};

function drawSync(sync) {
  const done = sync.providers.filter((one) => one.state === "completed").length;
  const all = sync.providers.length || 1;
  const rows = sync.providers.map((one) => [
    one.provider,
    one.outcome ? mark(one.outcome, one.outcome === "joined") : one.state,
    stages(one.stages),
    whole(one.modelsDiscovered),
    whole(one.modelsUpdated),
    whole(one.pricingUpdated),
    one.pricingHeld === null ? "" : whole(one.pricingHeld),
    errors(one.errors),
  ]);
  const heads = ["Provider", "Outcome", "Stages", "Models", "Updated", "Prices changed", "Held", "Errors"];
  const bar = { max: all, value: sync.result ? all : done, "aria-label": "Providers that are done" };
  $("#running").replaceChildren(
    h("h3", {}, `Sync ${sync.syncId.slice(0, 8)}: ${sync.state}`),
    h("progress", bar),
    h("p", { role: "status" }, inWords(sync, done)),
    rows.length ? table("This sync", heads, rows, { numbers: [3, 4, 5, 6] }) : "",
  );
}

let watched = null; // the sync that is shown
let admitted = false; // whether the key is an administrator's

const watch = attempt(async (id) => {
  watched = id;
  for (;;) {
    const sync = await admin(`/api/admin/sync/${encodeURIComponent(id)}`);
    if (watched !== id) return; // another was asked for meanwhile
    drawSync(sync);
    if (ENDED.includes(sync.state)) break;
    await pause(SECONDS_BETWEEN_LOOKS);
  }
  await Promise.all([drawStatus(), drawQuarantine(), drawUnmatched()]);
});

// The newest sync, if it can be had without asking the user for anything.
async function newest() {
  try {
    const answer = await fetch("/api/admin/syncs?limit=1", { headers: withKey() });
    admitted = ![401, 403].includes(answer.status);
    return answer.ok ? (await answer.json()).data[0] : undefined;
  } catch {
    return undefined;
  }
}

// A sync that the schedule or somebody else asks for is watched, too.
async function watchOthers() {
  for (let known = null; ; await pause(SECONDS_BETWEEN_LOOKS_FOR_SYNCS)) {
    const sync = admitted && !document.hidden ? await newest() : undefined;
    if (!sync || [known, watched].includes(sync.syncId)) continue;
    if (known || !ENDED.includes(sync.state)) await watch(sync.syncId);
    known = sync.syncId;
  }
}

const drawUnmatched = attempt(async () => {
  const { data } = await admin("/api/admin/unmatched");
  const folded = (names) =>
    names.length ? h("details", {}, h("summary", {}, String(names.length)), list(names)) : "0";
  const rows = data.map((one) => [one.provider, folded(one.unpricedIds), folded(one.unmatchedNames)]);
  const heads = ["Provider", "Models without a price", "Names on pages without a model"];
  $("#unmatched").replaceChildren(
    rows.length
      ? table("What the last good lists left over", heads, rows)
      : h("p", { className: "note" }, "There was no sync yet."),
  );
});

$("#trigger").addEventListener(
  "submit",
  attempt(async (event) => {
    event.preventDefault();
    const providers = new FormData(event.target).getAll("provider");
    const body = { providers, reason: "asked for on the web page" };
    const asked = await admin("/api/admin/sync/trigger", { method: "POST", body });
    await watch(asked.syncId);
  }),
);

async function drawAll() {
  admitted = Boolean(await drawStatus());
  if (!admitted) return;
  $("#who").textContent = "With a key.";
  await Promise.all([drawQuarantine(), drawUnmatched(), drawConfig($("#config"))]);
}

$("#key").addEventListener("click", async () => {
  if (await askForKey(NEEDS_ADMIN)) await drawAll();
});
if (key() || (await askForKey(NEEDS_ADMIN))) await drawAll();
else trouble(new Refused(401, { detail: NEEDS_ADMIN }));
watchOthers();
