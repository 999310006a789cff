// The table of models: filters as you type, sorts by any column, compares what is chosen. The address holds the state.
import { $, h, table } from "./dom.js";
import { ask, attempt, modelPage, modelPath } from "./api.js";
import { compareModels } from "./compared.js";
import { badges, price, priceTable, tokens, whole } from "./words.js";

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
const NOTHING_LIKE_THAT = "No model is like that. Clear a filter to see more.";
const NOTHING_YET = "There are no models yet. Start a sync: see Operate.";
const PRICES = ["input", "cached", "output"];
const VALUES = {
  name: (m) => m.name.toLowerCase(),
  provider: (m) => m.provider,
  kind: (m) => m.classification.join(),
  context: (m) => m.contextWindow,
  input: (m) => m.input,
  cached: (m) => m.cached,
  output: (m) => m.output,
};

function wanted() {
  const given = Object.fromEntries(new FormData(filters));
  const words = (given.q ?? "")
    .toLowerCase()
    .split(/[\s/_-]+/)
    .filter(Boolean);
  const most = given.most === "" ? null : Number(given.most);
  return (m) =>
    (given.gone || m.usability !== "deprecated") &&
    (!given.provider || m.provider === given.provider) &&
    (!given.kind || m.classification.includes(given.kind)) &&
    (!given.capability || m.capabilities.includes(given.capability)) &&
    (!given.context || (m.contextWindow ?? 0) >= Number(given.context)) &&
    (most === null || (m.currency === "USD" && m.input !== null && m.input <= most)) &&
    words.every((word) => m.text.includes(word));
}

const order = (x, y) => (x < y ? -1 : x > y ? 1 : 0);

// What is not known comes last, either way up. Amounts of other currencies come after dollars, each among its own.
function compare(a, b) {
  const [x, y] = [VALUES[sort.by](a), VALUES[sort.by](b)];
  if (x == null || y == null) return (x == null) - (y == null) || order(placeOf(a), placeOf(b));
  const currency = (m) => (PRICES.includes(sort.by) && m.currency !== "USD" ? m.currency : "");
  return order(currency(a), currency(b)) || (sort.down ? order(y, x) : order(x, y)) || order(placeOf(a), placeOf(b));
}

function row(model) {
  const place = placeOf(model);
  const shows = {
    state: model.state,
    currency: model.currency,
    staleSince: model.staleSince,
    amounts: PRICES.map((name) => model[name]),
  };
  const more = h(
    "button",
    {
      type: "button",
      className: "quiet small",
      "aria-expanded": "false",
      "aria-label": `Tiers and bands of ${model.name}`,
      onclick: (event) => expand(event.currentTarget, model),
    },
    "▾",
  );
  return h(
    "tr",
    {},
    h(
      "td",
      { className: "pick" },
      h("input", {
        type: "checkbox",
        checked: chosen.has(place),
        "aria-label": `Compare ${model.name}`,
        onchange: (event) => choose(place, event.target.checked),
      }),
    ),
    h(
      "th",
      { scope: "row" },
      h("a", { href: modelPage(model.provider, model.id) }, model.name),
      " ",
      ...badges(model),
      h("span", { className: "id" }, h("span", { className: "phone" }, `${model.provider}/`), model.id),
    ),
    h("td", { className: "mid" }, model.provider),
    h(
      "td",
      { className: "wideonly" },
      model.classification.map((kind) => h("span", { className: "tag" }, kind)),
    ),
    h("td", { className: "mid number" }, tokens(model.contextWindow)),
    h("td", { className: "number" }, price(model.input, shows)),
    h(
      "td",
      { className: "mid number" },
      model.state === "unknown"
        ? ""
        : price(model.cached, { ...shows, state: model.cached === null ? "priced" : model.state }),
    ),
    h("td", { className: "number" }, price(model.output, shows)),
    h("td", {}, model.priceRows ? more : ""),
  );
}

// A line of one cell under all columns that are shown: more of them would take room from the others.
const columns = () => [...document.querySelectorAll("#models > thead th")].filter((head) => head.offsetWidth).length;
const across = (className, content) => h("tr", { className }, h("td", { colSpan: columns() }, content));

const expand = attempt(async (button, model) => {
  const line = button.closest("tr");
  const isOpen = () => button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!isOpen()));
  if (!isOpen()) return line.nextElementSibling?.matches(".detail") && line.nextElementSibling.remove();
  let known;
  try {
    known = await ask(`${modelPath(model.provider, model.id)}?provider=${encodeURIComponent(model.provider)}`);
  } catch (error) {
    button.setAttribute("aria-expanded", "false");
    throw error;
  }
  if (!isOpen() || line.nextElementSibling?.matches(".detail")) return; // meanwhile it was pressed again
  const { heads, body: rows, numbers } = priceTable(known.pricing);
  const prices = table(`Prices of ${model.name}`, heads, rows, { numbers });
  line.after(across("detail", prices));
});

