// A model: facts, prices in force, their history as a step chart and in words, and where each figure was read.
import { $, h, table } from "./dom.js";
import { ask, askForAll, attempt, modelPath } from "./api.js";
import { charged } from "./charged.js";
import { folded, linked, proof } from "./evidence.js";
import {
  badges,
  component,
  components,
  day,
  money,
  moment,
  move,
  origin,
  price,
  priceTable,
  tier,
  time,
  tokens,
} from "./words.js";
import { stepChart } from "./chart.js";

const { provider, model: id } = $("#model").dataset;
const path = modelPath(provider, id);
const which = `provider=${encodeURIComponent(provider)}`;

function facts(model) {
  const list = [
    ["Provider", model.provider],
    ["Kind", model.classification.join(", ") || "–"],
    ["Context window", tokens(model.contextWindow)],
    ["Longest answer", tokens(model.maxOutputTokens)],
    [
      "Capabilities",
      model.capabilities
        .filter((c) => c.supported)
        .map((c) => c.type)
        .join(", ") || "–",
    ],
    ["First seen", day(model.discoveredAt)],
    ["Last change", day(model.updatedAt)],
    ["Aliases", model.aliases.join(", ") || "–"],
    ...(model.match ? [["Priced as", `${model.match.name} (${model.match.method}, ${model.match.score} of 100)`]] : []),
    ...(model.shutdownDate ? [["Shut down on", model.shutdownDate]] : []),
    ...(model.deprecatedAt ? [["Deprecated since", day(model.deprecatedAt)]] : []),
  ];
  $("#facts").replaceChildren(
    h(
      "dl",
      { className: "facts" },
      list.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    ),
  );
  $("#name").replaceChildren(model.displayName, " ", ...badges(model));
  document.title = `${model.displayName} · Ratecard`;
}

const since = (row) => [h("span", { className: "when" }, day(row.effectiveDate))];

function pricesInForce(model) {
  const place = $("#prices");
  if (!model.pricing.length)
    return place.replaceChildren(
      h(
        "p",
        {},
        price(null, { state: "unknown" }),
        " No page or API states a price for it. It is not free, it is not known.",
      ),
    );
  const { heads, body, numbers } = priceTable(model.pricing, since);
  const stale = model.staleSince
    ? h(
        "p",
        { className: "stale" },
        `Stale: the prices could not be verified since ${moment(model.staleSince)}: their page could not be read, or says what is held back. These are the last good ones.`,
      )
    : "";
  const coming = model.scheduledPricing.length ? announced(model.scheduledPricing) : "";
  place.replaceChildren(stale, table("Prices in force", [...heads, "Since"], body, { numbers }), coming);
}

function announced(rows) {
  const { heads, body, numbers } = priceTable(rows, since);
  return h("div", {}, h("h3", {}, "Announced"), table("Announced prices", [...heads, "From"], body, { numbers }));
}

// The history as series: of each tier, band, currency and region the steps of every component, as they were charged.
function seriesOf(entries) {
  const groups = new Map();
  for (const entry of charged(entries.filter((one) => one.kind !== "scheduled"))) {
    const group = tier(entry);
    if (!groups.has(group)) groups.set(group, { currency: entry.currency, lines: new Map() });
    for (const [name, rate] of components(entry)) {
      const label = rate.unit === "million tokens" ? component(name) : `${component(name)} (per ${rate.unit})`;
      const { lines } = groups.get(group);
      if (!lines.has(label)) lines.set(label, []);
      lines.get(label).push({
        from: entry.from / 1000,
        until: entry.until === null ? null : entry.until / 1000,
        amount: Number(rate.amount),
      });
    }
  }
  return groups;
}

function drawChart(entries) {
  const groups = seriesOf(entries);
  if (!groups.size) return $("#chart").replaceChildren(h("p", { className: "note" }, "There is no history yet."));
  const names = [...groups.keys()].sort((a, b) => (a !== "standard") - (b !== "standard") || a.localeCompare(b));
  const select = h(
    "select",
    { "aria-label": "Tier and band", onchange: () => draw(select.value) },
    names.map((name) => h("option", { value: name }, name)),
  );
  const draw = (name) => stepChart($("#chart"), groups.get(name), name);
  $("#series").replaceChildren(h("label", {}, "Tier and band ", select));
  draw(names[0]);
  document.addEventListener("themechange", () => draw(select.value));
}

