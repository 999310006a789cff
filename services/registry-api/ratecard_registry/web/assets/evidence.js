// Where a figure was read: the text of its row, the page's address, and the page as it was kept.
import { h } from "./dom.js";
import { attempt, download } from "./api.js";
import { moment } from "./words.js";

export const linked = (url) =>
  /^https?:/.test(url) ? h("a", { href: url, rel: "noreferrer" }, url) : h("code", {}, url);

function asFetched(sha256) {
  const path = `/api/evidence/${sha256}`;
  const save = attempt(async (event) => {
    event.preventDefault();
    await download(path);
  });
  return h("a", { href: path, onclick: save }, "The page as it was fetched");
}

// `more` is said after the time of reading.
export const proof = ({ url, fetchedAt, sha256, text }, more = "") =>
  h(
    "div",
    {},
    h("span", { className: "row-text" }, text),
    h(
      "p",
      { className: "fine" },
      url ? ["Source: ", linked(url), ", "] : "",
      `read ${moment(fetchedAt)}${more}. `,
      sha256 ? asFetched(sha256) : "",
    ),
  );

export const folded = (evidence) =>
  h("details", { className: "evidence" }, h("summary", { className: "fine" }, "Evidence"), proof(evidence));
