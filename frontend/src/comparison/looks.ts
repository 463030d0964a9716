import { t } from "../core/i18n";
import type { ClassStyle } from "../map/symbols";

const LOOKS: Record<string, Omit<ClassStyle, "class" | "label">> = {
  open: { fill: "rgba(179,38,30,.45)", stroke: "#9c1c22", width: 2.2 },
  negotiating: { fill: "rgba(214,140,0,.45)", stroke: "#8a5200", hatch: "diagonal", width: 2.2 },
  settled: { fill: "rgba(40,90,170,.4)", stroke: "#1d4e79", hatch: "horizontal", width: 2.2 },
  done: { fill: "rgba(27,127,59,.4)", stroke: "#14612d", hatch: "dots", width: 2.2 },
};

/** How patches are drawn: each state by colour and hatch, slivers by an outline. */
export function stateStyles(labels: Record<string, string>): ClassStyle[] {
  return [
    ...Object.entries(LOOKS).map(([state, look]) => ({ class: state, label: labels[state] ?? state, ...look })),
    { class: "sliver", label: t("comparison.sliver"), fill: "rgba(90,90,90,.2)", stroke: "#55606b", dash: [4, 3], width: 1.6 },
  ];
}
