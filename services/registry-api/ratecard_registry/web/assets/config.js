// The scraping configuration of a provider: what is in force, a draft that is tried before it is taken, its versions.
import { $, h, table } from "./dom.js";
import { ask, attempt, Refused, trouble } from "./api.js";
import { component, moment, tier } from "./words.js";

const BASE = "/api/admin/scraping-config";
const SOURCES = { stored: "what was stored here", file: "the provider file", none: "nothing: no page is read" };

export const drawConfig = attempt(async (place) => {
  const { data } = await ask(BASE, { admin: true });
  const select = h("select", { "aria-label": "Provider of the configuration" }, data.map((one) => h("option", { value: one.provider }, `${one.provider}${one.source === "stored" ? ` (version ${one.version})` : ""}`)));
  const box = h("div", { id: "config-of" });
  select.addEventListener("change", () => draw(box, select.value));
  place.replaceChildren(h("label", {}, "Provider ", select), box);
  if (data.length) await draw(box, data[0].provider);
});

const draw = attempt(async (box, provider) => {
  const path = `${BASE}/${encodeURIComponent(provider)}`;
  const [shown, versions] = await Promise.all([ask(path, { admin: true }), ask(`${path}/versions`, { admin: true })]);
  const again = () => draw(box, provider);
  const changed = (call) => ask(call.path, { admin: true, method: call.method ?? "POST", body: call.body, more: { "If-Match": `"${shown.revision}"` } });
  const draft = h("textarea", { spellcheck: false, "aria-label": `Scraping configuration of ${provider}` });
  draft.value = JSON.stringify(shown.config ?? { pages: [] }, null, 2);
  const note = h("input", { "aria-label": "Why (for whoever looks later)", placeholder: "Why", maxLength: 2000 });
  const force = h("input", { type: "checkbox" });
  const report = h("div", { id: "trial", "aria-live": "polite" });
  const tried = (work) => attempt(async () => {
    try { await work(); } catch (error) {
      if (error.problem?.trial) report.replaceChildren(trial(error.problem.trial));
      else if (error.problem?.errors) report.replaceChildren(h("ul", { className: "bad" }, error.problem.errors.map((one) => h("li", {}, typeof one === "string" ? one : one.message ?? JSON.stringify(one)))));
      throw error;
    }
  });
  const dryRun = tried(async () => report.replaceChildren(trial(await ask(`${path}/dry-run`, { admin: true, method: "POST", body: { config: parsed(draft.value) } }))));
  const save = tried(async () => {
    const query = new URLSearchParams({ note: note.value, force: String(force.checked) });
    await changed({ path: `${path}?${query}`, method: "PUT", body: parsed(draft.value) });
    await again();
  });
  const lines = versions.data.map((one) => [String(one.version), one.active ? "in force" : "", `${one.createdBy}, ${moment(one.createdAt)}`, one.note,
    one.active ? "" : h("button", { type: "button", className: "quiet", onclick: tried(async () => { await changed({ path: `${path}/versions/${one.version}/activate` }); await again(); }) }, `Use version ${one.version}`)]);
  box.replaceChildren(
    h("p", { className: "fine" }, `In force: ${SOURCES[shown.source]}${shown.version ? `, version ${shown.version}` : ""}. A change holds from the next sync on.`),
    draft,
    h("div", { className: "row" }, h("button", { type: "button", className: "quiet", onclick: dryRun }, "Try it"), note, h("label", { className: "check" }, force, "even if the trial fails"),
      h("button", { type: "button", onclick: save }, "Save and use"),
      shown.source === "stored" && h("button", { type: "button", className: "quiet", onclick: tried(async () => { await changed({ path: `${path}/deactivate` }); await again(); }) }, "Back to the provider file")),
    report,
    lines.length ? table(`Versions of ${provider}`, ["Version", "", "Stored by", "Why", ""], lines) : "");
});

function parsed(text) {
  try { return JSON.parse(text); } catch (error) { throw new Refused(0, { detail: `This is no JSON: ${error.message}` }); }
}

function trial(found) {
  trouble(null);
  const rates = (one) => (one ? Object.entries(one).map(([name, amount]) => `${component(name)} ${amount}`).join(", ") : "–");
  const verdict = !found.tried ? "No page of it is kept, so nothing could be tried." : found.passes ? `It reads ${found.rows.length} price rows.` : "It does not pass.";
  const pages = found.pages.map((one) => h("li", {}, `${one.url}: ${one.error ?? `${one.rows} rows (${one.strategy ?? "no strategy"})`}${one.refusedTotal ? `, ${one.refusedTotal} pieces refused` : ""}`));
  const differences = found.differences.map((one) => [one.modelId, tier(one), one.kind, rates(one.inForce), rates(one.read)]);
  return h("div", { className: "proof" }, h("p", { className: found.passes ? "ok" : "bad", role: "status" }, verdict),
    h("ul", {}, found.errors.map((one) => h("li", { className: "bad" }, one)), pages),
    differences.length ? table("What would be different", ["Model", "Tier", "", "In force", "Would be read"], differences) : found.tried ? h("p", { className: "fine" }, "Nothing would be different from the prices in force.") : "",
    found.rows.length ? h("details", {}, h("summary", {}, `All ${found.rows.length} rows`), table("What would be read", ["Name", "Tier", "Rates", "As the page prints it"], found.rows.map((one) => [one.name, tier(one), rates(one.rates), h("code", {}, one.evidence)]))) : "");
}
