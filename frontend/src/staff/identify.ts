import L from "leaflet";
import { getJson } from "../core/api";
import { h, need } from "../core/dom";
import { degrees, hectares, plane, squareMetres } from "../core/format";
import { t } from "../core/i18n";
import { PASSIVE } from "../map/stage";
import type { Project } from "./projects";

export interface Found {
  layer: string;
  layer_name: string;
  version: number;
  key: string;
  class: string;
  class_name: string;
  name: string;
  area_m2: number;
  attributes: Record<string, unknown>;
  geometry: GeoJSON.Geometry | null;
}

interface RasterValue {
  layer: string;
  layer_name: string;
  version: number;
  value: number;
  class_name: string;
}

/** Asks the server what lies at a place, and shows it beside the map and on it. */
export class Identify {
  /** The feature that is chosen, for the address. */
  chosen: { layer: string; key: string } | null = null;
  private readonly outline: L.GeoJSON;
  private readonly mark = L.circleMarker([0, 0], { radius: 6, color: "#0b57d0", weight: 3, fill: false, interactive: false, ...PASSIVE });
  private controller: AbortController | null = null;

  constructor(
    private readonly map: L.Map,
    private readonly layers: () => string[],
    private readonly show: () => void,
    private readonly chooseProject: (id: number) => void,
    private readonly onChange: () => void,
  ) {
    this.outline = L.geoJSON(undefined, {
      style: { color: "#0b57d0", weight: 3, fillColor: "#0b57d0", fillOpacity: 0.12 },
      pointToLayer: (_, at) => L.circleMarker(at, { radius: 7 }),
      interactive: false,
      ...PASSIVE,
    } as L.GeoJSONOptions).addTo(map);
  }

  clear(): void {
    this.controller?.abort();
    this.outline.clearLayers();
    this.mark.remove();
    if (this.chosen) {
      this.chosen = null;
      this.onChange();
    }
  }

  async at(place: L.LatLng, projects: Project[]): Promise<void> {
    this.clear();
    this.mark.setLatLng(place).addTo(this.map);
    const panel = need("#identify");
    this.show();
    const layers = this.layers();
    const p = plane(place.lng, place.lat);
    const head = [
      h("p", { class: "row-note" }, t("identify.at", { place: `${degrees(place.lng)}, ${degrees(place.lat)}` }), h("br"), t("map.plane", { zone: p.zone, x: p.x, y: p.y })),
      projects.length ? h("div", {}, h("h3", {}, t("identify.projects")), h("ul", { class: "rows" }, ...projects.map((one) => h("li", { class: "row-item" }, h("button", { type: "button", class: "row-main", onclick: () => this.chooseProject(one.id) }, h("span", { class: "row-name" }, one.name)))))) : null,
    ].filter((n): n is HTMLParagraphElement | HTMLDivElement => n !== null);
    if (!layers.length) return panel.replaceChildren(...head, h("p", { class: "empty" }, t("identify.noLayers")));
    panel.replaceChildren(...head, h("p", { class: "busy" }, t("identify.busy")));
    const controller = (this.controller = new AbortController());
    try {
      const query = new URLSearchParams({ lon: place.lng.toFixed(9), lat: place.lat.toFixed(9), layers: layers.join(","), reach: this.reach(place).toFixed(1) });
      const { features, rasters } = await getJson<{ features: Found[]; rasters: RasterValue[] }>(`/api/v1/layers/identify/?${query}`, controller.signal);
      if (controller.signal.aborted) return;
      const cards = features.map((f) => this.card(f));
      panel.replaceChildren(...head,
        features.length + rasters.length ? h("p", { class: "list-count" }, t("identify.count", { n: features.length + rasters.length })) : "",
        h("div", { class: "found" }, ...cards, ...rasters.map((r) => this.value(r))),
        features.length + rasters.length ? "" : h("p", { class: "empty" }, t("identify.none")));
      if (features[0]) this.highlight(features[0], cards[0]!);
    } catch (error) {
      if (!controller.signal.aborted) panel.replaceChildren(...head, h("p", { class: "empty", role: "alert" }, t("identify.failed", { why: (error as Error).message })));
    }
  }

