// Asks the API. The key, if one is needed, lives in this tab only. Every refusal is told as the API words it.
import { $ } from "./dom.js";

const KEY = "ratecard-key";
export const key = () => sessionStorage.getItem(KEY) ?? "";
export const withKey = () => (key() ? { Authorization: `Bearer ${key()}` } : {});
export const modelPath = (provider, id) => `/api/models/${id.split("/").map(encodeURIComponent).join("/")}`;
export const modelPage = (provider, id) => `/models/${encodeURIComponent(provider)}/${id.split("/").map(encodeURIComponent).join("/")}`;

export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? `The registry answered with status ${status}.`);
    this.status = status;
    this.problem = problem ?? {};
  }
}

export async function ask(path, { method = "GET", body, admin = false, more = {} } = {}) {
  const headers = { ...withKey(), ...more, ...(body === undefined ? {} : { "Content-Type": "application/json" }) };
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refused(0, { detail: "The registry cannot be reached. Is it running? The page tries again when you reload it." });
  }
  if (answer.status === 401 && await askForKey(admin)) return ask(path, { method, body, admin, more });
  if (answer.status === 204) return null;
  const type = answer.headers.get("Content-Type") ?? "";
  const said = type.includes("json") ? await answer.json() : null;
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}

let asking = null;

export function askForKey(admin = false) {
  asking ??= new Promise((resolve) => {
    const dialog = $("#ask-key");
    const field = $("input", dialog);
    $("#ask-key-why").textContent = key()
      ? "The registry does not take this key (any more). Give another."
      : admin ? "Operating the registry takes an admin key." : "This registry answers only to those who have a key.";
    field.value = "";
    dialog.addEventListener("close", () => {
      const given = dialog.returnValue === "use" && field.value.trim();
      if (given) sessionStorage.setItem(KEY, given);
      asking = null;
      document.dispatchEvent(new Event("keychange"));
      resolve(Boolean(given));
    }, { once: true });
    dialog.returnValue = "";
    dialog.showModal();
  });
  return asking;
}

export function trouble(error) {
  const place = $("#trouble");
  place.hidden = !error;
  place.textContent = error ? error.message : "";
  if (error && !(error instanceof Refused)) console.error(error);
}

export const attempt = (work) => async (...given) => {
  try {
    trouble(null);
    return await work(...given);
  } catch (error) {
    trouble(error);
    return undefined;
  }
};
