import L from "leaflet";
import { getJson } from "../core/api";
import { embedded, h, need } from "../core/dom";
import { squareMetres } from "../core/format";
import { t } from "../core/i18n";
import { tiles, type CatalogueLayer } from "../map/catalogue";
import { createStage, PASSIVE } from "../map/stage";
import { swatch } from "../map/symbols";
import { VectorTiles } from "../map/vector-tiles";
import { stateStyles } from "./looks";
import { settling } from "./settling";
import "../compare/compare.scss";
import "./comparison.scss";

type Box = [number, number, number, number];

interface Config {
  tiles: string;
  patches: string;
  patch: string;
  handling: string;
  bounds: Box | null;
  layers: [string, string];
  states: Record<string, string>;
}

interface Patch {
  number: number;
  class_a: string;
  name_a: string;
  class_b: string;
  name_b: string;
  area_m2: number;
  width_m: number;
  keys_a: string[];
  keys_b: string[];
  state: string;
  state_label: string;
  organisation: { name: string } | null;
  yields_label: string;
  note: string;
}

interface Step {
  at: string;
  by: string;
  state: string | null;
  organisation: string | null;
  note: string | null;
}

const CLICK = 6; // pixels around a click that count as on it
const corners = ([west, south, east, north]: Box): L.LatLngBoundsLiteral => [[south, west], [north, east]];

/** The page of one comparison: patches on the map and in the list, and what is done to them. */
export async function start(): Promise<void> {
  const config = embedded<Config>("comparison")!;
  settling(config.handling);
  const { map, catalogue } = await createStage(need("#map"), { scrollWheelZoom: false });
  map.on("focus click", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());
  map.createPane("patches").style.zIndex = "220";
  const styles = stateStyles(config.states);
  const drawn = new VectorTiles(config.tiles, { layer: "patches", styles, zIndex: 20, pane: "patches" });
  drawn.on("failed", () => (need("#map-status").textContent = t("map.tilesFailed", { layer: t("comparison.patches") })));
  drawn.addTo(map);
  need("#legend").replaceChildren(...styles.map((style) => h("li", {}, swatch(style), style.label)));
  under(map, catalogue, config.layers);
  if (config.bounds) map.fitBounds(corners(config.bounds), { padding: [30, 30], maxZoom: 16, animate: false });
  rowsToMap(map);
  map.on("click", (event: L.LeafletMouseEvent) => void ask(map, config, event));
}

/** One of the two plans below the patches, in its own colours. */
function under(map: L.Map, catalogue: CatalogueLayer[], codes: [string, string]): void {
  let shown: L.Layer | null = null;
  document.querySelectorAll<HTMLInputElement>("input[name=under]").forEach((radio) => {
    const layer = radio.value === "" ? null : catalogue.find((one) => one.code === codes[Number(radio.value)]);
    radio.disabled = layer === undefined;
    radio.addEventListener("change", () => {
      shown?.remove();
      shown = layer?.tile_url ? tiles(layer, 10).addTo(map) : null;
      if (layer && map.getZoom() < layer.min_zoom) map.setZoom(layer.min_zoom);
    });
  });
}

/** The number of a row goes to its place on the map and marks it there. */
function rowsToMap(map: L.Map): void {
  let mark: L.Rectangle | null = null;
  document.querySelectorAll<HTMLButtonElement>("[data-bounds]").forEach((button) => {
    button.addEventListener("click", () => {
      const bounds = L.latLngBounds(corners(button.dataset["bounds"]!.split(",").map(Number) as Box));
      map.fitBounds(bounds, { padding: [60, 60], maxZoom: 17 });
      mark?.remove();
      mark = L.rectangle(bounds.pad(0.08), { color: "#0b57d0", weight: 2, dashArray: "6 4", fill: false, interactive: false, ...PASSIVE }).addTo(map);
      need("#map").scrollIntoView({ block: "nearest" });
      need("#map-status").textContent = t("compare.shownOnMap", { key: button.dataset["patch"] ?? "" });
    });
  });
}

/** Which patches lie under a click, and what was done to the first. */
async function ask(map: L.Map, config: Config, event: L.LeafletMouseEvent): Promise<void> {
  const point = event.containerPoint;
  const [from, to] = [map.containerPointToLatLng(point.subtract([CLICK, -CLICK])), map.containerPointToLatLng(point.add([CLICK, -CLICK]))];
  const popup = L.popup({ maxWidth: 320 }).setLatLng(event.latlng).setContent(h("p", { class: "busy" }, t("identify.busy"))).openOn(map);
  try {
    const box = [from.lng, from.lat, to.lng, to.lat].map((n) => n.toFixed(8)).join(",");
    const { count, results } = await getJson<{ count: number; results: Patch[] }>(`${config.patches}?limit=4&order=-area&bbox=${box}`);
    if (!results[0]) {
      popup.setContent(h("p", { class: "row-note" }, t("comparison.nothingHere")));
      return;
    }
    const { history } = await getJson<{ history: Step[] }>(config.patch.replace(/\/0\/$/, `/${results[0].number}/`));
    popup.setContent(h("div", { class: "change-popup" }, ...results.map(card), steps(history, config.states), count > results.length ? h("p", { class: "row-note" }, t("comparison.more", { n: count - results.length })) : null));
  } catch {
    popup.setContent(h("p", {}, t("identify.failed", { why: "" })));
  }
}

function card(patch: Patch): HTMLElement {
  return h("div", { class: "change-card" },
    h("b", {}, t("comparison.patch", { number: patch.number })), " ", h("span", { class: `patch-state patch-${patch.state}` }, patch.state_label),
    h("p", {}, `${patch.class_a} ${patch.name_a} × ${patch.class_b} ${patch.name_b}`, h("br"), `${squareMetres(patch.area_m2)} m²`,
      patch.organisation ? ` · ${patch.organisation.name}` : "", patch.yields_label ? ` · ${patch.yields_label}` : ""),
    patch.note ? h("p", {}, patch.note) : null,
    h("p", { class: "row-note" }, `${patch.keys_a.join(" ")} / ${patch.keys_b.join(" ")}`));
}

function steps(history: Step[], states: Record<string, string>): HTMLElement | null {
  if (!history.length) return null;
  return h("ol", { class: "patch-history" }, ...history.slice(0, 5).map((step) =>
    h("li", {}, `${new Date(step.at).toLocaleString()} ${step.by} `, [step.state ? states[step.state] ?? step.state : "", step.organisation ?? "", step.note ?? ""].filter(Boolean).join(" · "))));
}
