// A step chart of prices over time. uPlot draws; the table below the chart says the same in words.
import { h } from "./dom.js";
import { money } from "./words.js";

const COLOURS = ["--c1", "--c2", "--c3", "--c4", "--c5"];
const DASHES = [
  { dash: [], border: "solid" },
  { dash: [6, 3], border: "dashed" },
  { dash: [2, 3], border: "dotted" },
  { dash: [8, 3, 2, 3], border: "double" },
  { dash: [12, 4], border: "dashed" },
]; // `border` stands for it in the legend
const HEIGHT = 300;
const MINUTE = 60;
const DAY = 86400;

// With more series than colours, each colour comes again with another dash.
export const look = (index) => ({
  colour: COLOURS[index % COLOURS.length],
  ...DASHES[(index + Math.floor(index / COLOURS.length)) % DASHES.length],
});

const iso = (seconds) => new Date(seconds * 1e3).toISOString();
const date = (seconds) => iso(seconds).slice(0, 10);

// Of ticks closer than a day the clock, with the day where it begins.
function dates(_, ticks, __, ___, between) {
  if (between >= DAY) return ticks.map(date);
  const clock = (tick) => iso(tick).slice(11, between < MINUTE ? 19 : 16);
  return ticks.map((tick, index) =>
    index && date(tick) === date(ticks[index - 1]) ? clock(tick) : `${clock(tick)}\n${date(tick)}`,
  );
}

const priceAt = (steps, when) =>
  steps.findLast((step) => step.from <= when && (step.until === null || when < step.until))?.amount ?? null;

// Every time at which something changes, the last second before it ends, and now.
function timesOf(lines) {
  const steps = [...lines.values()].flat();
  const ends = steps.filter((step) => step.until).flatMap(({ until }) => [until - 1, until]);
  const marks = new Set([Date.now() / 1000, ...steps.map((step) => step.from), ...ends]);
  const times = [...marks].sort((a, b) => a - b);
  return times.at(-1) - times[0] < MINUTE ? [times.at(-1) - MINUTE, ...times] : times;
}

// A point marks where the series itself changes, not where another one does.
const turns = (chart, index) =>
  chart.data[index].flatMap((amount, place, all) => (amount !== null && amount !== all[place - 1] ? [place] : []));

export function stepChart(place, { currency, lines }, name) {
  const style = getComputedStyle(document.documentElement);
  const colour = (variable) => style.getPropertyValue(variable).trim();
  const times = timesOf(lines);
  const box = h("div", {
    className: "chart",
    role: "img",
    "aria-label": `Step chart of the ${name} price over time; the table below has every step`,
  });
  place.replaceChildren(box);
  const size = () => ({ width: Math.max(box.clientWidth - 16, 200), height: HEIGHT });
  const axis = {
    stroke: colour("--faint"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line") },
  };
  const series = [...lines.keys()].map((label, index) => ({
    label,
    stroke: colour(look(index).colour),
    dash: look(index).dash,
    width: 2,
    paths: uPlot.paths.stepped({ align: 1 }),
    points: { show: true, size: 6, filter: turns },
    value: (_, amount) => (amount === null ? "–" : money(amount, currency)),
  }));
  const chart = new uPlot(
    {
      ...size(),
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC"),
      legend: { markers: { dash: (_, place) => look(place - 1).border } },
      scales: { y: { range: (_, least, most) => [0, (most || 1) * 1.1] } },
      axes: [
        { ...axis, space: 90, values: dates },
        { ...axis, size: 70, values: (_, ticks) => ticks.map((tick) => money(tick, currency)) },
      ],
      series: [{ label: "On", value: (_, when) => (when ? iso(when).slice(0, 16).replace("T", " ") : "–") }, ...series],
    },
    [times, ...[...lines.values()].map((steps) => times.map((when) => priceAt(steps, when)))],
    box,
  );
  new ResizeObserver(() => chart.setSize(size())).observe(box);
}
