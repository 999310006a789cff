// What a use would cost a month. The API says which price applies; the sum is reckoned in whole numbers, not in floats.
import { $, h, table } from "./dom.js";
import { ask, attempt, modelPage, Refused } from "./api.js";
import { component, day, money, origin, whole } from "./words.js";

const DAYS = 30n;
const use = $("#use");
let known = [];
let asked = 0;
let chosen = new URLSearchParams(location.search).get("models")?.split("|").filter(Boolean) ?? [];

const amounts = () => Object.fromEntries([...new FormData(use)].map(([name, value]) => [name, value]));
const count = (text) => (/^\d+$/.test(text ?? "") ? BigInt(text) : 0n);

// A decimal as a whole number of 10^-18, exactly.
export function units(decimal) {
  const [, mantissa, exponent] = String(decimal).toLowerCase().match(/^([\d.]+)(?:e([+-]?\d+))?$/);
  const [left, right = ""] = mantissa.split(".");
  const shift = 18 + Number(exponent ?? 0) - right.length;
  const digits = BigInt(left + right);
  return shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
}

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
  return { provider, model: id.join("/"), usage, tier: given.tier, ref: place, ...(given.at ? { when: `${given.at}T12:00:00Z` } : {}) };
}

function monthly(answer, given) {
  const parts = answer.components.map((part) => ({ ...part, month: units(part.amount) * count(given[TOKENS[part.component]]) * DAYS / 1000000n }));
  return { parts, sum: parts.reduce((sum, part) => sum + part.month, 0n) };
}

// What else is to be known of the price that was used: that it is not the list's, not verified, or of a day to come.
const doubts = (answer, used) => [" ", origin(used), answer.forecast ? " as far as is known for that day" : "", used.state === "stale" ? h("span", { className: "stale" }, ` the last good price: not verified since ${day(used.staleSince)}`) : ""];

function row(answer, given, most, prices) {
  const place = answer.ref;
  const [provider, ...id] = place.split("/");
  const name = [h("a", { href: modelPage(provider, id.join("/")) }, id.join("/")), h("span", { className: "id fine" }, provider)];
  const away = h("button", { type: "button", className: "quiet", "aria-label": `Leave out ${place}`, onclick: () => { chosen = chosen.filter((one) => one !== place); draw(); } }, "✕");
  if (answer.error) return [name, h("span", { className: "unknown" }, answer.error.detail), "", "", away];
  const { parts, sum } = monthly(answer, given);
  const detail = parts.map((part) => `${component(part.component)} ${money(part.amount, answer.currency)}`).join(", ");
  const band = answer.band?.aboveTokens ? `; prompts above ${whole(answer.band.aboveTokens)} tokens` : "";
  const bar = h("div", { className: "bar-cell", "aria-hidden": "true" }, h("span", { className: "bar" }));
  bar.firstChild.style.width = `${most ? (asNumber(sum) / most) * 100 : 0}%`;
  return [name, h("strong", {}, money(+asNumber(sum).toFixed(2), answer.currency)), [`${detail}${band}`, ...doubts(answer, prices[answer.priceId])], bar, away];
}

const draw = attempt(async () => {
  const mine = ++asked;
  history.replaceState(null, "", chosen.length ? `?models=${encodeURIComponent(chosen.join("|"))}` : location.pathname);
  const place = $("#costs");
  const given = amounts();
  if (!chosen.length) return place.replaceChildren(h("p", { className: "note" }, "Add models to see what they would cost."));
  if (!count(given.input) && !count(given.cached) && !count(given.output)) return place.replaceChildren(h("p", { className: "note" }, "Enter the tokens of a day."));
  const { lines, prices } = await ask("/api/cost", { method: "POST", body: { usages: chosen.map((one) => line(one, given)) } });
  if (mine !== asked) return undefined;
  const sums = new Map(lines.map((one) => [one.ref, one.error ? Infinity : asNumber(monthly(one, given).sum)]));
  const most = Math.max(...[...sums.values()].filter(Number.isFinite), 0);
  const sorted = lines.toSorted((a, b) => sums.get(a.ref) - sums.get(b.ref));
  return place.replaceChildren(table("Cost a month", ["Model", "A month", "At, per million tokens", "", ""], sorted.map((one) => row(one, given, most, prices)), { numbers: [1] }));
});

$("#add").addEventListener("submit", attempt(async (event) => {
  event.preventDefault();
  const field = event.target.elements.model;
  const text = field.value.trim().toLowerCase();
  const fits = known.filter((m) => [`${m.provider}/${m.id}`, m.id, m.name].some((name) => name.toLowerCase() === text));
  if (fits.length !== 1) {
    const why = fits.length ? `${field.value} is a model of ${fits.map((m) => m.provider).join(" and ")}` : `There is no model ${field.value}`;
    throw new Refused(0, { detail: `${why}: choose one of the list.` });
  }
  const place = `${fits[0].provider}/${fits[0].id}`;
  if (!chosen.includes(place)) chosen.push(place);
  field.value = "";
  await draw();
}));
let soon;
use.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(draw, 200); });
use.addEventListener("submit", (event) => event.preventDefault());
attempt(async () => {
  known = (await ask("/web/models.json")).data;
  $("#known").append(...known.map((m) => h("option", { value: `${m.provider}/${m.id}` }, m.name)));
})();
draw();
