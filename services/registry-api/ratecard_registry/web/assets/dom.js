// Builds elements. Text is always text: nothing that was read from anywhere is ever parsed as HTML.

export const $ = (selector, within = document) => within.querySelector(selector);

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && !name.includes("-") && name !== "list") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// A table in a box of its own that scrolls where the screen is narrow, and can be reached by keyboard to do so.
export function table(caption, heads, rows, { numbers = [] } = {}) {
  const cell = (tag, value, index, more = {}) =>
    h(
      tag,
      { className: numbers.includes(index) ? "number" : "", ...more },
      ...(Array.isArray(value) ? value : [value ?? ""]),
    );
  return h(
    "div",
    { className: "scroll", tabIndex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { className: "hidden" }, caption),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          heads.map((head, index) => cell("th", head, index, { scope: "col" })),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            row.map((value, index) => (index ? cell("td", value, index) : cell("th", value, index, { scope: "row" }))),
          ),
        ),
      ),
    ),
  );
}
