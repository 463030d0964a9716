import L from "leaflet";
import { getJson, Problem } from "../core/api";
import { h, need } from "../core/dom";
import { count, hectares, metres, yuan } from "../core/format";
import { ringArea } from "../core/geodesic";
import type { Position } from "../core/geodesy";
import { english, t, type Key } from "../core/i18n";
import { exact } from "../core/money";
import { PASSIVE } from "../map/stage";
import { circleRing, parseArea, type AreaShape } from "./area-text";
import type { Project } from "./project-data";

export const SHAPES = ["rect", "poly", "circle"] as const;
export type Drawing = (typeof SHAPES)[number];

interface Group {
  code: string | null;
  label: string;
  number: number;
  planned_yuan: string;
  cumulative_yuan: string;
}

interface Answer {
  total: number;
  planned_yuan: string;
  cumulative_yuan: string;
  progress: number | null;
  approximate: number;
  unrecorded: number;
  by: Record<string, Group[]>;
  ids: number[];
}

interface Around {
  regions: Record<string, string>;
  show(): void;
  changed(): void;
  /** Filters, kinds and day, as an address carries them; null while no kind is on. */
  query(): URLSearchParams | null;
  byId(id: number): Project | undefined;
  row(project: Project): HTMLLIElement;
}

const COLOUR = "#8a2be2";
const PAGE = 40;
const BY: [string, Key][] = [["kind", "pick.byKind"], ["stage", "pick.byStage"], ["industry", "pick.byIndustry"], ["region", "pick.byRegion"]];
const FORMATS: [string, Key][] = [["xlsx", "pick.xlsx"], ["gpkg", "pick.gpkg"], ["geojson", "pick.geojson"]];

/** Draw, type or name an area: the server counts and sums what lies in it. By keyboard, Enter sets a point in the middle. */
export class AreaPick {
  drawing: Drawing | null = null;
  /** The area as the address writes it; empty for none. */
  text = "";
  within: "intersects" | "inside" = "intersects";
  private points: L.LatLng[] = [];
  private limit = PAGE;
  private controller: AbortController | null = null;
  private readonly drawn = L.layerGroup();
  private readonly result = h("div", { id: "area-result" });
  private readonly typed = h("input", { class: "form-control form-control-sm", id: "area-typed", maxlength: 4000, placeholder: "rect:109.80,40.55,109.90,40.65" });
  private readonly problem = h("p", { class: "row-note", role: "status", id: "area-problem" });

  constructor(
    private readonly map: L.Map,
    private readonly around: Around,
  ) {
    this.drawn.addTo(map);
    map.on("mousemove", (event: L.LeafletMouseEvent) => this.drawing && this.points.length && this.outline([...this.points, event.latlng]));
    map.on("dblclick", () => this.drawing === "poly" && this.finish());
    map.getContainer().addEventListener("keydown", (event) => {
      if (!this.drawing || event.target !== map.getContainer()) return;
      if (event.key === "Enter" || event.key === " ") event.shiftKey ? this.finish() : this.add(map.getCenter());
      else if (event.key === "Backspace") this.points.pop(), this.outline(this.points);
      else if (event.key === "Escape") this.rest();
      else return;
      event.preventDefault();
      event.stopImmediatePropagation(); // the key that ends a drawing asks nothing of the map
    });
    this.build();
  }

  /** Takes over what an address names. */
  set(text: string, within: string | undefined): void {
    this.within = within === "inside" ? "inside" : "intersects";
    this.take(text);
  }

  start(kind: Drawing): void {
    this.drawing = kind;
    this.points = [];
    this.drawn.clearLayers();
    this.map.doubleClickZoom.disable();
    this.map.getContainer().classList.add("is-measuring");
    this.problem.textContent = t(`pick.help.${kind}` as Key);
    this.around.show();
    this.buttons();
    if (matchMedia("(pointer: fine)").matches) this.map.getContainer().focus({ preventScroll: true });
  }

  /** Draws no further; what was drawn stays. */
  rest(): void {
    if (!this.drawing) return;
    this.drawing = null;
    this.points = [];
    this.map.getContainer().classList.remove("is-measuring");
    this.map.doubleClickZoom.enable();
    this.problem.textContent = "";
    this.buttons();
    this.paint();
  }

  /** No area any more. */
  clear(): void {
    this.rest();
    this.controller?.abort();
    this.text = this.typed.value = "";
    this.drawn.clearLayers();
    this.result.replaceChildren();
    this.around.changed();
  }

