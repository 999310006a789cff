// The table of models: filters as you type, sorts by any column, compares what is chosen. The address holds the state.
import { $, h, table } from "./dom.js";
import { ask, attempt, modelPage, modelPath } from "./api.js";
import { badges, component, components, origin, price, priceTable, tier, tokens, whole } from "./words.js";

const STEP = 100;
const MOST_COMPARED = 6;
const filters = $("#filters");
const body = $("#models tbody");
const chosen = new Set(new URLSearchParams(location.search).get("compare")?.split("|").filter(Boolean) ?? []);
let all = [];
let found = [];
let shown = 0;
let sort = { by: "name", down: false };

const placeOf = (model) => `${model.provider}/${model.id}`;
const VALUES = {
  name: (m) => m.name.toLowerCase(), provider: (m) => m.provider, kind: (m) => m.classification.join(), context: (m) => m.contextWindow,
  input: (m) => m.input, cached: (m) => m.cached, output: (m) => m.output,
};

function wanted() {
  const given = Object.fromEntries(new FormData(filters));
  const words = (given.q ?? "").toLowerCase().split(/[\s/_-]+/).filter(Boolean);
  const most = given.most === "" ? null : Number(given.most);
  return (m) =>
    (given.gone || m.usability !== "deprecated") && (!given.provider || m.provider === given.provider) &&
    (!given.kind || m.classification.includes(given.kind)) && (!given.capability || m.capabilities.includes(given.capability)) &&
    (!given.context || (m.contextWindow ?? 0) >= Number(given.context)) &&
    (most === null || (m.currency === "USD" && m.input !== null && m.input <= most)) && words.every((word) => m.text.includes(word));
}

function compare(a, b) {
  const [x, y] = [VALUES[sort.by](a), VALUES[sort.by](b)];
  if (x == null || y == null) return x == null && y == null ? 0 : x == null ? 1 : -1;
  const order = typeof x === "number" ? x - y : x < y ? -1 : x > y ? 1 : 0;
  return (sort.down ? -order : order) || (placeOf(a) < placeOf(b) ? -1 : 1);
}

function row(model) {
  const place = placeOf(model);
  const shows = { state: model.state, currency: model.currency, staleSince: model.staleSince };
  const more = h("button", { type: "button", className: "quiet", "aria-expanded": "false", "aria-label": `Tiers and bands of ${model.name}`, onclick: (event) => expand(event.currentTarget, model) }, "▾");
  return h("tr", {},
    h("td", { className: "pick" }, h("input", { type: "checkbox", checked: chosen.has(place), "aria-label": `Compare ${model.name}`, onchange: (event) => choose(place, event.target.checked) })),
    h("th", { scope: "row" }, h("a", { href: modelPage(model.provider, model.id) }, model.name), " ", ...badges(model), h("span", { className: "id fine" }, model.id)),
    h("td", { className: "mid" }, model.provider),
    h("td", { className: "wideonly" }, model.classification.map((kind) => h("span", { className: "tag" }, kind))),
    h("td", { className: "mid number" }, tokens(model.contextWindow)),
    h("td", { className: "number" }, price(model.input, shows)),
    h("td", { className: "mid number" }, model.state === "unknown" ? "" : price(model.cached, { ...shows, state: model.cached === null ? "priced" : model.state })),
    h("td", { className: "number" }, price(model.output, shows)),
    h("td", {}, model.priceRows ? more : ""));
}

const expand = attempt(async (button, model) => {
  const line = button.closest("tr");
  const open = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!open));
  if (open) return line.nextElementSibling?.classList.contains("detail") && line.nextElementSibling.remove();
  const whole = await ask(`${modelPath(model.provider, model.id)}?provider=${encodeURIComponent(model.provider)}`);
  const { heads, body: rows, numbers } = priceTable(whole.pricing, "");
  line.after(h("tr", { className: "detail" }, h("td", { colSpan: 9 }, table(`Prices of ${model.name}`, heads, rows, { numbers }))));
});

function more() {
  body.append(...found.slice(shown, shown + STEP).map(row));
  shown = Math.min(shown + STEP, found.length);
  const rest = found.length - shown;
  $("#more").replaceChildren(rest ? h("button", { type: "button", className: "quiet", onclick: more }, `Show ${whole(Math.min(rest, STEP))} more of ${whole(rest)}`) : "");
}

function draw() {
  found = all.filter(wanted()).sort(compare);
  body.replaceChildren();
  shown = 0;
  more();
  $("#count").textContent = found.length === all.length ? `${whole(all.length)} models.` : `${whole(found.length)} of ${whole(all.length)} models.`;
  if (!found.length) body.append(h("tr", {}, h("td", { colSpan: 9, className: "note" }, all.length ? "No model is like that. Clear a filter to see more." : "There are no models yet. Start a sync: see Operate.")));
  remember();
}