function drawHistory(entries) {
  const before = new Map();
  const rows = entries.map((entry) => {
    const place = `${entry.own ? "own " : ""}${tier(entry)}`; // an own price moves nothing of the list's
    const old = before.get(place) ?? before.get(tier(entry)) ?? {};
    const rates = components(entry);
    before.set(place, Object.fromEntries(rates.map(([name, rate]) => [name, rate.amount])));
    const said = entry.free
      ? [h("span", { className: "free" }, "free")]
      : rates.map(([name, rate]) =>
          h("span", {}, `${component(name)} ${money(rate.amount, entry.currency)} `, move(old[name], rate.amount), " "),
        );
    return [
      time(entry.effectiveDate),
      [tier(entry), " ", origin(entry)],
      kind(entry),
      [h("span", { className: "moves" }, said), entry.evidence && !entry.own ? folded(entry.evidence) : ""],
      h("span", { className: "when" }, entry.endDate ? day(entry.endDate) : begun(entry) ? "in force" : "–"),
    ];
  });
  $("#history").replaceChildren(
    rows.length
      ? table("Each price and its time", ["From", "Tier", "What happened", "Price", "Until"], rows.reverse())
      : "",
  );
}

const begun = (entry) => Date.parse(entry.effectiveDate) <= Date.now();

const kind = (entry) =>
  ({
    first_seen: "first seen",
    changed: "changed",
    corrected: "corrected: it had been misread",
    scheduled: "announced",
  })[entry.kind] ?? entry.kind.replaceAll("_", " ");

function ownProof(row) {
  const { url, fetchedAt, text } = row.evidence;
  return h(
    "div",
    { className: "proof" },
    h("h3", {}, tier(row), " ", origin(row)),
    h("p", { className: "fine" }, "What an administrator wrote down:"),
    text ? h("span", { className: "row-text" }, text) : "",
    h("p", { className: "fine" }, `Recorded ${moment(fetchedAt)}. `, url ? ["See ", linked(url)] : ""),
  );
}

function pageProof(row, source) {
  const { fetchedAt, strategy } = row.evidence;
  return h(
    "div",
    { className: "proof" },
    h("h3", {}, tier(row)),
    h("p", { className: "fine" }, "As the page prints it:"),
    proof(row.evidence, ` (${strategy}), last verified ${moment(source?.lastVerified ?? fetchedAt)}`),
    source?.error ? h("p", { className: "stale" }, `Not read since: ${source.error}`) : "",
  );
}

function drawEvidence(model, sources) {
  const verified = Object.fromEntries(sources.map((source) => [source.url, source]));
  const rows = [...model.pricing, ...model.scheduledPricing].filter((row) => row.evidence);
  const proofs = rows.map((row) => (row.source === "own" ? ownProof(row) : pageProof(row, verified[row.evidence.url])));
  $("#evidence").replaceChildren(
    ...(proofs.length ? proofs : [h("p", { className: "note" }, "No price in force, so no evidence.")]),
  );
}

// Without the model there is nothing to say below its name.
async function found() {
  try {
    return await ask(`${path}?${which}`);
  } catch (error) {
    for (const part of document.querySelectorAll("#model section, #what-cost")) part.hidden = true;
    if (error.status === 404) {
      const search = h("a", { href: `/?gone=on&q=${encodeURIComponent(id)}` }, "Look for a model like it");
      $("#facts").replaceChildren(h("p", { className: "note" }, search));
    }
    throw error;
  }
}

const start = attempt(async () => {
  const model = await found();
  facts(model);
  pricesInForce(model);
  $("#what-cost").href = `/costs?models=${encodeURIComponent(`${provider}/${id}`)}`;
  const [past, sources] = await Promise.all([
    askForAll(`${path}/pricing-history?${which}`),
    ask(`/web/sources/${encodeURIComponent(provider)}`),
  ]);
  drawHistory(past);
  drawChart(past);
  drawEvidence(model, sources);
});

$("#share").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    $("#shared").textContent = "The link is copied.";
  } catch {
    $("#shared").textContent = location.href;
  }
});
start();
