import L from "leaflet";
import { getJson } from "../core/api";
import { h, need } from "../core/dom";
import { count, yuan } from "../core/format";
import { english, t, type Key } from "../core/i18n";
import { RAMP_COLOURS } from "../map/density";
import { PASSIVE } from "../map/stage";
import { breaks, classOf } from "./region-classes";

export const MEASURES = ["region-number", "region-planned", "region-completed", "region-share"] as const;
export type Measure = (typeof MEASURES)[number];
export const isMeasure = (way: string): way is Measure => (MEASURES as readonly string[]).includes(way);

interface Outline {
  geometry: GeoJSON.Geometry;
  centre: [number, number];
}

interface Row extends Partial<Outline> {
  kind: "total" | "city" | "subtotal" | "region";
  code: string;
  name: string;
  number: number;
  planned_yuan: string;
  cumulative_yuan: string;
  progress: number | null;
}

interface Answer {
  as_of: string;
  narrowed: boolean;
  unrecorded: number;
  report: string;
  rows: Row[];
}

const MOST_RADIUS = 34;

/** The report's figures by region: a share as shades of the ground, numbers and money as discs; and as a table. */
export class Regions {
  measure: Measure | null = null;
  private answer: Answer | null = null;
  private asked = "";
  private controller: AbortController | null = null;
  private readonly outlines = new Map<string, Outline>();
  private readonly group = L.layerGroup();

  constructor(
    private readonly map: L.Map,
    private readonly open: () => void,
    private readonly choose: (code: string) => void,
    /** Whether a tool that is at work takes a click for itself. */
    private readonly taken: (at: L.LatLng) => boolean,
    private readonly legend = need("#project-legend-classes"),
    private readonly panel = need("#region-figures"),
  ) {
    const pane = map.createPane("regions");
    pane.style.zIndex = "350";
    this.group.addTo(map);
  }

  hide(): void {
    this.measure = null;
    this.controller?.abort();
    this.group.clearLayers();
  }

  /** Shows a measure of what the address selects, as of a day; asks the server only when that is another selection. */
  async show(measure: Measure, query: URLSearchParams, day: string | null): Promise<void> {
    this.measure = measure;
    const params = new URLSearchParams(query);
    if (day) params.set("as_of", day);
    if (this.outlines.size) params.set("outlines", "0");
    const wanted = `${query}|${day}`;
    this.open();
    if (this.answer && this.asked === wanted) return this.draw();
    this.controller?.abort();
    const controller = (this.controller = new AbortController());
    this.panel.setAttribute("aria-busy", "true");
    try {
      const answer = await getJson<Answer>(`/api/v1/map/regions/?${params}`, controller.signal);
      if (controller.signal.aborted) return;
      for (const row of answer.rows) if (row.geometry && row.centre) this.outlines.set(row.code, { geometry: row.geometry, centre: row.centre });
      [this.answer, this.asked] = [answer, wanted];
      this.draw();
    } catch (error) {
      if (controller.signal.aborted) return;
      this.panel.replaceChildren(h("p", { class: "empty", role: "alert" }, t("region.failed", { why: (error as Error).message })));
    } finally {
      if (!controller.signal.aborted) this.panel.removeAttribute("aria-busy");
    }
  }

  private value(row: Row): number | null {
    if (this.measure === "region-number") return row.number;
    if (this.measure === "region-planned") return Number(row.planned_yuan);
    if (this.measure === "region-completed") return Number(row.cumulative_yuan);
    return row.progress;
  }

  private said(value: number | null): string {
    if (value === null) return "—";
    if (this.measure === "region-number") return t("region.projects", { n: count(value) });
    return this.measure === "region-share" ? `${value}%` : yuan(value, english);
  }

  private draw(): void {
    const { answer, measure } = this;
    if (!answer || !measure) return;
    this.group.clearLayers();
    // What has no ground can't be drawn, and so sets no measure; the table names it.
    const rows = answer.rows.filter((row) => row.code && this.outlines.has(row.code));
    const values = rows.map((row) => this.value(row)).filter((v): v is number => v !== null);
    const steps = breaks(values, RAMP_COLOURS.length);
    const largest = Math.max(0, ...values);
    for (const row of rows) {
      const outline = this.outlines.get(row.code);
      if (!outline) continue;
      const value = this.value(row);
      const shade = measure === "region-share" && value !== null ? RAMP_COLOURS[classOf(value, steps)]! : "#ffffff";
      const ground = L.geoJSON(outline.geometry as GeoJSON.GeoJsonObject, {
        pane: "regions", style: { color: "#5a5346", weight: 1.5, fillColor: shade, fillOpacity: measure === "region-share" && value !== null ? 0.8 : 0.25 }, bubblingMouseEvents: false, ...PASSIVE,
      } as L.GeoJSONOptions);
      ground.bindTooltip(`${row.name} ${this.said(value)}`, { sticky: true });
      ground.on("click", (event) => this.popup(row, (event as L.LeafletMouseEvent).latlng));
      this.group.addLayer(ground);
      if (measure !== "region-share" && value) {
        const at = L.latLng(outline.centre[1], outline.centre[0]);
        const disc = L.circleMarker(at, { pane: "regions", radius: radiusOf(value, largest), color: "#7a2c0f", weight: 1.2, fillColor: "#b8451b", fillOpacity: 0.55, bubblingMouseEvents: false, ...PASSIVE });
        disc.bindTooltip(`${row.name} ${this.said(value)}`).on("click", (event) => this.popup(row, at, (event as L.LeafletMouseEvent).latlng));
        this.group.addLayer(disc);
      }
    }
    this.legend.replaceChildren(...(measure === "region-share" ? this.shades(steps, values.length < rows.length) : this.discs(largest)), this.basis(answer));
    this.table(answer);
  }

