// A step chart of prices over time. uPlot draws; the table below the chart says the same in words.
import { h } from "./dom.js";
import { money } from "./words.js";

const COLOURS = ["--c1", "--c2", "--c3", "--c4", "--c5"];
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3], [12, 4]];
const SHORTEST = 60;

export function stepChart(place, { currency, lines }, name) {
  const style = getComputedStyle(document.documentElement);
  const colour = (variable) => style.getPropertyValue(variable).trim();
  const now = Date.now() / 1000;
  const marks = new Set([now]);
  for (const steps of lines.values()) for (const step of steps) { marks.add(step.from); if (step.until) marks.add(step.until); }
  const times = [...marks].sort((a, b) => a - b);
  if (times.at(-1) - times[0] < SHORTEST) times.unshift(times.at(-1) - SHORTEST);
  const at = (steps, when) => steps.findLast((step) => step.from <= when && (step.until === null || when < step.until))?.amount ?? null;
  const data = [times, ...[...lines.values()].map((steps) => times.map((when) => at(steps, when)))];
  const box = h("div", { className: "chart", role: "img", "aria-label": `Step chart of the ${name} price over time; the table below has every step` });
  place.replaceChildren(box);
  const axis = { stroke: colour("--faint"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
  const stepped = uPlot.paths.stepped({ align: 1 });
  const chart = new uPlot({
    width: Math.max(box.clientWidth - 16, 200), height: 280, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC"),
    scales: { y: { range: (_, least, most) => [0, (most || 1) * 1.1] } },
    axes: [axis, { ...axis, size: 70, values: (_, ticks) => ticks.map((tick) => money(tick, currency)) }],
    series: [{ value: (_, when) => (when ? new Date(when * 1e3).toISOString().slice(0, 10) : "–") }, ...[...lines.keys()].map((label, index) => ({
      label, stroke: colour(COLOURS[index % COLOURS.length]), dash: DASHES[index % DASHES.length], width: 2, paths: stepped, points: { show: true, size: 6 },
      value: (_, amount) => (amount === null ? "–" : money(amount, currency)),
    }))],
  }, data, box);
  new ResizeObserver(() => chart.setSize({ width: Math.max(box.clientWidth - 16, 200), height: 280 })).observe(box);
}
