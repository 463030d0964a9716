import L from "leaflet";
import { getJson } from "../core/api";
import { h, need } from "../core/dom";
import { degrees, hectares, squareMetres } from "../core/format";
import { t } from "../core/i18n";
import { PASSIVE } from "../map/stage";
import type { Project } from "./projects";

interface Found {
  layer: string;
  layer_name: string;
  key: string;
  class: string;
  class_name: string;
  name: string;
  area_m2: number;
  attributes: Record<string, unknown>;
  geometry: GeoJSON.Geometry | null;
}

/** Asks the server what lies at a place, and shows it beside the map and on it. */
export class Identify {
  private readonly outline: L.GeoJSON;
  private readonly mark = L.circleMarker([0, 0], { radius: 6, color: "#0b57d0", weight: 3, fill: false, interactive: false, ...PASSIVE });
  private controller: AbortController | null = null;

  constructor(
    private readonly map: L.Map,
    private readonly layers: () => string[],
    private readonly show: (open: boolean) => void,
    private readonly chooseProject: (id: number) => void,
  ) {
    this.outline = L.geoJSON(undefined, { style: { color: "#0b57d0", weight: 3, fillOpacity: 0.12, dashArray: "6 4" }, interactive: false, ...PASSIVE }).addTo(map);
  }

  clear(): void {
    this.controller?.abort();
    this.outline.clearLayers();
    this.mark.remove();
  }

  async at(place: L.LatLng, projects: Project[]): Promise<void> {
    this.clear();
    this.mark.setLatLng(place).addTo(this.map);
    const panel = need("#identify");
    this.show(true);
    const layers = this.layers();
    const head = [
      h("p", { class: "row-note" }, t("identify.at", { place: `${degrees(place.lng)}, ${degrees(place.lat)}` })),
      projects.length ? h("div", {}, h("h3", {}, t("identify.projects")), h("ul", { class: "rows" }, ...projects.map((p) => h("li", { class: "row-item" }, h("button", { type: "button", class: "row-main", onclick: () => this.chooseProject(p.id) }, h("span", { class: "row-name" }, p.name)))))) : null,
    ].filter((n): n is HTMLParagraphElement | HTMLDivElement => n !== null);
    if (!layers.length) return panel.replaceChildren(...head, h("p", { class: "empty" }, t("identify.noLayers")));
    panel.replaceChildren(...head, h("p", { class: "busy" }, t("identify.busy")));
    const controller = (this.controller = new AbortController());
    try {
      const query = new URLSearchParams({ lon: place.lng.toFixed(9), lat: place.lat.toFixed(9), layers: layers.join(","), reach: this.reach(place).toFixed(1) });
      const { features } = await getJson<{ features: Found[] }>(`/api/v1/layers/identify/?${query}`, controller.signal);
      if (controller.signal.aborted) return;
      panel.replaceChildren(...head, features.length ? h("div", { class: "found" }, ...features.map((f) => this.card(f))) : h("p", { class: "empty" }, t("identify.none")));
      if (features[0]) this.highlight(features[0]);
    } catch (error) {
      if (!controller.signal.aborted) panel.replaceChildren(...head, h("p", { class: "empty", role: "alert" }, t("identify.failed", { why: (error as Error).message })));
    }
  }

  /** Six pixels in metres: lines and small features can be hit at any scale (the server allows 200 m). */
  private reach(place: L.LatLng): number {
    const at = this.map.latLngToContainerPoint(place);
    return Math.min(200, place.distanceTo(this.map.containerPointToLatLng(at.add([6, 0]))));
  }

  private highlight(found: Found): void {
    this.outline.clearLayers();
    if (found.geometry) this.outline.addData(found.geometry as GeoJSON.GeoJsonObject);
  }

  private card(found: Found): HTMLElement {
    const attributes = Object.entries(found.attributes).filter(([, v]) => v !== null && v !== "");
    return h("article", { class: "found-card" },
      h("h3", {}, h("button", { type: "button", class: "btn-link-plain", onclick: () => this.highlight(found) }, found.layer_name)),
      h("dl", { class: "facts" },
        h("dt", {}, t("identify.class")), h("dd", {}, `${found.class_name || ""} ${found.class}`.trim() || "—"),
        ...(found.name ? [h("dt", {}, t("identify.name")), h("dd", {}, found.name)] : []),
        h("dt", {}, t("identify.area")), h("dd", {}, `${squareMetres(found.area_m2)} m² (${hectares(found.area_m2)} ha)`)),
      attributes.length ? h("details", {}, h("summary", {}, `${found.key}`), h("dl", { class: "facts" }, ...attributes.flatMap(([k, v]) => [h("dt", {}, k), h("dd", {}, String(v))]))) : h("p", { class: "row-note" }, found.key));
  }
}
