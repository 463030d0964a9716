import { t } from "../core/i18n";
import type { ClassStyle } from "../map/symbols";

export const KINDS = ["added", "removed", "geometry", "attributes", "both"] as const;
export type Kind = (typeof KINDS)[number];

const LOOKS: Record<Kind, Omit<ClassStyle, "class" | "label">> = {
  added: { fill: "rgba(27,127,59,.5)", stroke: "#14612d", width: 2.6 },
  removed: { fill: "rgba(179,38,30,.28)", stroke: "#9c1c22", hatch: "cross", width: 2.6 },
  geometry: { fill: "rgba(110,60,170,.3)", stroke: "#5b2d92", hatch: "diagonal", width: 2.6 },
  attributes: { fill: "rgba(214,140,0,.42)", stroke: "#8a5200", width: 2.6 },
  both: { fill: "rgba(8,104,138,.34)", stroke: "#06566f", hatch: "back", width: 2.6 },
};

/** How the differences are drawn: each kind by colour and hatch, the outline before a change of shape dashed. */
export function kindStyles(labels: Record<string, string>): ClassStyle[] {
  return [
    { class: "before", label: t("compare.outlineBefore"), fill: null, stroke: "#5b2d92", dash: [5, 4], width: 2 },
    ...KINDS.map((kind) => ({ class: kind, label: labels[kind] ?? kind, ...LOOKS[kind] })),
  ];
}