  /** Shows one feature that a search or an address names. */
  async feature(layer: string, key: string, version: number | null, zoom: boolean): Promise<void> {
    this.clear();
    const panel = need("#identify");
    this.show();
    panel.replaceChildren(h("p", { class: "busy" }, t("identify.busy")));
    const controller = (this.controller = new AbortController());
    try {
      const query = new URLSearchParams({ key, ...(version ? { version: String(version) } : {}) });
      const found = await getJson<Found>(`/api/v1/layers/${layer}/feature/?${query}`, controller.signal);
      if (controller.signal.aborted) return;
      const card = this.card(found);
      panel.replaceChildren(h("div", { class: "found" }, card));
      this.highlight(found, card);
      if (zoom) this.zoom();
    } catch (error) {
      if (!controller.signal.aborted) panel.replaceChildren(h("p", { class: "empty", role: "alert" }, t("identify.failed", { why: (error as Error).message })));
    }
  }

  private zoom(): void {
    const bounds = this.outline.getBounds();
    if (bounds.isValid()) this.map.fitBounds(bounds, { maxZoom: 17, padding: [60, 60] });
  }

  /** Six pixels in metres: lines and small features can be hit at any scale (the server allows 200 m). */
  private reach(place: L.LatLng): number {
    const at = this.map.latLngToContainerPoint(place);
    return Math.min(200, place.distanceTo(this.map.containerPointToLatLng(at.add([6, 0]))));
  }

  private highlight(found: Found, card: HTMLElement): void {
    this.outline.clearLayers();
    if (found.geometry) this.outline.addData(found.geometry as GeoJSON.GeoJsonObject);
    document.querySelectorAll(".found-card.is-chosen").forEach((one) => one.classList.remove("is-chosen"));
    card.classList.add("is-chosen");
    this.chosen = { layer: found.layer, key: found.key };
    this.onChange();
  }

  private title = (found: { layer_name: string; version: number }): string => `${found.layer_name}`;

  private card(found: Found): HTMLElement {
    const attributes = Object.entries(found.attributes).filter(([, v]) => v !== null && v !== "");
    const card: HTMLElement = h("article", { class: "found-card" },
      h("h3", {},
        h("button", { type: "button", class: "btn-link-plain", onclick: () => this.highlight(found, card) }, this.title(found)),
        h("span", { class: "version-mark" }, t("layers.version", { n: found.version })),
        h("button", { type: "button", class: "btn-link-plain zoom-to", "aria-label": `${t("identify.zoom")} ${found.layer_name} ${found.key}`, onclick: () => (this.highlight(found, card), this.zoom()) }, t("identify.zoom"))),
      h("dl", { class: "facts" },
        ...(found.class || found.class_name ? [h("dt", {}, t("identify.class")), h("dd", {}, `${found.class} ${found.class_name || ""}`.trim())] : []),
        ...(found.name && found.name !== found.class_name ? [h("dt", {}, t("identify.name")), h("dd", {}, found.name)] : []),
        h("dt", {}, t("identify.key")), h("dd", { class: "key" }, found.key),
        ...(found.area_m2 > 0 ? [h("dt", {}, t("identify.area")), h("dd", {}, `${squareMetres(found.area_m2)} m² (${hectares(found.area_m2)} ha)`)] : [])),
      attributes.length ? h("details", {}, h("summary", {}, t("identify.attributes", { n: attributes.length })), h("dl", { class: "facts" }, ...attributes.flatMap(([k, v]) => [h("dt", {}, k), h("dd", {}, String(v))]))) : null);
    return card;
  }

  private value(found: RasterValue): HTMLElement {
    return h("article", { class: "found-card" },
      h("h3", {}, h("span", {}, this.title(found)), h("span", { class: "version-mark" }, t("layers.version", { n: found.version }))),
      h("dl", { class: "facts" }, h("dt", {}, t("identify.value")), h("dd", {}, `${found.value} ${found.class_name}`.trim())));
  }
}