  private popup(row: Row, at: L.LatLng, clicked = at): void {
    if (this.taken(clicked)) return;
    this.map.openPopup(L.popup({ maxWidth: 280, minWidth: 220 }).setLatLng(at).setContent(h("div", { class: "row-details project-card" },
      h("h3", {}, row.name),
      h("dl", { class: "facts" },
        h("dt", {}, t("region.number")), h("dd", {}, count(row.number)),
        h("dt", {}, t("projects.planned")), h("dd", {}, yuan(row.planned_yuan, english)),
        h("dt", {}, t("projects.cumulative")), h("dd", {}, yuan(row.cumulative_yuan, english)),
        h("dt", {}, t("projects.progress")), h("dd", {}, row.progress === null ? "—" : `${row.progress}%`)),
      h("p", { class: "page-actions" },
        h("button", { type: "button", class: "btn btn-sm btn-primary", onclick: () => (this.map.closePopup(), this.choose(row.code)) }, t("region.open")),
        h("a", { class: "btn btn-sm btn-outline-primary", href: this.answer?.report ?? "" }, t("region.report"))))));
  }

  private shades(steps: number[], some: boolean): HTMLElement[] {
    const rows = RAMP_COLOURS.slice(0, steps.length + 1).map((colour, i) => {
      const [low, high] = [steps[i - 1], steps[i]];
      const text = low === undefined ? (high === undefined ? t("legend.all") : t("legend.below", { to: `${high}%` })) : high === undefined ? t("legend.from", { from: `${low}%` }) : t("legend.range", { from: `${low}%`, to: `${high}%` });
      return h("li", {}, patch(colour), h("span", { class: "legend-label" }, text));
    });
    return [h("ul", { class: "legend-rows" }, ...rows), some ? h("p", { class: "row-note" }, t("legend.noPlan")) : h("span")];
  }

  private discs(largest: number): HTMLElement[] {
    return [h("p", { class: "row-note" }, t("legend.regionDiscs", { most: this.said(largest) }))];
  }

  private basis(answer: Answer): HTMLElement {
    return h("p", { class: "row-note" }, t(answer.narrowed ? "region.basisNarrowed" : "region.basis", { day: answer.as_of }));
  }

  /** The same in words: every row of the report, those without ground too. */
  private table(answer: Answer): void {
    const head: Key[] = ["region.name", "region.number", "region.plannedWan", "region.completedWan", "region.progress"];
    this.panel.replaceChildren(
      h("p", { class: "row-note" }, t(answer.narrowed ? "region.basisNarrowed" : "region.basis", { day: answer.as_of }), " ", h("a", { href: answer.report }, t("region.report"))),
      h("table", { class: "table table-sm region-table" },
        h("caption", { class: "visually-hidden" }, t("region.caption")),
        h("thead", {}, h("tr", {}, ...head.map((key, i) => h("th", { scope: "col", ...(i ? { class: "num" } : {}) }, t(key))))),
        h("tbody", {}, ...answer.rows.map((row) => h("tr", { class: row.code ? "" : "is-sum" },
          h("th", { scope: "row" }, row.code ? h("button", { type: "button", class: "btn-link-plain", onclick: () => this.choose(row.code) }, row.name) : row.name),
          h("td", { class: "num" }, count(row.number)), h("td", { class: "num" }, wan(row.planned_yuan)), h("td", { class: "num" }, wan(row.cumulative_yuan)),
          h("td", { class: "num" }, row.progress === null ? "—" : `${row.progress}%`))))),
      answer.rows.some((row) => row.code && row.number && !this.outlines.has(row.code)) ? h("p", { class: "row-note" }, t("region.noGround", { names: answer.rows.filter((row) => row.code && row.number && !this.outlines.has(row.code)).map((row) => row.name).join(english ? ", " : "、") })) : "",
      answer.unrecorded ? h("p", { class: "row-note" }, t("region.unrecorded", { n: count(answer.unrecorded) })) : "");
  }
}

/** The radius of a disc whose area goes by the value. */
export const radiusOf = (value: number, largest: number): number => (largest > 0 ? Math.max(3, MOST_RADIUS * Math.sqrt(value / largest)) : 0);

const wan = (amount: string): string => (Number(amount) / 1e4).toLocaleString("en-US", { maximumFractionDigits: 0 });

function patch(colour: string): HTMLCanvasElement {
  const canvas = h("canvas", { width: 44, height: 28, class: "swatch", "aria-hidden": "true" });
  const g = canvas.getContext("2d")!;
  g.fillStyle = colour;
  g.strokeStyle = "#5a5346";
  g.lineWidth = 2;
  g.fillRect(1, 1, 42, 26);
  g.strokeRect(1, 1, 42, 26);
  return canvas;
}
