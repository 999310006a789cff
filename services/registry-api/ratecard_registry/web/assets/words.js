// How figures are written. A price is shown with every digit that the page printed; an unknown one is never a number.
import { h } from "./dom.js";

const formats = new Map();

export function money(amount, currency) {
  if (!formats.has(currency)) {
    let style = { style: "currency", currency, currencyDisplay: "narrowSymbol" };
    try {
      new Intl.NumberFormat("en", style);
    } catch {
      style = {};
    }
    formats.set(
      currency,
      new Intl.NumberFormat("en", { ...style, minimumFractionDigits: 2, maximumFractionDigits: 12 }),
    );
  }
  const shown = formats.get(currency).format(amount);
  return currency === "USD" || shown.includes(currency) ? shown : `${shown} ${currency}`;
}

export const tokens = (count) =>
  count == null
    ? "–"
    : count >= 1e6
      ? `${+(count / 1e6).toFixed(2)}M`
      : count >= 1e3
        ? `${+(count / 1e3).toFixed(1)}K`
        : String(count);
export const whole = (count) => new Intl.NumberFormat("en").format(count);
export const day = (iso) => (iso ? iso.slice(0, 10) : "–");
export const moment = (iso) => (iso ? `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC` : "–");
export const time = (iso) => h("time", { dateTime: iso, title: iso }, moment(iso));

const COMPONENTS = {
  input: "Input",
  cachedInput: "Cached input",
  cacheWrite: "Cache write",
  cacheWrite5m: "Cache write 5 min",
  cacheWrite1h: "Cache write 1 h",
  output: "Output",
  image: "Image",
  audioMinute: "Minute of audio",
  videoSecond: "Second of video",
  requests: "Requests",
  pages: "Pages",
  characters: "Characters",
  cacheStorageHour: "Cache storage",
};
export const component = (name) =>
  COMPONENTS[name] ??
  name
    .replace(/([A-Z])/g, " $1")
    .replace(/^./, (first) => first.toUpperCase())
    .toLowerCase()
    .replace(/^./, (first) => first.toUpperCase());

// Where a component stands among the others; one that this version does not know yet comes last.
const ORDER = Object.keys(COMPONENTS);
const place = (name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
export const inOrder = (names) => [...names].sort((a, b) => place(a) - place(b));

// A row's components with their amounts and units, those that everybody looks for first.
export function components(row) {
  const main = [
    ["input", row.inputCostPerMillion],
    ["output", row.outputCostPerMillion],
  ]
    .filter(([, amount]) => amount !== null && amount !== undefined && amount !== "TBD")
    .map(([name, amount]) => [name, { amount, unit: "million tokens" }]);
  return [...main, ...Object.entries(row.rates ?? {})].sort(([a], [b]) => place(a) - place(b));
}

export const band = (row) => (row.contextLimit ? `above ${tokens(row.contextLimit)} tokens` : "");
export const tier = (row) =>
  [row.tier, band(row), row.currency === "USD" ? "" : row.currency, row.region === "global" ? "" : row.region]
    .filter(Boolean)
    .join(", ");

// A row without any amount above zero is free, also when nobody could verify it.
const isFree = (amounts) => amounts.some((amount) => amount === 0) && !amounts.some(Boolean);

// A price of the list: "unknown", "free" and "stale" look different from a price, and say so in words.
export function price(amount, { state, currency, staleSince, amounts = [] }) {
  if (state === "unknown")
    return h("span", { className: "unknown", title: "No price is known: it is not zero" }, "unknown");
  if (state === "free" && (amount === null || amount === undefined || Number(amount) === 0))
    return h("span", { className: "free", title: "The page says that it is free" }, "free");
  if (amount === null || amount === undefined)
    return h("span", { className: "unknown", title: "This unit does not apply, or its price is not known" }, "–");
  const shown = state === "stale" && isFree(amounts) ? "free" : money(amount, currency ?? "USD");
  if (state !== "stale") return shown;
  const since = `The last good price: it could not be verified since${staleSince ? ` ${day(staleSince)}` : ""}`;
  return h("span", { className: "stale", title: since }, shown, h("span", { className: "hidden" }, " (stale)"));
}

// How much an amount moved, marked up or down in words and signs, not by colour alone.
export function move(from, to) {
  if (from === to || from == null || to == null) return null;
  const up = to > from;
  const percent = Math.abs((to / from - 1) * 100);
  const share = Number(from) ? ` ${up ? "+" : "−"}${Number(percent.toFixed(percent < 10 ? 1 : 0))}%` : "";
  return h(
    "span",
    { className: up ? "up" : "down" },
    h("span", { "aria-hidden": "true" }, up ? "▲" : "▼"),
    h("span", { className: "hidden" }, up ? "up" : "down"),
    share,
  );
}

export function badges(model) {
  return [
    model.usability === "deprecated" && h("span", { className: "tag gone" }, "deprecated"),
    model.usability === "preview" && h("span", { className: "tag preview" }, "preview"),
    typeof model.own === "string" &&
      h("span", { className: "tag own", title: "These are prices of your own, not the list's" }, `own: ${model.own}`),
    (model.state ?? model.priceState) === "stale" &&
      h("span", { className: "tag old", title: `Not verified since ${day(model.staleSince)}` }, "stale"),
    model.foundOnPage &&
      h("span", { className: "tag", title: "Known from a page only: no API lists it" }, "from the page"),
  ].filter(Boolean);
}

// A model's price rows as a table: a row per tier and band, a column per component that any of them has.
export function priceTable(rows, more = () => []) {
  const names = inOrder(new Set(rows.flatMap((row) => components(row).map(([name]) => name))));
  const unit = Object.fromEntries(rows.flatMap((row) => components(row).map(([name, rate]) => [name, rate.unit])));
  const heads = [
    "Tier",
    ...names.map((name) =>
      unit[name] === "million tokens" ? component(name) : `${component(name)} (per ${unit[name]})`,
    ),
  ];
  const body = rows.map((row) => {
    const rates = Object.fromEntries(components(row));
    return [
      tierCell(row),
      ...names.map((name) =>
        price(rates[name]?.amount, {
          state: rates[name] || row.state === "free" ? row.state : "priced",
          currency: row.currency,
          amounts: Object.values(rates).map((rate) => rate.amount),
        }),
      ),
      ...more(row),
    ];
  });
  return { heads, body, numbers: names.map((_, index) => index + 1) };
}

// Whose price it is, where it is not the list's: one of your own, with what the list says, or one of another list.
export function origin(row) {
  if (row.source === "own") {
    const list = row.insteadOf
      ? components(row.insteadOf)
          .map(([name, rate]) => `${component(name)} ${money(rate.amount, row.currency)}`)
          .join(", ")
      : "no price known";
    return h(
      "span",
      { className: "tag own", title: `${row.own?.kind ?? "own"} price; without it: ${list}` },
      `own: ${row.own?.kind ?? "price"}`,
    );
  }
  return row.source === "imported"
    ? h(
        "span",
        { className: "tag", title: "From another tool's list, for the time before Ratecard's own records" },
        "imported",
      )
    : "";
}

const tierCell = (row) => [tier(row), " ", origin(row)];
