import { h, need } from "../core/dom";
import { count, yuan } from "../core/format";
import { english, t, type Key } from "../core/i18n";
import { RAMP_COLOURS } from "../map/density";
import type { ProjectMarks, Way } from "../map/project-marks";
import { signPicture } from "../map/signs";
import { amountRadius, classesOf, legendOrder, NO_KIND, roundAmounts, signOf, UNTOLD, type Look } from "./looks";
import { labelled, type Choices, type Project } from "./project-data";

interface Drawn {
  look: Look;
  way: Way | null;
  shown: ReadonlySet<string>;
  matching(): Project[];
}

/** What the symbols mean, with how many projects each class has: the same numbers as the switches and the list. */
export class Legend {
  constructor(
    private readonly choices: Choices,
    private readonly marks: ProjectMarks,
    private readonly root = need("#project-legend-classes"),
  ) {}

  draw(of: Drawn): void {
    // Where regions are shown, their own legend stands here.
    if (of.way === null) return;
    const projects = of.matching();
    this.root.replaceChildren(
      ...(of.way === "points" ? (of.look === "investment" ? this.discs(projects) : this.classes(of, projects)) : this.heat(of.way, projects)),
    );
  }

  private classes({ look, shown }: Drawn, projects: Project[]): HTMLElement[] {
    const numbers = new Map<string, number>();
    for (const p of projects) for (const name of classesOf(p, look, shown)) numbers.set(name, (numbers.get(name) ?? 0) + 1);
    const rows = legendOrder(look).filter((name) => numbers.has(name)).map((name) =>
      h("li", {}, signPicture(signOf(look, name), null), h("span", { class: "legend-label" }, this.label(look, name)), h("b", { class: "legend-count" }, count(numbers.get(name)!))));
    return [
      rows.length ? h("ul", { class: "legend-rows" }, ...rows) : h("p", { class: "row-note" }, t("legend.nothing")),
      h("p", { class: "row-note" }, [t(look === "kind" ? "legend.severalKinds" : "legend.each"), this.marks.isClustered ? t("legend.clusters") : t("legend.hollow")].join(english ? " " : "")),
    ];
  }

  private label(look: Look, name: string): string {
    if (name === UNTOLD) return t("legend.untold");
    if (look === "kind") return t(name === NO_KIND ? "kind.none" : (`kind.${name}` as Key));
    if (look === "level" || look === "stage" || look === "industry") return labelled(this.choices[look], name);
    return name;
  }

  private discs(projects: Project[]): HTMLElement[] {
    const largest = this.marks.greatest;
    const without = projects.filter((p) => p.planned_yuan === null).length;
    return [
      h("ul", { class: "legend-rows legend-discs" }, ...roundAmounts(largest).map((amount) => h("li", {}, disc(amountRadius(amount, largest)), h("span", { class: "legend-label" }, yuan(amount, english))))),
      h("p", { class: "row-note" }, t("legend.discs")),
      without ? h("p", { class: "row-note" }, t("legend.noAmount", { n: count(without) })) : h("span"),
    ];
  }

  private heat(way: Way, projects: Project[]): HTMLElement[] {
    const placed = projects.filter((p) => p.at).length;
    return [
      h("div", { class: "legend-ramp" }, h("span", {}, t("legend.sparse")), ramp(), h("span", {}, t("legend.dense"))),
      h("p", { class: "row-note" }, t(way === "heat" ? "legend.heat" : "legend.heatAmount", { n: count(placed), km: (this.marks.heatReach / 1000).toFixed(1) })),
    ];
  }
}

function disc(r: number): HTMLCanvasElement {
  const size = Math.ceil(r * 2 + 4);
  const canvas = h("canvas", { width: size * 2, height: size * 2, class: "legend-disc", "aria-hidden": "true" });
  // CSP allows no style attributes; the property is none.
  canvas.style.width = canvas.style.height = `${size}px`;
  const g = canvas.getContext("2d")!;
  g.scale(2, 2);
  g.beginPath();
  g.arc(size / 2, size / 2, r, 0, Math.PI * 2);
  g.fillStyle = "rgba(184,69,27,.45)";
  g.strokeStyle = "#7a2c0f";
  g.fill();
  g.stroke();
  return canvas;
}

function ramp(): HTMLCanvasElement {
  const canvas = h("canvas", { width: 100, height: 12, "aria-hidden": "true" });
  const g = canvas.getContext("2d")!;
  const gradient = g.createLinearGradient(0, 0, 100, 0);
  RAMP_COLOURS.forEach((colour, i) => gradient.addColorStop(i / (RAMP_COLOURS.length - 1), colour));
  g.fillStyle = gradient;
  g.fillRect(0, 0, 100, 12);
  return canvas;
}
