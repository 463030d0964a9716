import L from "leaflet";
import { getJson } from "../core/api";
import { embedded, h, need } from "../core/dom";
import { squareMetres } from "../core/format";
import { t } from "../core/i18n";
import { tiles, type CatalogueLayer } from "../map/catalogue";
import { createStage, PASSIVE } from "../map/stage";
import { swatch } from "../map/symbols";
import { VectorTiles } from "../map/vector-tiles";
import { showFlow } from "./flow";
import { kindStyles } from "./kinds";
import { Swipe } from "./swipe";
import "./compare.scss";

type Box = [number, number, number, number];
type Side = CatalogueLayer & { version_label: string };

interface Config {
  code: string;
  before: Side;
  after: Side;
  /** Address of the tiles of the differences. */
  tiles: string;
  rows: string;
  flow: string;
  bounds: Box | null;
  kinds: Record<string, string>;
}

interface Change {
  key: string;
  kind: string;
  name: string;
  class_before: string | null;
  class_after: string | null;
  area_before: number | null;
  area_after: number | null;
  bounds: Box;
}

const CLICK = 6; // pixels around a click that count as on it
const corners = ([west, south, east, north]: Box): L.LatLngBoundsLiteral => [[south, west], [north, east]];

/** The page of the differences between two versions: the map with both, what changed, and the area flow. */
export async function start(): Promise<void> {
  const config = embedded<Config>("differences");
  if (!config) return; // one version alone
  const flow = document.querySelector<HTMLElement>("#flow");
  if (flow) void showFlow(flow, config.flow);
  const { map } = await createStage(need("#map"), { scrollWheelZoom: false });
  map.on("focus click", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());
  const sides = [pane(map, "before", config.before), pane(map, "after", config.after)] as const;
  const raster = config.before.kind === "raster";
  const styles = kindStyles(config.kinds);
  const drawn = raster ? null : new VectorTiles(config.tiles, { layer: `${config.code}-changes`, styles, zIndex: 20, pane: changesPane(map) });
  drawn?.on("failed", () => (need("#map-status").textContent = t("map.tilesFailed", { layer: t("compare.changes") })));
  const swipe = new Swipe(map, map.getPane("before")!, map.getPane("after")!, [config.before.version_label, config.after.version_label]);

  const legend = need("#legend");
  const buttons = [...document.querySelectorAll<HTMLButtonElement>("[data-mode]")];
  const show = (mode: string): void => {
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset["mode"] === mode)));
    const swiping = mode === "swipe";
    sides[0].remove();
    sides[1].addTo(map).setOpacity(swiping ? opacity(config.after) : 0.3);
    if (swiping) {
      sides[0].addTo(map).setOpacity(opacity(config.before));
      drawn?.remove();
      swipe.show();
      // both sides would be blank where the layer isn't drawn yet
      if (map.getZoom() < config.after.min_zoom) map.setZoom(config.after.min_zoom);
    } else {
      swipe.hide();
      drawn?.addTo(map);
    }
    legend.hidden = swiping;
  };
  buttons.forEach((button) => button.addEventListener("click", () => show(button.dataset["mode"]!)));
  legend.replaceChildren(...[...styles.slice(1), styles[0]!].map((style) => h("li", {}, swatch(style), style.label)));
  show(raster ? "swipe" : "changes");
  if (config.bounds) map.fitBounds(corners(config.bounds), { padding: [30, 30], maxZoom: 16, animate: false });
  if (raster) return;
  rowsToMap(map);
  map.on("click", (event: L.LeafletMouseEvent) => void ask(map, config, event));
}

const opacity = (layer: CatalogueLayer): number => Math.max(layer.opacity ?? 1, 0.8);

/** One version's tiles in a pane of its own, so that it can be clipped. */
function pane(map: L.Map, name: "before" | "after", layer: Side): L.GridLayer {
  const element = map.getPane(name) ?? map.createPane(name);
  element.style.zIndex = "210";
  if (layer.kind === "raster") return L.tileLayer((layer.raster_url ?? "").replace("{style}", layer.raster_styles[0] ?? "values"), { pane: name });
  const looks = layer.legend.length ? layer.legend : [{ class: "", label: layer.name, fill: "rgba(110,106,98,.16)", stroke: "#6e6a62" }];
  return tiles({ ...layer, legend: looks }, 10, { pane: name });
}

function changesPane(map: L.Map): string {
  map.createPane("changes").style.zIndex = "220";
  return "changes";
}

/** The key of a row goes to its place on the map and marks it there. */
function rowsToMap(map: L.Map): void {
  let mark: L.Rectangle | null = null;
  document.querySelectorAll<HTMLButtonElement>("[data-bounds]").forEach((button) => {
    button.addEventListener("click", () => {
      const box = button.dataset["bounds"]!.split(",").map(Number) as Box;
      const bounds = L.latLngBounds(corners(box));
      map.fitBounds(bounds, { padding: [60, 60], maxZoom: 17 });
      mark?.remove();
      mark = L.rectangle(bounds.pad(0.08), { color: "#0b57d0", weight: 2, dashArray: "6 4", fill: false, interactive: false, ...PASSIVE }).addTo(map);
      need("#map").scrollIntoView({ block: "center" });
      need("#map-status").textContent = t("compare.shownOnMap", { key: button.dataset["key"] ?? "" });
    });
  });
}

/** What changed under a click. */
async function ask(map: L.Map, config: Config, event: L.LeafletMouseEvent): Promise<void> {
  const point = event.containerPoint;
  const [from, to] = [map.containerPointToLatLng(point.subtract([CLICK, -CLICK])), map.containerPointToLatLng(point.add([CLICK, -CLICK]))];
  const popup = L.popup({ maxWidth: 300 }).setLatLng(event.latlng).setContent(h("p", { class: "busy" }, t("identify.busy"))).openOn(map);
  try {
    const box = [from.lng, from.lat, to.lng, to.lat].map((n) => n.toFixed(8)).join(",");
    const { count, results } = await getJson<{ count: number; results: Change[] }>(`${config.rows}&limit=6&bbox=${box}`);
    popup.setContent(count ? h("div", { class: "change-popup" }, ...results.map((change) => card(change, config)), count > results.length ? h("p", { class: "row-note" }, t("compare.more", { n: count - results.length })) : null) : h("p", { class: "row-note" }, t("compare.nothingHere")));
  } catch {
    popup.setContent(h("p", {}, t("identify.failed", { why: "" })));
  }
}

function card(change: Change, config: Config): HTMLElement {
  const classes = [change.class_before, change.class_after].filter((code) => code !== null);
  const areas = [change.area_before, change.area_after].filter((area): area is number => area !== null).map(squareMetres);
  return h("div", { class: "change-card" },
    h("b", {}, change.key), " ", h("span", { class: `change change-${change.kind}` }, config.kinds[change.kind] ?? change.kind),
    h("p", {}, [...new Set(classes)].join(" → ") || "—", h("br"), `${[...new Set(areas)].join(" → ")} m²`));
}
