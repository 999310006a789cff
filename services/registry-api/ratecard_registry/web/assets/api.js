// Asks the API. The key, if one is needed, lives in this tab only. Every refusal is told as the API words it.
import { $, h } from "./dom.js";

const KEY = "ratecard-key";
export const key = () => sessionStorage.getItem(KEY) ?? "";
export const withKey = () => (key() ? { Authorization: `Bearer ${key()}` } : {});
const escaped = (id) => id.split("/").map(encodeURIComponent).join("/");
export const modelPath = (provider, id) => `/api/models/${escaped(id)}`;
export const modelPage = (provider, id) => `/models/${encodeURIComponent(provider)}/${escaped(id)}`;

export const NEEDS_ADMIN = "Operating the registry takes an admin key.";
const NEEDS_KEY = "This registry answers only to those who have a key.";
const NOT_TAKEN = "The registry does not take this key (any more). Give another.";

export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? `The registry answered with status ${status}.`);
    this.status = status;
    this.problem = problem ?? {};
  }
}

// The answer to a request, if it is a good one. A key is asked for where there is none, or none that is taken.
async function answerTo(path, { method = "GET", body, admin = false, more = {} } = {}) {
  const sent = key();
  const headers = { ...withKey(), ...more, ...(body === undefined ? {} : { "Content-Type": "application/json" }) };
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refused(0, {
      detail: "The registry cannot be reached. Is it running? The page tries again when you reload it.",
    });
  }
  if (answer.ok) return answer;
  if (
    answer.status === 401 &&
    (sent !== key() || (await askForKey(sent ? NOT_TAKEN : admin ? NEEDS_ADMIN : NEEDS_KEY)))
  )
    return answerTo(path, { method, body, admin, more });
  throw new Refused(answer.status, await content(answer));
}

const content = async (answer) =>
  (answer.headers.get("Content-Type") ?? "").includes("json") ? await answer.json() : null;

export const ask = async (path, options) => content(await answerTo(path, options));

// What all pages of a list hold.
export async function askForAll(path) {
  const found = [];
  for (let cursor = ""; cursor !== null;) {
    const page = await ask(cursor ? `${path}&cursor=${encodeURIComponent(cursor)}` : path);
    found.push(...page.data);
    cursor = page.nextCursor;
  }
  return found;
}

// A browser's own link sends no key, so what it leads to is asked for as all else is, and given as the file it is.
export async function download(path) {
  const answer = await answerTo(path);
  const [, name] = answer.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/) ?? [];
  const address = URL.createObjectURL(await answer.blob());
  h("a", { href: address, download: name ?? "" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

let asking = null;

export function askForKey(why) {
  asking ??= new Promise((resolve) => {
    const dialog = $("#ask-key");
    const field = $("input", dialog);
    $("#ask-key-why").textContent = why;
    field.value = "";
    const closed = () => {
      const given = dialog.returnValue === "use" && field.value.trim();
      if (given) sessionStorage.setItem(KEY, given);
      asking = null;
      resolve(Boolean(given));
    };
    dialog.addEventListener("close", closed, { once: true });
    dialog.returnValue = "";
    dialog.showModal();
  });
  return asking;
}

export function trouble(error) {
  const place = $("#trouble");
  place.hidden = !error;
  place.textContent = error ? error.message : "";
  if (!error) return;
  for (const waiting of document.querySelectorAll(".loading")) waiting.textContent = "Not loaded.";
  if (!(error instanceof Refused)) console.error(error);
}

export const attempt =
  (work) =>
  async (...given) => {
    try {
      trouble(null);
      return await work(...given);
    } catch (error) {
      trouble(error);
      return undefined;
    }
  };
