import { BarChart } from "echarts/charts";
import { GridComponent, TitleComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { BARS } from "./colours";
import { english, say } from "./words";

echarts.use([BarChart, GridComponent, TitleComponent, TooltipComponent, SVGRenderer]);

const NARROW = 560;
const ROW = 30;
const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

interface Bars {
  title: string;
  values: (number | null)[];
  digits: number;
}

/** Bars of the table above the box: how many projects, and what is planned for them. */
export function chart(box: HTMLElement): void {
  const panel = box.closest("section")!;
  const rows = [...panel.querySelectorAll<HTMLTableRowElement>("tbody tr")];
  if (!rows.length) return;
  const names = rows.map((row) => row.dataset["name"] ?? "");
  const value = (row: HTMLElement, name: string, by: number): number | null => (row.dataset[name] === undefined ? null : Number(row.dataset[name]) / by);
  const bars: Bars[] = [
    { title: say("chart.count"), values: rows.map((row) => value(row, "count", 1)), digits: 0 },
    { title: say("chart.planned"), values: rows.map((row) => value(row, "planned", 1e4)), digits: 2 },
  ];
  box.hidden = false;
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", say("chart.about", { title: panel.querySelector("h2")?.textContent ?? "" }));
  const drawn = echarts.init(box, null, { renderer: "svg" });
  const lay = (): void => {
    const narrow = box.clientWidth < NARROW;
    const height = rows.length * ROW + 46;
    drawn.resize({ height: narrow ? 2 * height : height });
    drawn.setOption(options(names, bars, narrow, height), true);
  };
  lay();
  new ResizeObserver(lay).observe(panel);
}

function options(names: string[], bars: Bars[], narrow: boolean, height: number): echarts.EChartsCoreOption {
  const written = (x: unknown, digits: number): string => (typeof x === "number" ? x.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }) : "");
  const label = english || !narrow ? 150 : 110;
  return {
    animation: !calm,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: "#1f2a33" },
    tooltip: { trigger: "item", confine: true },
    color: [...BARS],
    title: bars.map((one, index) => ({ text: one.title, textStyle: { fontSize: 13, fontWeight: 600, color: "#1f2a33" }, left: narrow || index === 0 ? 0 : "54%", top: narrow ? index * height : 0 })),
    grid: bars.map((_, index) => ({
      left: narrow ? label : index ? "54%" : label,
      right: narrow ? 60 : index ? 80 : "50%",
      top: (narrow ? index * height : 0) + 28,
      height: height - 46,
      containLabel: false,
    })),
    xAxis: bars.map((_, index) => ({ type: "value", gridIndex: index, axisLabel: { show: false }, splitLine: { show: false } })),
    yAxis: bars.map((_, index) => ({
      type: "category",
      gridIndex: index,
      data: names,
      inverse: true,
      axisTick: { show: false },
      axisLabel: { show: narrow || index === 0, width: label - 10, overflow: "truncate", color: "#1f2a33" },
    })),
    series: bars.map((one, index) => ({
      type: "bar",
      name: one.title,
      xAxisIndex: index,
      yAxisIndex: index,
      data: one.values,
      barMaxWidth: 18,
      tooltip: { valueFormatter: (x: unknown) => written(x, one.digits) },
      label: { show: true, position: "right", color: "#1f2a33", formatter: (point: { value: unknown }) => written(point.value, one.digits) },
    })),
  };
}
