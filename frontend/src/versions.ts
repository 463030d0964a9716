import L from "leaflet";
import "./compare/compare.scss";
import { Swipe } from "./compare/swipe";
import { embedded, h, need } from "./core/dom";
import { t, type Key } from "./core/i18n";
import { createStage, PASSIVE } from "./map/stage";

interface Config {
  before: GeoJSON.Geometry;
  after: GeoJSON.Geometry;
  added: GeoJSON.Geometry | null;
  removed: GeoJSON.Geometry | null;
  labels: [string, string];
  points: { change: "moved" | "added" | "removed"; place: [number, number] }[];
}

const LOOK: Record<"before" | "after" | "added" | "removed" | "points", L.PathOptions> = {
  before: { color: "#a04a00", weight: 3, dashArray: "6 4", fillOpacity: 0.06 },
  after: { color: "#0b3d91", weight: 3, fillColor: "#2f6fd0", fillOpacity: 0.08 },
  added: { color: "#14612d", weight: 2, fillOpacity: 0.35 },
  removed: { color: "#9c1c22", weight: 2, fillOpacity: 0.3 },
  points: { color: "#5b2a86", weight: 2, fillColor: "#fff", fillOpacity: 1 },
};

/** Two versions of a boundary on one map: what was added and removed, which points changed; or side by side. */
async function start(): Promise<void> {
  const config = embedded<Config>("versions");
  if (!config) return;
  const { map } = await createStage(need("#map"), { scrollWheelZoom: false });
  map.on("focus click", () => map.scrollWheelZoom.enable());
  for (const name of ["before", "after"]) map.createPane(name).style.zIndex = "410";
  const layer = (geometry: GeoJSON.Geometry | null, look: L.PathOptions, pane = "overlayPane"): L.GeoJSON =>
    L.geoJSON(geometry as GeoJSON.GeoJsonObject | null ?? undefined, { style: look, pane, renderer: L.svg({ pane, padding: 0.5 }), interactive: false, ...PASSIVE } as L.GeoJSONOptions);
  const before = layer(config.before, LOOK.before, "before");
  const after = layer(config.after, LOOK.after, "after");
  const points = config.points.map(({ place: [lon, lat] }) => L.circleMarker([lat, lon], { radius: 4, ...LOOK.points, interactive: false, ...PASSIVE }));
  const changes = L.featureGroup([layer(config.added, LOOK.added), layer(config.removed, LOOK.removed), ...points.slice(0, 500)]);
  const swipe = new Swipe(map, map.getPane("before")!, map.getPane("after")!, config.labels);
  const buttons = [...document.querySelectorAll<HTMLButtonElement>("[data-mode]")];
  const show = (mode: string): void => {
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset["mode"] === mode)));
    before.addTo(map);
    after.addTo(map);
    if (mode === "swipe") {
      changes.remove();
      swipe.show();
    } else {
      swipe.hide();
      changes.addTo(map);
    }
  };
  buttons.forEach((button) => button.addEventListener("click", () => show(button.dataset["mode"]!)));
  const names: [keyof typeof LOOK, Key][] = [["before", "versions.before"], ["after", "versions.after"], ["added", "versions.added"], ["removed", "versions.removed"], ["points", "versions.points"]];
  need("#legend").replaceChildren(...names.map(([look, name]) => h("li", {}, swatch(LOOK[look]), t(name))));
  const bounds = L.featureGroup([before, after]).getBounds();
  if (bounds.isValid()) map.fitBounds(bounds, { padding: [40, 40], maxZoom: 18, animate: false });
  show("changes");
  document.querySelectorAll<HTMLButtonElement>("[data-point]").forEach((button) =>
    button.addEventListener("click", () => {
      const at = points[Number(button.dataset["point"])]!;
      points.forEach((point) => point.setStyle(LOOK.points).setRadius(4));
      at.setStyle({ fillColor: "#ffcf33", weight: 3 }).setRadius(8).addTo(map).bringToFront();
      map.setView(at.getLatLng(), Math.max(map.getZoom(), 17));
      need("#map").scrollIntoView({ block: "center" });
    }));
}

function swatch(look: L.PathOptions): SVGSVGElement {
  const names = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(names, "svg");
  svg.setAttribute("viewBox", "0 0 24 14");
  svg.setAttribute("class", "swatch");
  svg.setAttribute("aria-hidden", "true");
  const rect = document.createElementNS(names, "rect");
  const values: Record<string, string> = { x: "1", y: "1", width: "22", height: "12", stroke: look.color ?? "", "stroke-width": "2", "stroke-dasharray": String(look.dashArray ?? ""), fill: look.fillColor ?? look.color ?? "none", "fill-opacity": String(look.fillOpacity ?? 0) };
  for (const [name, value] of Object.entries(values)) rect.setAttribute(name, value);
  svg.append(rect);
  return svg;
}

void start();