function more() {
  body.append(...found.slice(shown, shown + STEP).map(row));
  shown = Math.min(shown + STEP, found.length);
  const rest = found.length - shown;
  $("#more").replaceChildren(
    rest
      ? h(
          "button",
          { type: "button", className: "quiet", onclick: more },
          `Show ${whole(Math.min(rest, STEP))} more of ${whole(rest)}`,
        )
      : "",
  );
}

function draw() {
  found = all.filter(wanted()).sort(compare);
  body.replaceChildren();
  shown = 0;
  more();
  $("#count").textContent =
    found.length === all.length
      ? `${whole(all.length)} models.`
      : `${whole(found.length)} of ${whole(all.length)} models.`;
  if (!found.length) body.append(across("note", all.length ? NOTHING_LIKE_THAT : NOTHING_YET));
  remember();
}

function remember() {
  const state = new URLSearchParams([...new FormData(filters)].filter(([, value]) => value));
  if (sort.by !== "name" || sort.down) state.set("sort", `${sort.down ? "-" : ""}${sort.by}`);
  if (chosen.size) state.set("compare", [...chosen].join("|"));
  history.replaceState(null, "", state.size ? `?${state}` : location.pathname);
}

function choose(place, yes) {
  if (yes) chosen.add(place);
  else chosen.delete(place);
  drawChosen();
  remember();
}

function drawChosen() {
  $("#chosen").hidden = !chosen.size;
  $("#chosen-count").textContent =
    `${chosen.size} chosen${chosen.size > MOST_COMPARED ? ` (at most ${MOST_COMPARED} can be compared)` : ""}`;
  $("#compare").disabled = chosen.size < 2 || chosen.size > MOST_COMPARED;
  $("#chosen-costs").href = `/costs?models=${encodeURIComponent([...chosen].join("|"))}`;
}

function fill(name, valuesOf) {
  const values = [...new Set(all.flatMap(valuesOf))].sort();
  filters.elements[name].append(...values.map((value) => h("option", { value }, value)));
}

function restore() {
  const state = new URLSearchParams(location.search);
  for (const [name, value] of state) {
    const field = filters.elements.namedItem(name);
    if (field?.type === "checkbox") field.checked = true;
    else if (field) field.value = value;
  }
  const by = state.get("sort")?.replace("-", "");
  if (Object.hasOwn(VALUES, by)) setSort(by, state.get("sort").startsWith("-"));
}

function setSort(by, down) {
  sort = { by, down };
  for (const button of document.querySelectorAll("[data-sort]")) {
    const head = button.closest("th");
    if (button.dataset.sort === by) head.setAttribute("aria-sort", down ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
  $("#sort").value = `${down ? "-" : ""}${by}`;
}

const start = attempt(async () => {
  all = (await ask("/web/models.json")).data;
  for (const model of all)
    model.text = [model.name, model.id, model.provider, ...model.aliases].join(" ").toLowerCase();
  fill("provider", (m) => m.provider);
  fill("kind", (m) => m.classification);
  fill("capability", (m) => m.capabilities);
  restore();
  draw();
  drawChosen();
});

filters.addEventListener("input", draw);
addEventListener("resize", () => {
  for (const cell of document.querySelectorAll("#models .detail > td")) cell.colSpan = columns();
});
filters.addEventListener("reset", () =>
  setTimeout(() => {
    setSort(sort.by, sort.down); // its list is none of the filters
    draw();
  }),
);
filters.addEventListener("submit", (event) => event.preventDefault());
for (const button of document.querySelectorAll("[data-sort]")) {
  button.addEventListener("click", () => {
    setSort(button.dataset.sort, sort.by === button.dataset.sort && !sort.down);
    draw();
  });
  for (const [mark, sign] of [
    ["", "↑"],
    ["-", "↓"],
  ])
    $("#sort").append(h("option", { value: mark + button.dataset.sort }, `${button.textContent} ${sign}`));
}
$("#sort").addEventListener("change", ({ target }) => {
  setSort(target.value.replace("-", ""), target.value.startsWith("-"));
  draw();
});
$("#compare").addEventListener(
  "click",
  attempt(() => compareModels([...chosen])),
);
$("#unchoose").addEventListener("click", () => {
  chosen.clear();
  drawChosen();
  draw();
});
// Observed anew after each step: what is still in view after it says so again.
const watcher = new IntersectionObserver((seen) => {
  if (!seen[0].isIntersecting || shown >= found.length) return;
  more();
  watcher.unobserve($("#more"));
  watcher.observe($("#more"));
});
watcher.observe($("#more"));
start();
