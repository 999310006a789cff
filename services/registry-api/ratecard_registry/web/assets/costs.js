// What a use would cost a month. The API says which price applies; the sum is reckoned in whole numbers, not in floats.
import { $, h, table } from "./dom.js";
import { ask, attempt, modelPage, Refused } from "./api.js";
import { component, day, money, origin, tokens, whole } from "./words.js";

const DAYS = 30n;
const use = $("#use");
let known = [];
let asked = 0;
let chosen = [];
const usual = Object.fromEntries(new FormData(use));

const amounts = () => Object.fromEntries(new FormData(use));
const count = (text) => (/^\d+$/.test(text ?? "") ? BigInt(text) : 0n);

// A decimal as a whole number of 10^-18, exactly.
export function units(decimal) {
  const [, mantissa, exponent] = String(decimal)
    .toLowerCase()
    .match(/^([\d.]+)(?:e([+-]?\d+))?$/);
  const [left, right = ""] = mantissa.split(".");
  const shift = 18 + Number(exponent ?? 0) - right.length;
  const digits = BigInt(left + right);
  return shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
}

// A day means its end, today means now, as on the command line.
const today = () => new Date().toISOString().slice(0, 10);

// A sum to the cent; what is less than one keeps the figures that it has.
const rounded = (sum) => Number(sum >= 0.01 ? sum.toFixed(2) : sum.toPrecision(2));
const asNumber = (scaled) => Number(scaled) / 1e18;
const TOKENS = { input: "input", cachedInput: "cached", output: "output" };

// One average request picks the band and the price; the day's tokens are what is paid for.
function line(place, given) {
  const requests = count(given.requests) || 1n;
  const usage = {};
  for (const [name, field] of Object.entries(TOKENS)) {
    const tokens = count(given[field]);
    if (tokens) usage[name] = Number((tokens + requests - 1n) / requests);
  }
  const [provider, ...id] = place.split("/");
  return {
    provider,
    model: id.join("/"),
    usage,
    tier: given.tier,
    ref: place,
    ...(given.at && given.at !== today() ? { when: `${given.at}T23:59:59Z` } : {}),
  };
}

function monthly(answer, given) {
  const parts = answer.components.map((part) => ({
    ...part,
    month: (units(part.amount) * count(given[TOKENS[part.component]]) * DAYS) / 1000000n,
  }));
  return { parts, sum: parts.reduce((sum, part) => sum + part.month, 0n) };
}

// What else is to be known of the price that was used: that it is not the list's, not verified, or of a day to come.
const doubts = (answer, used) => [
  " ",
  origin(used),
  answer.forecast ? " as far as is known for that day" : "",
  used.state === "stale"
    ? h("span", { className: "stale" }, ` the last good price: not verified since ${day(used.staleSince)}`)
    : "",
];

function named(place) {
  const [provider, ...id] = place.split("/");
  return [h("a", { href: modelPage(provider, id.join("/")) }, id.join("/")), h("span", { className: "id" }, provider)];
}

const leaveOut = (place) =>
  h(
    "button",
    {
      type: "button",
      className: "quiet small",
      "aria-label": `Leave out ${place}`,
      onclick: () => {
        chosen = chosen.filter((one) => one !== place);
        draw();
      },
    },
    "✕",
  );

function bar(share) {
  const drawn = h("span", { className: "bar" });
  drawn.style.width = `${share * 100}%`;
  return h("div", { className: "bar-cell", "aria-hidden": "true" }, drawn);
}

function whyNot({ error }, { at }) {
  if (error.code !== "no_price") return error.detail;
  return at ? `No price was in force on ${at}.` : "No price is known.";
}

function row(answer, given, most, prices) {
  const away = leaveOut(answer.ref);
  if (answer.error)
    return [named(answer.ref), "", "", h("span", { className: "unknown" }, whyNot(answer, given)), away];
  const { parts, sum } = monthly(answer, given);
  const detail = parts.map((part) => `${component(part.component)} ${money(part.amount, answer.currency)}`).join(", ");
  const band = answer.band?.aboveTokens ? `; prompts above ${whole(answer.band.aboveTokens)} tokens` : "";
  return [
    named(answer.ref),
    h("strong", {}, money(rounded(asNumber(sum)), answer.currency)),
    bar(most ? asNumber(sum) / most : 0),
    [`${detail}${band}`, ...doubts(answer, prices[answer.priceId])],
    away,
  ];
}

const inWords = (given) => {
  const [input, cached, output] = Object.values(TOKENS).map((field) => tokens(Number(count(given[field]))));
  return `${input} tokens in, ${cached} cached, ${output} out, in ${whole(count(given.requests) || 1n)} requests a day.`;
};

// The address holds what was asked, so that a link shows the same.
function remember(given) {
  const state = new URLSearchParams(chosen.length ? { models: chosen.join("|") } : {});
  for (const [name, value] of Object.entries(given)) if (value !== usual[name]) state.set(name, value);
  history.replaceState(null, "", state.size ? `?${state}` : location.pathname);
}

function restore() {
  const state = new URLSearchParams(location.search);
  chosen = state.get("models")?.split("|").filter(Boolean) ?? [];
  for (const name of Object.keys(usual)) if (state.has(name)) use.elements[name].value = state.get(name);
}

const draw = attempt(async () => {
  const mine = ++asked;
  const place = $("#costs");
  const given = amounts();
  remember(given);
  $("#a-day").textContent = inWords(given);
  if (!chosen.length)
    return place.replaceChildren(h("p", { className: "note" }, "Add models to see what they would cost."));
  if (!count(given.input) && !count(given.cached) && !count(given.output))
    return place.replaceChildren(h("p", { className: "note" }, "Enter the tokens of a day."));
  const { lines, prices } = await ask("/api/cost", {
    method: "POST",
    body: { usages: chosen.map((one) => line(one, given)) },
  });
  if (mine !== asked) return undefined;
  const sums = new Map(lines.map((one) => [one.ref, one.error ? Infinity : asNumber(monthly(one, given).sum)]));
  const most = Math.max(...[...sums.values()].filter(Number.isFinite), 0);
  const sorted = lines.toSorted((a, b) => sums.get(a.ref) - sums.get(b.ref));
  return place.replaceChildren(
    table(
      "Cost a month",
      ["Model", "A month", "", "At, per million tokens", ""],
      sorted.map((one) => row(one, given, most, prices)),
      { numbers: [1] },
    ),
  );
});

$("#add").addEventListener(
  "submit",
  attempt(async (event) => {
    event.preventDefault();
    const field = event.target.elements.model;
    const text = field.value.trim().toLowerCase();
    const fits = known.filter((m) =>
      [`${m.provider}/${m.id}`, m.id, m.name].some((name) => name.toLowerCase() === text),
    );
    if (fits.length !== 1) {
      const why = fits.length
        ? `${field.value} is a model of ${fits.map((m) => m.provider).join(" and ")}`
        : `There is no model ${field.value}`;
      throw new Refused(0, { detail: `${why}: choose one of the list.` });
    }
    const place = `${fits[0].provider}/${fits[0].id}`;
    if (!chosen.includes(place)) chosen.push(place);
    field.value = "";
    await draw();
  }),
);
let soon;
use.addEventListener("input", () => {
  clearTimeout(soon);
  soon = setTimeout(draw, 200);
});
use.addEventListener("submit", (event) => event.preventDefault());
attempt(async () => {
  known = (await ask("/web/models.json")).data;
  $("#known").append(...known.map((m) => h("option", { value: `${m.provider}/${m.id}` }, m.name)));
})();
restore();
draw();
