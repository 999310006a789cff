// The scraping configuration of a provider: what is in force, a draft that is tried before it is taken, its versions.
import { h, table } from "./dom.js";
import { ask, attempt, Refused } from "./api.js";
import { trial } from "./trial.js";
import { moment } from "./words.js";

const BASE = "/api/admin/scraping-config";
const SOURCES = { stored: "what was stored here", file: "the provider file", none: "nothing: no page is read" };
const quiet = (words, onclick) => h("button", { type: "button", className: "quiet", onclick }, words);

export const drawConfig = attempt(async (place) => {
  const { data } = await ask(BASE, { admin: true });
  const options = data.map(({ provider, source, version }) =>
    h("option", { value: provider }, source === "stored" ? `${provider} (version ${version})` : provider),
  );
  const select = h("select", { "aria-label": "Provider of the configuration" }, options);
  const box = h("div", { id: "config-of" });
  select.addEventListener("change", () => draw(box, select.value));
  place.replaceChildren(h("div", { className: "row" }, h("label", {}, "Provider ", select)), box);
  if (data.length) await draw(box, data[0].provider);
});

const draw = attempt(async (box, provider) => {
  const path = `${BASE}/${encodeURIComponent(provider)}`;
  const [shown, versions] = await Promise.all([ask(path, { admin: true }), ask(`${path}/versions`, { admin: true })]);
  const report = h("div", { id: "trial", "aria-live": "polite" });
  const change = reporting(report, async (where, { method = "POST", body } = {}) => {
    await ask(where, { admin: true, method, body, more: { "If-Match": `"${shown.revision}"` } });
    await draw(box, provider);
  });
  const version = shown.version ? `, version ${shown.version}` : "";
  const inForce = `In force: ${SOURCES[shown.source]}${version}. A change holds from the next sync on.`;
  box.replaceChildren(
    h("p", { className: "fine" }, inForce),
    ...editor(provider, path, { shown, report, change }),
    report,
    versionsTable(provider, path, { versions: versions.data, change }),
  );
});

// What a refusal found wrong stands beside the draft.
const reporting = (report, work) =>
  attempt(async (...given) => {
    try {
      await work(...given);
    } catch (error) {
      const { trial: tried, errors } = error.problem ?? {};
      if (tried) report.replaceChildren(trial(tried));
      else if (errors) report.replaceChildren(h("ul", { className: "bad" }, errors.map(errorLine)));
      throw error;
    }
  });

const errorLine = (one) => h("li", {}, typeof one === "string" ? one : (one.message ?? JSON.stringify(one)));

function editor(provider, path, { shown, report, change }) {
  const draft = h("textarea", { spellcheck: false, "aria-label": `Scraping configuration of ${provider}` });
  draft.value = JSON.stringify(shown.config ?? { pages: [] }, null, 2);
  const note = h("input", { "aria-label": "Why (for whoever looks later)", placeholder: "Why", maxLength: 2000 });
  const force = h("input", { type: "checkbox" });
  const dryRun = reporting(report, async () => {
    const body = { config: parsed(draft.value) };
    report.replaceChildren(trial(await ask(`${path}/dry-run`, { admin: true, method: "POST", body })));
  });
  const save = reporting(report, async () => {
    const query = new URLSearchParams({ note: note.value, force: String(force.checked) });
    await change(`${path}?${query}`, { method: "PUT", body: parsed(draft.value) });
  });
  const buttons = [
    quiet("Try it", dryRun),
    note,
    h("label", { className: "check" }, force, "even if the trial fails"),
    h("button", { type: "button", onclick: save }, "Save and use"),
    shown.source === "stored" && quiet("Back to the provider file", () => change(`${path}/deactivate`)),
  ];
  return [draft, h("div", { className: "row" }, buttons)];
}

function versionsTable(provider, path, { versions, change }) {
  if (!versions.length) return "";
  const lines = versions.map((one) => [
    String(one.version),
    one.active ? "in force" : "",
    `${one.createdBy}, ${moment(one.createdAt)}`,
    one.note,
    one.active ? "" : quiet(`Use version ${one.version}`, () => change(`${path}/versions/${one.version}/activate`)),
  ]);
  return table(`Versions of ${provider}`, ["Version", "", "Stored by", "Why", ""], lines);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refused(0, { detail: `This is no JSON: ${error.message}` });
  }
}
