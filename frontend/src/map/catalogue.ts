import L from "leaflet";
import { getJson } from "../core/api";
import { VectorTiles } from "./vector-tiles";
import type { ClassStyle } from "./symbols";

/** One layer that the user may see, in its current version (api/v1/layers/). */
export interface CatalogueLayer {
  code: string;
  name: string;
  theme: string;
  kind: "vector" | "raster";
  version: number;
  tile_url: string | null;
  legend: ClassStyle[];
  min_zoom: number;
  order: number;
  visible_by_default: boolean;
  notice: string;
  authority: string;
  source_date: string | null;
}

/** What the base map is made of; the rest stands in the layer tree. */
export const BASE = ["XZQ", "SX", "DL"];

export async function loadCatalogue(): Promise<CatalogueLayer[]> {
  const answer = await getJson<CatalogueLayer[] | { results: CatalogueLayer[] }>("/api/v1/layers/");
  const layers = Array.isArray(answer) ? answer : answer.results;
  // A layer that came without a look of its own is still drawn.
  return layers.map((l) => (l.legend.length ? l : { ...l, legend: [{ class: "", label: l.name, fill: "rgba(110,106,98,.16)", stroke: "#6e6a62" }] }));
}

export function tiles(layer: CatalogueLayer, zIndex: number, options: Partial<L.GridLayerOptions> & { keepNames?: boolean } = {}): VectorTiles {
  return new VectorTiles(layer.tile_url!, {
    layer: layer.code,
    styles: layer.legend,
    minZoom: layer.min_zoom,
    zIndex,
    className: `tiles-${layer.code}`,
    ...options,
  });
}

const BASE_LOOK: Record<string, ClassStyle[]> = {
  XZQ: [{ class: "", label: "", fill: "#fbfaf5", stroke: "#8d877a", width: 1.4, dash: [7, 3, 2, 3] }],
  SX: [{ class: "", label: "", fill: "#c3dbe8", stroke: "#8fb6cc", width: 0.8 }],
  DL: [{ class: "", label: "", fill: "#ffffff", stroke: "#b5a98f", width: 1.6 }],
};

/** The base map from our own layers: calm colours, so that what lies on it stands out. Names come from the regions. */
export function baseMap(catalogue: CatalogueLayer[]): { group: L.LayerGroup; regions: VectorTiles | null; water: VectorTiles | null } {
  const group = L.layerGroup();
  let regions: VectorTiles | null = null;
  let water: VectorTiles | null = null;
  BASE.forEach((code, i) => {
    const layer = catalogue.find((l) => l.code === code && l.tile_url);
    if (!layer) return;
    const own = { ...layer, legend: BASE_LOOK[code]! };
    const made = tiles(own, 10 + i, { pane: "base", keepNames: code !== "DL" });
    if (code === "XZQ") regions = made;
    if (code === "SX") water = made;
    group.addLayer(made);
  });
  return { group, regions, water };
}

export function basePane(map: L.Map): void {
  const pane = map.getPane("base") ?? map.createPane("base");
  pane.style.zIndex = "150";
}
