import { h } from "../core/dom";
import { t } from "../core/i18n";
import type { Criterion, Ranked, Row } from "./scoring";

const SVG = "http://www.w3.org/2000/svg";
/** Dark enough on white, told apart by most eyes; the table behind the chart says the same in numbers. */
const COLOURS = ["#1d4e79", "#9c1c22", "#a04a00", "#8a7a00", "#2f7d32", "#06566f", "#5b2d92", "#a8326e", "#4f6d7a", "#7c4a00", "#5a6b1f"];
const WIDTH = 1000;
const BAR = 26;
const GAP = 16;

function element(name: string, attributes: Record<string, string | number>, text = ""): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text) made.textContent = text;
  return made;
}

/** Each alternative's sum as a bar of what every criterion adds to it. */
export function drawChart(box: HTMLElement, rows: Row[], criteria: Criterion[], found: Ranked[]): void {
  const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${rows.length * (BAR + GAP)}`, role: "img", "aria-label": t("options.chart") });
  rows.forEach((row, index) => {
    const sums = found.find((one) => one.id === row.id)!;
    const y = index * (BAR + GAP) + GAP / 2;
    svg.append(element("rect", { x: 0, y, width: WIDTH, height: BAR, fill: "#efede7" }));
    let x = 0;
    sums.parts.forEach((part, k) => {
      if (part <= 0) return;
      const width = part * WIDTH;
      const bar = element("rect", { x, y, width, height: BAR, fill: COLOURS[k % COLOURS.length]! });
      bar.append(element("title", {}, `${criteria[k]!.name} ${part.toFixed(3)}`));
      svg.append(bar);
      x += width;
    });
  });
  const bars = h("div", { class: "chart-bars" });
  const names = h("ol", { class: "chart-names" }, ...rows.map((row) => {
    const sums = found.find((one) => one.id === row.id)!;
    return h("li", {}, h("b", {}, row.name), ` ${sums.score.toFixed(3)} · ${t("options.rank", { rank: sums.rank })}`);
  }));
  bars.append(names, svg);
  const key = h("ul", { class: "chart-key" }, ...criteria.flatMap((criterion, k) => {
    if (!found.some((one) => (one.parts[k] ?? 0) > 0)) return [];
    const mark = element("svg", { viewBox: "0 0 12 12", width: 12, height: 12, "aria-hidden": "true" });
    mark.append(element("rect", { width: 12, height: 12, fill: COLOURS[k % COLOURS.length]! }));
    return [h("li", {}, mark, criterion.name)];
  }));
  box.replaceChildren(bars, key);
}
