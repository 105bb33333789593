// Plots: uPlot for the large ones, a path for the small ones.
import { html, useEffect, useRef } from "../vendor/preact/standalone.module.js";

const SECONDS_SHOWN_MIN = 60;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function axes(format, times) {
  const common = { stroke: colour("--ink-3"), font: "11px ui-monospace, monospace", ticks: { show: false } };
  return [
    { ...common, grid: { show: false }, space: 76, size: 26, values: (_, ticks) => ticks.map(times ? clock : whole) },
    { ...common, grid: { stroke: colour("--line"), width: 1 }, size: 52, space: 34, values: (_, ticks) => ticks.map(format) },
  ];
}

const clock = (seconds) => (seconds % 1 ? "" : new Date(seconds * 1000).toLocaleTimeString("en-GB"));
const whole = (value) => (value % 1 ? "" : value.toLocaleString("en"));

const withAlpha = (hex, alpha) => `${hex}${Math.round(alpha * 255).toString(16).padStart(2, "0")}`;

function series(label, kind, format) {
  const accent = colour("--accent");
  return {
    label,
    stroke: accent,
    width: kind === "bars" ? 0 : 1.75,
    fill: withAlpha(accent, kind === "bars" ? 0.75 : 0.12),
    points: { show: false },
    spanGaps: false,
    value: (_, value) => (value == null ? "–" : format(value)),
    ...(kind === "bars" ? { paths: uPlot.paths.bars({ size: [0.72, 26, 2], radius: 0.18 }) } : { paths: uPlot.paths.spline() }),
  };
}

function options({ kind, format, label, xLabel, times, top }, width, height) {
  return {
    width, height,
    padding: [10, times ? 26 : 8, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    legend: { live: true },
    scales: {
      x: { time: times, range: times ? (_, low, high) => [Math.min(low, high - SECONDS_SHOWN_MIN), high] : (_, low, high) => [low - 0.6, high + 0.6] },
      y: { range: (_, low, high) => [0, Math.max(high ?? 0, top ?? 0, 1e-9) * 1.08] },
    },
    axes: axes(format, times),
    series: [{ label: xLabel, value: (_, value) => (value == null ? "–" : (times ? clock(Math.round(value)) : whole(value))) }, series(label, kind, format)],
  };
}

// xs rise; ys have null where nothing is known.
export function Plot({ xs, ys, kind = "line", format, label, xLabel, times = false, top = 0, height = 210, describe }) {
  const place = useRef(null);
  const plot = useRef(null);
  const settings = { kind, format, label, xLabel, times, top };
  const latest = useRef(null);
  latest.current = [xs, ys];

  useEffect(() => {
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(settings, place.current.clientWidth || 300, height), latest.current, place.current);
    };
    draw();
    const resized = new ResizeObserver(() => plot.current.setSize({ width: place.current.clientWidth, height }));
    resized.observe(place.current);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    addEventListener("loft:theme", draw);
    return () => {
      resized.disconnect();
      dark.removeEventListener("change", draw);
      removeEventListener("loft:theme", draw);
      plot.current.destroy();
    };
  }, [kind, label, top, height]);
  useEffect(() => plot.current?.setData([xs, ys]), [xs, ys]);
  return html`<div class="plot" ref=${place} role="img" aria-label=${describe}></div>`;
}

// The last values as a line without scale.
export function Spark({ values, width = 120, height = 30 }) {
  const known = values.filter((value) => value !== null && value !== undefined);
  if (known.length < 2) return html`<svg class="spark" viewBox=${`0 0 ${width} ${height}`} aria-hidden="true"></svg>`;
  const low = Math.min(...known);
  const size = Math.max(...known) - low;
  const points = known.map((value, i) => {
    const x = (i / (known.length - 1)) * width;
    const y = size ? height - 3 - ((value - low) / size) * (height - 6) : height / 2;
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  return html`<svg class="spark" viewBox=${`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
    <path class="spark-area" d=${`M${points.join("L")}L${width} ${height}L0 ${height}Z`} />
    <path class="spark-line" d=${`M${points.join("L")}`} /></svg>`;
}
