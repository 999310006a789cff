// Models side by side, with a line for each component of each tier that one of them has.
import { $, h, table } from "./dom.js";
import { ask, modelPage, modelPath } from "./api.js";
import { component, components, inOrder, origin, price, tier, tokens } from "./words.js";

const known = (place) => {
  const [provider, ...id] = place.split("/");
  return ask(`${modelPath(provider, id.join("/"))}?provider=${encodeURIComponent(provider)}`);
};

const factsOf = (models) => [
  ["Provider", ...models.map((m) => m.provider)],
  ["Kind", ...models.map((m) => m.classification.join(", "))],
  ["Context window", ...models.map((m) => tokens(m.contextWindow))],
  ["Longest answer", ...models.map((m) => tokens(m.maxOutputTokens))],
  ["Usability", ...models.map((m) => m.usability)],
];

// Tier by tier, in each the components in their usual order.
function ratesOf(models) {
  const tiers = [...new Set(models.flatMap((m) => m.pricing.map(tier)))];
  return tiers.flatMap((name) => {
    const rows = models.map((m) => m.pricing.find((row) => tier(row) === name));
    const rates = rows.map((row) => Object.fromEntries(row ? components(row) : []));
    const named = inOrder(new Set(rates.flatMap(Object.keys)));
    return named.map((one) => [
      `${name}: ${component(one)}${unitOf(rates, one)}`,
      ...models.map((model, index) => cell(model, rows[index], rates[index], one)),
    ]);
  });
}

function unitOf(rates, name) {
  const { unit } = rates.find((one) => one[name])[name];
  return unit === "million tokens" ? "" : ` (per ${unit})`;
}

function cell(model, row, rates, name) {
  if (!rates[name]) return model.pricing.length ? "–" : price(null, { state: "unknown" });
  const amounts = Object.values(rates).map((rate) => rate.amount);
  const { state, currency } = row;
  const shown = price(rates[name].amount, { state, currency, staleSince: model.staleSince, amounts });
  return [shown, " ", origin(row)];
}

// `places` are written provider/id.
export async function compareModels(places) {
  const models = await Promise.all(places.map(known));
  const heads = ["", ...models.map((m) => h("a", { href: modelPage(m.provider, m.id) }, m.displayName))];
  const lines = [...factsOf(models), ...ratesOf(models)];
  $("#side").replaceChildren(table("The chosen models side by side", heads, lines));
  $("#side-by-side").showModal();
}
