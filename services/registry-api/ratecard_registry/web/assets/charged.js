// Which of a model's prices was charged when: the operator's own above the list's, of the list's the one that began last.
import { tier } from "./words.js";

const rank = ({ entry, from }) =>
  entry.own ? [1, entry.own.kind === "negotiated" ? 1 : 0, entry.own.number] : [0, 0, from];
const above = (a, b) => {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at >= 0 && a[at] > b[at];
};

// The entries of the history cut where another is charged instead. `until` is null for what still is.
export function charged(entries) {
  const groups = new Map();
  for (const entry of entries) groups.set(tier(entry), [...(groups.get(tier(entry)) ?? []), entry]);
  return [...groups.values()].flatMap((group) => {
    const spans = group.map((entry) => ({
      entry,
      from: Date.parse(entry.effectiveDate),
      until: entry.endDate ? Date.parse(entry.endDate) : Infinity,
    }));
    const marks = [...new Set(spans.flatMap(({ from, until }) => [from, until]))].sort((a, b) => a - b);
    return marks.slice(0, -1).flatMap((from, index) => {
      const best = spans
        .filter((span) => span.from <= from && from < span.until)
        .reduce((a, b) => (a && !above(rank(b), rank(a)) ? a : b), null);
      const until = marks[index + 1];
      return best ? [{ ...best.entry, from, until: until === Infinity ? null : until }] : [];
    });
  });
}