function remember() {
  const state = new URLSearchParams([...new FormData(filters)].filter(([, value]) => value));
  if (sort.by !== "name" || sort.down) state.set("sort", `${sort.down ? "-" : ""}${sort.by}`);
  if (chosen.size) state.set("compare", [...chosen].join("|"));
  history.replaceState(null, "", state.size ? `?${state}` : location.pathname);
}

function choose(place, yes) {
  if (yes) chosen.add(place); else chosen.delete(place);
  drawChosen();
  remember();
}

function drawChosen() {
  $("#chosen").hidden = !chosen.size;
  $("#chosen-count").textContent = `${chosen.size} chosen${chosen.size > MOST_COMPARED ? ` (at most ${MOST_COMPARED} can be compared)` : ""}`;
  $("#compare").disabled = chosen.size < 2 || chosen.size > MOST_COMPARED;
  $("#chosen-costs").href = `/costs?models=${encodeURIComponent([...chosen].join("|"))}`;
}

const sideBySide = attempt(async () => {
  const models = await Promise.all([...chosen].map((place) => {
    const [provider, ...id] = place.split("/");
    return ask(`${modelPath(provider, id.join("/"))}?provider=${encodeURIComponent(provider)}`);
  }));
  const heads = ["", ...models.map((m) => h("a", { href: modelPage(m.provider, m.id) }, m.displayName))];
  const facts = [
    ["Provider", ...models.map((m) => m.provider)], ["Kind", ...models.map((m) => m.classification.join(", "))],
    ["Context window", ...models.map((m) => tokens(m.contextWindow))], ["Longest answer", ...models.map((m) => tokens(m.maxOutputTokens))],
    ["Usability", ...models.map((m) => m.usability)],
  ];
  const rates = new Map();
  models.forEach((m, index) => m.pricing.forEach((one) => components(one).forEach(([name, rate]) => {
    const label = `${tier(one)}: ${component(name)}${rate.unit === "million tokens" ? "" : ` (per ${rate.unit})`}`;
    if (!rates.has(label)) rates.set(label, models.map((other) => (other.pricing.length ? "–" : price(null, { state: "unknown" }))));
    rates.get(label)[index] = [price(rate.amount, { state: one.state, currency: one.currency, staleSince: m.staleSince }), " ", origin(one)];
  })));
  $("#side").replaceChildren(table("The chosen models side by side", heads, [...facts, ...[...rates].map(([label, cells]) => [label, ...cells])]));
  $("#side-by-side").showModal();
});

function fill(name, values) {
  const select = filters.elements[name];
  select.append(...[...new Set(values)].sort().map((value) => h("option", { value }, value)));
}

function restore() {
  const state = new URLSearchParams(location.search);
  for (const [name, value] of state) {
    const field = filters.elements[name];
    if (field?.type === "checkbox") field.checked = true; else if (field) field.value = value;
  }
  const by = state.get("sort")?.replace("-", "");
  if (by in VALUES) setSort(by, state.get("sort").startsWith("-"));
}

function setSort(by, down) {
  sort = { by, down };
  for (const button of document.querySelectorAll("[data-sort]")) {
    const head = button.closest("th");
    if (button.dataset.sort === by) head.setAttribute("aria-sort", down ? "descending" : "ascending"); else head.removeAttribute("aria-sort");
  }
}

const start = attempt(async () => {
  all = (await ask("/web/models.json")).data;
  for (const model of all) model.text = [model.name, model.id, model.provider, ...model.aliases].join(" ").toLowerCase();
  fill("provider", all.map((m) => m.provider));
  fill("kind", all.flatMap((m) => m.classification));
  fill("capability", all.flatMap((m) => m.capabilities));
  restore();
  draw();
  drawChosen();
});

filters.addEventListener("input", draw);
filters.addEventListener("reset", () => setTimeout(draw));
filters.addEventListener("submit", (event) => event.preventDefault());
for (const button of document.querySelectorAll("[data-sort]")) {
  button.addEventListener("click", () => { setSort(button.dataset.sort, sort.by === button.dataset.sort && !sort.down); draw(); });
}
$("#compare").addEventListener("click", sideBySide);
$("#unchoose").addEventListener("click", () => { chosen.clear(); drawChosen(); draw(); });
// Observed anew after each step: what is still in view after it says so again.
const watcher = new IntersectionObserver((seen) => {
  if (!seen[0].isIntersecting || shown >= found.length) return;
  more();
  watcher.unobserve($("#more"));
  watcher.observe($("#more"));
});
watcher.observe($("#more"));
start();
