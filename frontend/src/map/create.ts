import L from "leaflet";
import "leaflet/dist/leaflet.css";
import "../styles/map.scss";
import { h, icon } from "../core/dom";
import { count, degrees, plane } from "../core/format";
import { t } from "../core/i18n";

/** What django-leaflet hands over from LEAFLET_CONFIG (leaflet/_leaflet_map.html). */
interface MapOptions {
  extent: [[number, number], [number, number]] | null;
  center: [number, number] | null;
  zoom: number | null;
  minzoom: number | null;
  maxzoom: number | null;
  layers: [string, string, L.TileLayerOptions][];
}

export const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

export interface TheMap {
  map: L.Map;
  home: L.LatLngBounds | null;
  /** Tile services that the settings name, for example 天地图; each with its label. */
  services: { label: string; layer: L.TileLayer }[];
}

/** Makes the map of a page with scale, coordinates and zoom, and the whole extent in view. */
export function createMap(element: HTMLElement, extra: L.MapOptions = {}, view: { lat: number; lon: number; zoom: number } | null = null): TheMap {
  const options = JSON.parse(element.dataset.mapOptions ?? "{}") as Partial<MapOptions>;
  const map = L.map(element, {
    zoomControl: false,
    attributionControl: false,
    minZoom: options.minzoom ?? 7,
    maxZoom: options.maxzoom ?? 18,
    zoomAnimation: !calm,
    fadeAnimation: !calm,
    markerZoomAnimation: !calm,
    inertia: !calm,
    bounceAtZoomLimits: false,
    ...extra,
  });
  element.setAttribute("role", "region");
  element.setAttribute("aria-label", t("map.name"));
  const home = options.extent ? L.latLngBounds(options.extent) : null;
  if (view) map.setView([view.lat, view.lon], view.zoom);
  else if (options.center) map.setView(options.center, options.zoom ?? 11);
  else if (home) map.fitBounds(home);
  if (home) map.setMaxBounds(home.pad(1));
  L.control.zoom({ position: "bottomright", zoomInTitle: t("map.zoomIn"), zoomOutTitle: t("map.zoomOut") }).addTo(map);
  L.control.scale({ position: "bottomleft", metric: true, imperial: false, maxWidth: 140 }).addTo(map);
  coordinates(map);
  if (home) homeButton(map, home);
  // A map that was laid out while hidden, or a window that changed, must not stay grey.
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(element);
  const services = (options.layers ?? []).map(([label, url, attributes]) => ({ label, layer: L.tileLayer(url, attributes) }));
  return { map, home, services };
}

const METRES_PER_PIXEL = 0.0254 / 96; // of a screen as browsers count it

/** The denominator of the scale in the middle of the map, to two figures. */
export function scaleOf(map: L.Map): number {
  const metres = (40075016.686 * Math.cos((map.getCenter().lat * Math.PI) / 180)) / 2 ** (map.getZoom() + 8);
  return Number((metres / METRES_PER_PIXEL).toPrecision(2));
}

/** Longitude and latitude, and X and Y of the 3° zone, of the pointer; of the centre where there is none. */
function coordinates(map: L.Map): void {
  const text = h("output", { class: "map-coordinates", "aria-label": t("map.coordinates"), "aria-live": "off" });
  const show = (at: L.LatLng): void => {
    const p = plane(at.lng, at.lat);
    text.replaceChildren(
      h("span", { class: "map-scale" }, t("map.scale", { scale: count(scaleOf(map)) })),
      h("span", {}, t("map.lonlat", { lon: degrees(at.lng), lat: degrees(at.lat) })),
      h("span", {}, t("map.plane", { zone: p.zone, x: p.x, y: p.y })),
    );
  };
  const Coordinates = L.Control.extend({ onAdd: () => text });
  new Coordinates({ position: "bottomleft" }).addTo(map);
  map.on("mousemove", (event: L.LeafletMouseEvent) => show(event.latlng.wrap()));
  map.on("move zoomend", () => show(map.getCenter()));
  show(map.getCenter());
}

function homeButton(map: L.Map, home: L.LatLngBounds): void {
  const button = h("button", { type: "button", class: "map-home", title: t("map.extent"), "aria-label": t("map.extent"), onclick: () => map.fitBounds(home) }, icon("M3 9V3h6M15 3h6v6M21 15v6h-6M9 21H3v-6"));
  L.DomEvent.disableClickPropagation(button);
  const Home = L.Control.extend({ onAdd: () => button });
  new Home({ position: "bottomright" }).addTo(map);
}
