import L from "leaflet";
import { h, need } from "../core/dom";
import { hectares, metres, mu, squareMetres } from "../core/format";
import { geodesicLength, pathLength, ringArea } from "../core/geodesic";
import type { Position } from "../core/geodesy";
import { t } from "../core/i18n";
import { PASSIVE } from "../map/stage";

export type Measuring = "length" | "area";

const COLOUR = "#8a2be2";

const isLong = (m: number): boolean => m >= 10_000;
const lengthText = (m: number): string => (isLong(m) ? t("measure.km", { km: (m / 1000).toFixed(3) }) : t("measure.m", { m: metres(m) }));

/** Length and area on the ellipsoid. By pointer or by keyboard: Enter sets a point in the middle of the map. */
export class Measure {
  active: Measuring | null = null;
  private points: L.LatLng[] = [];
  private done = false;
  private readonly group = L.layerGroup();
  private readonly panel = need("#measure");
  private pointer: L.LatLng | null = null;

  constructor(
    private readonly map: L.Map,
    private readonly show: () => void,
    private readonly onChange: () => void,
  ) {
    this.group.addTo(map);
    map.on("mousemove", (event: L.LeafletMouseEvent) => {
      if (!this.active || this.done || !this.points.length) return;
      this.pointer = event.latlng;
      this.draw();
    });
    map.on("dblclick", () => this.active && this.finish());
    map.getContainer().addEventListener("keydown", (event) => {
      if (!this.active || event.target !== map.getContainer()) return;
      if (event.key === "Enter" || event.key === " ") event.shiftKey ? this.finish() : this.add(map.getCenter());
      else if (event.key === "Backspace") this.back();
      else if (event.key === "Escape") this.points.length ? this.reset() : this.stop();
      else return;
      event.preventDefault();
    });
  }

  start(kind: Measuring): void {
    this.active = kind;
    this.reset();
    this.map.doubleClickZoom.disable();
    this.map.getContainer().classList.add("is-measuring");
    this.show();
    this.buttons();
    this.onChange();
  }

  stop(): void {
    if (!this.active) return;
    this.active = null;
    this.reset();
    this.map.doubleClickZoom.enable();
    this.map.getContainer().classList.remove("is-measuring");
    this.buttons();
    this.onChange();
  }

  add(place: L.LatLng): void {
    if (this.done) this.reset();
    const last = this.points[this.points.length - 1];
    // The second click of a double one adds nothing.
    if (last && this.map.latLngToContainerPoint(last).distanceTo(this.map.latLngToContainerPoint(place)) < 3) return;
    this.points.push(place);
    this.draw();
  }

  private reset(): void {
    this.points = [];
    this.pointer = null;
    this.done = false;
    this.draw();
  }

  private back(): void {
    this.done = false;
    this.points.pop();
    this.draw();
  }

  private finish(): void {
    if (this.points.length < 2) return;
    this.done = true;
    this.pointer = null;
    this.draw();
  }

  private buttons(): void {
    document.querySelectorAll<HTMLButtonElement>('[data-tool="length"], [data-tool="area"]').forEach((b) => b.setAttribute("aria-pressed", String(b.dataset["tool"] === this.active)));
  }

  private draw(): void {
    this.group.clearLayers();
    if (!this.active) return;
    const places = [...this.points, ...(this.pointer ? [this.pointer] : [])];
    const options = { color: COLOUR, weight: 3, interactive: false, ...PASSIVE };
    if (this.active === "area" && places.length > 2) this.group.addLayer(L.polygon(places, { ...options, fillOpacity: 0.12 }));
    else if (places.length > 1) this.group.addLayer(L.polyline(places, options));
    for (const p of this.points) this.group.addLayer(L.circleMarker(p, { ...options, radius: 4, fillColor: "#fff", fillOpacity: 1, weight: 2 }));
    this.say(places.map((p): Position => [p.lng, p.lat]));
  }

  private say(path: Position[]): void {
    const rows: [string, string][] = [];
    const ring = this.active === "area";
    if (ring && path.length > 2) {
      const m2 = ringArea(path);
      rows.push([t("measure.area"), `${squareMetres(m2)} m²`], ["", `${hectares(m2)} ${t("unit.hectares")}`], ["", `${mu(m2)} ${t("unit.mu")}`]);
      rows.push([t("measure.perimeter"), lengthText(pathLength([...path, path[0]!]))]);
    } else if (path.length > 1) rows.push([t("measure.length"), lengthText(pathLength(path))]);
    const edges = path.slice(1).map((p, i) => geodesicLength(path[i]!, p));
    this.panel.replaceChildren(
      h("p", { class: "row-note" }, t(ring ? "measure.helpArea" : "measure.helpLength")),
      rows.length ? h("dl", { class: "facts measured", role: "status" }, ...rows.flatMap(([k, v]) => [h("dt", {}, k), h("dd", {}, v)])) : "",
      edges.length > 1 && !ring ? h("ol", { class: "edges" }, ...edges.map((m) => h("li", {}, lengthText(m)))) : "",
      h("p", { class: "page-actions" },
        h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", disabled: !this.points.length, onclick: () => this.back() }, t("measure.back")),
        h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", disabled: this.points.length < 2 || this.done, onclick: () => this.finish() }, t("measure.finish")),
        h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", disabled: !this.points.length, onclick: () => this.reset() }, t("measure.again"))));
  }
}