  /** A click on the map while an area is drawn. */
  add(place: L.LatLng): void {
    const last = this.points[this.points.length - 1];
    // The second click of a double one adds nothing.
    if (last && this.map.latLngToContainerPoint(last).distanceTo(this.map.latLngToContainerPoint(place)) < 3) return;
    this.points.push(place);
    this.outline(this.points);
    if (this.drawing !== "poly" && this.points.length === 2) this.finish();
  }

  /** Asks again, for other filters or another day. */
  refresh(): void {
    if (this.text) void this.ask();
  }

  private finish(): void {
    const text = this.written(this.points);
    if (!text) return void (this.problem.textContent = t("pick.more"));
    this.rest();
    this.take(text);
  }

  private written(points: L.LatLng[]): string {
    const six = (value: number): string => value.toFixed(6);
    if (this.drawing === "poly") return points.length < 3 ? "" : `poly:${points.map((p) => `${six(p.lng)},${six(p.lat)}`).join(",")}`;
    const [a, b] = points;
    if (!a || !b) return "";
    if (this.drawing === "circle") return `circle:${six(a.lng)},${six(a.lat)},${a.distanceTo(b).toFixed(1)}`;
    return `rect:${[Math.min(a.lng, b.lng), Math.min(a.lat, b.lat), Math.max(a.lng, b.lng), Math.max(a.lat, b.lat)].map(six).join(",")}`;
  }

  private take(text: string): void {
    this.rest();
    this.text = text.trim();
    this.limit = PAGE;
    this.typed.value = this.text;
    this.paint();
    this.around.changed();
    this.around.show();
    void this.ask();
  }

  private outline(points: L.LatLng[]): void {
    this.drawn.clearLayers();
    const text = this.written(points);
    const shape = text ? parseArea(text) : null;
    if (shape) this.layer(shape);
    else if (points.length > 1) this.drawn.addLayer(L.polyline(points, { color: COLOUR, weight: 2, interactive: false, ...PASSIVE }));
    for (const p of this.points) this.drawn.addLayer(L.circleMarker(p, { radius: 4, color: COLOUR, weight: 2, fillColor: "#fff", fillOpacity: 1, interactive: false, ...PASSIVE }));
  }

  private paint(): void {
    this.drawn.clearLayers();
    const shape = this.text ? parseArea(this.text) : null;
    if (shape) this.layer(shape);
  }

  private layer(shape: AreaShape): void {
    const ring = shape.kind === "circle" ? circleRing(shape) : shape.kind === "region" ? [] : shape.ring;
    if (ring.length) this.drawn.addLayer(L.polygon(ring.map(([lon, lat]) => L.latLng(lat, lon)), { color: COLOUR, weight: 2.5, fillOpacity: 0.1, interactive: false, ...PASSIVE }));
  }

  private buttons(): void {
    document.querySelectorAll<HTMLButtonElement>("[data-area]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset["area"] === this.drawing)));
    document.querySelector('[data-panel-tool="area"]')?.setAttribute("aria-pressed", String(this.drawing !== null || this.text !== ""));
  }

  private build(): void {
    const region = h("select", { class: "form-select form-select-sm", id: "area-region" }, h("option", { value: "" }, t("pick.regionNone")), ...Object.entries(this.around.regions).map(([code, name]) => h("option", { value: code }, name)));
    region.addEventListener("change", () => region.value && this.take(`region:${region.value}`));
    const ways = (["intersects", "inside"] as const).map((way) => {
      const box = h("input", { type: "radio", name: "area-within", value: way, ...(this.within === way ? { checked: true } : {}) });
      box.addEventListener("change", () => ((this.within = way), this.around.changed(), this.refresh()));
      return h("label", {}, box, " ", t(`pick.${way}` as Key));
    });
    const form = h("form", { class: "area-typed" },
      h("label", { for: "area-typed" }, t("pick.typed")), this.typed,
      h("button", { class: "btn btn-sm btn-outline-primary" }, t("pick.take")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.typed.value.trim()) this.take(this.typed.value);
    });
    need("#area").replaceChildren(
      h("div", { class: "tool-row area-tools", role: "group", "aria-label": t("pick.draw") },
        ...SHAPES.map((kind) => h("button", { type: "button", class: "tool", "data-area": kind, "aria-pressed": "false", onclick: () => (this.drawing === kind ? this.rest() : this.start(kind)) }, t(`pick.${kind}` as Key))),
        h("button", { type: "button", class: "tool", onclick: () => this.finish() }, t("pick.finish")),
        h("button", { type: "button", class: "tool", onclick: () => this.clear() }, t("pick.clear"))),
      this.problem,
      h("details", {}, h("summary", {}, t("pick.otherwise")), h("label", { for: "area-region" }, t("pick.region")), region, form),
      h("fieldset", { class: "area-ways" }, h("legend", { class: "visually-hidden" }, t("pick.within")), ...ways),
      this.result);
  }

