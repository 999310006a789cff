// What a scraping configuration reads from the pages that are kept, beside the prices in force.
import { h, table } from "./dom.js";
import { component, money, tier } from "./words.js";

const ratesIn = (rates, currency) =>
  rates
    ? Object.entries(rates)
        .map(([name, amount]) => `${component(name)} ${money(amount, currency)}`)
        .join(", ")
    : "–";

function verdictOn({ tried, passes, rows }) {
  if (!tried) return "No page of it is kept, so nothing could be tried.";
  return passes ? `It reads ${rows.length} price rows.` : "It does not pass.";
}

function pageLine({ url, error, rows, strategy, refusedTotal }) {
  const refused = refusedTotal ? `, ${refusedTotal} pieces refused` : "";
  return h("li", {}, `${url}: ${error ?? `${rows} rows (${strategy ?? "no strategy"})`}${refused}`);
}

function differences({ tried, differences: found }) {
  if (!tried) return "";
  if (!found.length) return h("p", { className: "fine" }, "Nothing would be different from the prices in force.");
  const lines = found.map((one) => [
    one.modelId,
    tier(one),
    one.kind.replaceAll("_", " "),
    ratesIn(one.inForce, one.currency),
    ratesIn(one.read, one.currency),
  ]);
  return table("What would be different", ["Model", "Tier", "", "In force", "Would be read"], lines);
}

function allRows({ rows }) {
  if (!rows.length) return "";
  const heads = ["Name", "Tier", "Rates", "As the page prints it"];
  const lines = rows.map((one) => [
    one.name,
    tier(one),
    one.free ? h("span", { className: "free" }, "free") : ratesIn(one.rates, one.currency),
    h("code", {}, one.evidence),
  ]);
  return h("details", {}, h("summary", {}, `All ${rows.length} rows`), table("What would be read", heads, lines));
}

export function trial(found) {
  const errors = found.errors.map((one) => h("li", { className: "bad" }, one));
  return h(
    "div",
    { className: "proof" },
    h("p", { className: found.passes ? "ok" : "bad", role: "status" }, verdictOn(found)),
    h("ul", {}, errors, found.pages.map(pageLine)),
    differences(found),
    allRows(found),
  );
}
