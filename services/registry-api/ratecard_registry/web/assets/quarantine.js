// Prices that are held back, each beside the one in force and the evidence, until an administrator decides.
import { $, h } from "./dom.js";
import { ask, attempt, modelPage } from "./api.js";
import { proof } from "./evidence.js";
import { component, components, money, move, tier } from "./words.js";

const notes = new Map(); // what is being written stays when the list is drawn again

function figures(price, currency, old = null) {
  const before = Object.fromEntries(old ? components(old) : []);
  if (price.free) return h("p", { className: "free" }, "free");
  const rates = components(price).map(([name, { amount }]) =>
    h("li", {}, `${component(name)}: ${money(amount, currency)} `, old && move(before[name]?.amount, amount)),
  );
  return h("ul", {}, rates);
}

function noteOn(entry) {
  const note = h("input", {
    name: "note",
    maxLength: 2000,
    value: notes.get(entry.id) ?? "",
    "aria-label": `Why, for whoever looks later (${entry.modelId})`,
    placeholder: "Why (optional)",
  });
  note.addEventListener("input", () => notes.set(entry.id, note.value));
  return note;
}

function decision(entry) {
  const note = noteOn(entry);
  const decide = (verdict) =>
    attempt(async () => {
      const body = { note: note.value };
      await ask(`/api/admin/quarantine/${entry.id}/${verdict}`, { method: "POST", body, admin: true });
      await drawQuarantine();
    });
  return h(
    "div",
    { className: "row" },
    note,
    h("button", { type: "button", onclick: decide("approve") }, "Approve: it is right"),
    h("button", { type: "button", className: "quiet", onclick: decide("reject") }, "Reject: keep the old"),
  );
}

function held(entry) {
  const model = h("a", { href: modelPage(entry.provider, entry.modelId) }, `${entry.provider}/${entry.modelId}`);
  const why = entry.suspicions.map((one) => h("li", {}, `${one.kind.replaceAll("_", " ")}: ${one.reason}`));
  const old = entry.old ? figures(entry.old, entry.currency) : h("p", {}, "no price yet");
  return h(
    "article",
    { className: "proof" },
    h("h3", {}, model, ` ${tier(entry)}`),
    h("ul", { className: "bad" }, why),
    h(
      "div",
      { className: "held" },
      h("div", {}, h("h3", {}, "In force"), old),
      h("div", {}, h("h3", {}, "The page says"), figures(entry.new, entry.currency, entry.old)),
    ),
    entry.evidence ? proof(entry.evidence) : "",
    decision(entry),
  );
}

export const drawQuarantine = attempt(async () => {
  const { data, refused } = await ask("/api/admin/quarantine", { admin: true });
  const pieces = refused.map((one) => h("li", {}, h("code", {}, one.text), ` ${one.provider}: ${one.reason}`));
  const title = `Pieces of pages that looked like prices and were not taken: ${pieces.length}`;
  $("#quarantine").replaceChildren(
    ...(data.length ? data.map(held) : [h("p", { className: "note" }, "Nothing is held back.")]),
    pieces.length ? h("details", {}, h("summary", {}, title), h("ul", {}, pieces)) : "",
  );
});