  private params(): URLSearchParams | null {
    const params = this.around.query();
    if (!params) return null;
    params.set("area", this.text);
    params.set("mode", this.within);
    return params;
  }

  private async ask(): Promise<void> {
    this.controller?.abort();
    const controller = (this.controller = new AbortController());
    this.buttons();
    const radio = document.querySelector<HTMLInputElement>(`[name="area-within"][value="${this.within}"]`);
    if (radio) radio.checked = true;
    const params = this.params();
    if (!params) return this.result.replaceChildren(h("p", { class: "empty" }, t("pick.none")));
    this.result.setAttribute("aria-busy", "true");
    try {
      const answer = await getJson<Answer>(`/api/v1/map/area/?${params}`, controller.signal);
      if (!controller.signal.aborted) this.say(answer, params);
    } catch (error) {
      if (controller.signal.aborted) return;
      const why = error instanceof Problem ? error.items.map((item) => item.message).join(" ") || error.message : (error as Error).message;
      this.result.replaceChildren(h("p", { class: "empty", role: "alert" }, t("pick.failed", { why })));
    } finally {
      if (!controller.signal.aborted) this.result.removeAttribute("aria-busy");
    }
  }

  private say(answer: Answer, params: URLSearchParams): void {
    const shape = parseArea(this.text);
    const ring: Position[] = shape?.kind === "circle" ? circleRing(shape) : shape && shape.kind !== "region" ? shape.ring : [];
    const radius = shape?.kind === "circle" ? t("pick.radius", { m: metres(shape.metres) }) : "";
    const projects = answer.ids.flatMap((id) => this.around.byId(id) ?? []);
    this.result.replaceChildren(
      h("div", { role: "status" }, h("dl", { class: "facts measured" },
        h("dt", {}, t("pick.projects")), h("dd", { id: "area-total" }, count(answer.total)),
        h("dt", {}, t("projects.planned")), h("dd", {}, yuan(answer.planned_yuan, english), h("small", { class: "exact" }, t("unit.yuan", { n: exact(answer.planned_yuan) }))),
        h("dt", {}, t("projects.cumulative")), h("dd", {}, yuan(answer.cumulative_yuan, english), h("small", { class: "exact" }, t("unit.yuan", { n: exact(answer.cumulative_yuan) }))),
        h("dt", {}, t("projects.progress")), h("dd", {}, answer.progress === null ? "—" : `${answer.progress}%`),
        ...(ring.length ? [h("dt", {}, t("pick.ground")), h("dd", {}, `${hectares(ringArea(ring))} ${t("unit.hectares")} ${radius}`)] : []))),
      answer.approximate ? h("p", { class: "row-note" }, t("pick.approximate", { n: count(answer.approximate) })) : "",
      answer.unrecorded ? h("p", { class: "row-note" }, t("pick.unrecorded", { n: count(answer.unrecorded) })) : "",
      h("p", { class: "page-actions" }, ...FORMATS.map(([format, key]) => h("a", { class: "btn btn-sm btn-outline-primary", href: `/map/projects/export/?${params}&format=${format}` }, t(key)))),
      ...BY.map(([name, key]) => this.groups(t(key), name, answer.by[name] ?? [])),
      h("h3", {}, t("pick.list")),
      projects.length ? h("ul", { class: "rows" }, ...projects.slice(0, this.limit).map((p) => this.around.row(p))) : h("p", { class: "empty" }, t("pick.none")),
      projects.length > this.limit ? h("button", { type: "button", class: "btn btn-sm btn-outline-primary rows-more", onclick: () => ((this.limit += PAGE * 2), this.say(answer, params)) }, t("projects.more", { n: Math.min(PAGE * 2, projects.length - this.limit) })) : "");
  }

  private groups(title: string, name: string, groups: Group[]): HTMLElement {
    const label = (group: Group): string => (group.code === null ? t("legend.untold") : name === "kind" && group.code === "none" ? t("kind.none") : group.label);
    return h("table", { class: "table table-sm region-table" },
      h("caption", {}, title),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("pick.class")), h("th", { scope: "col", class: "num" }, t("region.number")), h("th", { scope: "col", class: "num" }, t("region.plannedWan")), h("th", { scope: "col", class: "num" }, t("region.completedWan")))),
      h("tbody", {}, ...groups.map((group) => h("tr", {}, h("th", { scope: "row" }, label(group)), h("td", { class: "num" }, count(group.number)), h("td", { class: "num" }, wan(group.planned_yuan)), h("td", { class: "num" }, wan(group.cumulative_yuan))))));
  }
}

const wan = (amount: string): string => (Number(amount) / 1e4).toLocaleString("en-US", { maximumFractionDigits: 2 });
