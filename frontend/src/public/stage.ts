import L from "leaflet";
import "leaflet/dist/leaflet.css";
import { h, icon, need } from "../core/dom";
import type { TileLayer } from "./layer";
import { BASE } from "./colours";
import { say } from "./words";

const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

export interface View {
  zoom: number;
  lat: number;
  lon: number;
  slug: string;
}

/** `#zoom/lat/lon/slug` of the address; null where there is none that can be. */
export function viewOf(hash: string): View | null {
  const parts = /^#(\d+)\/(-?[\d.]+)\/(-?[\d.]+)(?:\/([\w-]+))?$/.exec(hash);
  if (!parts) return null;
  const [zoom, lat, lon] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  return zoom <= 18 && Math.abs(lat) <= 85 && Math.abs(lon) <= 180 ? { zoom, lat, lon, slug: parts[4] ?? "" } : null;
}

export const hashOf = (map: L.Map, slug: string): string =>
  `#${map.getZoom()}/${map.getCenter().lat.toFixed(5)}/${map.getCenter().lng.toFixed(5)}${slug ? `/${slug}` : ""}`;

const boxOf = (text: string | undefined): L.LatLngBounds | null => {
  const [west, south, east, north] = (text ?? "").split(",").map(Number);
  return [west, south, east, north].every((part) => Number.isFinite(part)) ? L.latLngBounds([south!, west!], [north!, east!]) : null;
};

/** The map of the public page, with zoom, scale, coordinates and the whole extent in view. */
export function stage(element: HTMLElement, home: string | undefined, view: View | null): { map: L.Map; home: L.LatLngBounds } {
  const options = JSON.parse(element.dataset["mapOptions"] ?? "{}") as { extent?: [[number, number], [number, number]]; minzoom?: number; maxzoom?: number };
  const whole = boxOf(home) ?? L.latLngBounds(options.extent ?? [[39, 108], [43, 112]]);
  const map = L.map(element, {
    zoomControl: false,
    attributionControl: false,
    minZoom: Math.min(options.minzoom ?? 7, 6),
    maxZoom: options.maxzoom ?? 18,
    zoomAnimation: !calm,
    fadeAnimation: !calm,
    inertia: !calm,
    bounceAtZoomLimits: false,
  });
  element.setAttribute("role", "application");
  element.setAttribute("aria-label", say("map.name"));
  if (view) map.setView([view.lat, view.lon], view.zoom);
  else map.fitBounds(whole);
  map.setMaxBounds(whole.pad(1.5));
  L.control.zoom({ position: "bottomright", zoomInTitle: say("map.zoomIn"), zoomOutTitle: say("map.zoomOut") }).addTo(map);
  L.control.scale({ position: "bottomleft", metric: true, imperial: false, maxWidth: 120 }).addTo(map);
  const button = h("button", { type: "button", class: "map-home", title: say("map.home"), "aria-label": say("map.home"), onclick: () => map.fitBounds(whole) }, icon("M3 9V3h6M15 3h6v6M21 15v6h-6M9 21H3v-6"));
  L.DomEvent.disableClickPropagation(button);
  new (L.Control.extend({ onAdd: () => button }))({ position: "bottomright" }).addTo(map);
  const place = h("output", { class: "map-place", "aria-label": say("map.place"), "aria-live": "off" });
  const told = (at: L.LatLng): void => void (place.textContent = `${at.lng.toFixed(3)}, ${at.lat.toFixed(3)}`);
  new (L.Control.extend({ onAdd: () => place }))({ position: "bottomleft" }).addTo(map);
  map.on("mousemove", (event: L.LeafletMouseEvent) => told(event.latlng.wrap()));
  map.on("moveend", () => told(map.getCenter()));
  told(map.getCenter());
  // A map that was laid out while hidden, or a window that changed, must not stay grey.
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(element);
  return { map, home: whole };
}

/** Before a sheet is printed the map takes its size and shows what the screen showed; afterwards all is as before. */
export function printing(map: L.Map, layer: TileLayer, started: () => void, ended: () => void): void {
  let view: { at: L.LatLng; zoom: number } | null = null;
  const snap = map.options.zoomSnap ?? 1;
  window.addEventListener("beforeprint", () => {
    const bounds = map.getBounds();
    view ??= { at: map.getCenter(), zoom: map.getZoom() };
    started();
    document.body.classList.add("is-printing");
    map.options.zoomSnap = 0; // the sheet is filled
    map.invalidateSize({ animate: false });
    map.fitBounds(bounds, { animate: false });
    layer.onPaper(true);
  });
  window.addEventListener("afterprint", () => {
    document.body.classList.remove("is-printing");
    map.options.zoomSnap = snap;
    map.invalidateSize({ animate: false });
    if (view) map.setView(view.at, view.zoom, { animate: false });
    view = null;
    layer.onPaper(false);
    ended();
  });
}

/** Of names that lie over each other the larger region's stays. */
function apart(names: L.Tooltip[]): void {
  const taken: DOMRect[] = [];
  for (const name of names) {
    const element = name.getElement();
    if (!element) continue;
    element.hidden = false;
    const box = element.getBoundingClientRect();
    element.hidden = taken.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
    if (!element.hidden) taken.push(box);
  }
}

/** Regions and waters as the public may see them: the base map. */
export async function outlines(url: string, map: L.Map): Promise<void> {
  const pane = map.createPane("base");
  pane.style.zIndex = "150";
  map.createPane("names").style.zIndex = "160"; // below every symbol
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(String(answer.status));
  const found = (await answer.json()) as GeoJSON.FeatureCollection;
  const renderer = L.svg({ pane: "base", padding: 0.5 }); // drawn at once, for paper too
  const water = { color: BASE.shore, weight: 0.8, fillColor: BASE.water, fillOpacity: 1 };
  const region = { color: BASE.border, weight: 1.2, dashArray: "6 3", fillColor: BASE.region, fillOpacity: 1 };
  const named: { size: number; name: L.Tooltip }[] = [];
  const options: L.GeoJSONOptions = {
    pane: "base",
    interactive: false,
    style: (feature) => (feature?.properties?.["kind"] === "water" ? water : region),
    onEachFeature: (feature, layer) => {
      const name = String(feature.properties?.["name"] ?? "");
      if (!name || feature.properties?.["kind"] !== "region" || !(layer instanceof L.Polygon)) return;
      layer.bindTooltip(h("span", {}, name), { permanent: true, direction: "center", className: "region-name", pane: "names", interactive: false });
      const box = layer.getBounds();
      named.push({ size: (box.getEast() - box.getWest()) * (box.getNorth() - box.getSouth()), name: layer.getTooltip()! });
    },
  };
  L.geoJSON(found, { ...options, renderer } as L.GeoJSONOptions).addTo(map);
  const names = named.sort((a, b) => b.size - a.size).map((one) => one.name);
  const placed = (): void => apart(names);
  map.on("zoomend viewreset resize", placed);
  placed();
  need("#map").dataset["outlined"] = "";
}
