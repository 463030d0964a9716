import type L from "leaflet";
import { getJson } from "../core/api";
import type { ClassStyle } from "./symbols";
import type { TileSource } from "./tile-store";
import { VectorStack } from "./vector-stack";
import { VectorTiles } from "./vector-tiles";

/** One layer that the user may see, in one of its versions (api/v1/layers/). */
export interface CatalogueLayer {
  code: string;
  name: string;
  theme: string;
  kind: "vector" | "raster";
  version: number;
  tile_url: string | null;
  raster_url: string | null;
  raster_styles: string[];
  legend: ClassStyle[];
  opacity: number;
  min_zoom: number;
  max_zoom: number;
  order: number;
  visible_by_default: boolean;
  notice: string;
  authority: string;
  source_date: string | null;
  /** False for a version that has been superseded since. */
  in_force: boolean;
}

/** What the base map is made of; the rest stands in the layer tree. */
export const BASE = ["XZQ", "SX", "DL"];

/** The layers in force, or as of a day (2026-01-01), or some of them in versions by number. */
export async function loadCatalogue(asked: { asOf?: string | null; versions?: Record<string, number> } = {}): Promise<CatalogueLayer[]> {
  const query = new URLSearchParams();
  if (asked.asOf) query.set("as_of", asked.asOf);
  const numbers = Object.entries(asked.versions ?? {});
  if (numbers.length) query.set("v", numbers.map(([code, number]) => `${code}:${number}`).join(","));
  const layers = await getJson<CatalogueLayer[]>(`/api/v1/layers/${String(query) && `?${query}`}`);
  // A layer that came without a look of its own is still drawn.
  return layers.map((l) => (l.legend.length ? l : { ...l, legend: [{ class: "", label: l.name, fill: "rgba(110,106,98,.16)", stroke: "#6e6a62" }] }));
}

/** Where a layer's tiles come from; a raster in one of its looks. */
export const tileSource = (layer: CatalogueLayer, style = layer.raster_styles[0] ?? ""): TileSource => ({
  code: layer.code,
  version: layer.version,
  url: layer.tile_url ?? (layer.raster_url ?? "").replace("{style}", style),
  bundled: layer.kind === "vector",
});

/** One layer's vector tiles as a map layer of their own. */
export function tiles(layer: CatalogueLayer, zIndex: number, options: Partial<L.GridLayerOptions> & { keepNames?: boolean } = {}): VectorTiles {
  return new VectorTiles(layer.tile_url!, {
    layer: layer.code,
    version: layer.version,
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
export function baseMap(catalogue: CatalogueLayer[]): VectorStack {
  const stack = new VectorStack({ pane: "base", className: "tiles-base", zIndex: 10 });
  const layers = BASE.flatMap((code) => catalogue.find((l) => l.code === code && l.tile_url) ?? []);
  stack.setLayers(layers.map((layer) => ({
    source: { ...tileSource(layer), keepNames: layer.code !== "DL" },
    kind: "vector",
    styles: BASE_LOOK[layer.code]!,
    opacity: 1,
    hidden: new Set(),
    minZoom: layer.min_zoom,
    maxZoom: layer.max_zoom,
  })));
  return stack;
}

export function basePane(map: L.Map): void {
  const pane = map.getPane("base") ?? map.createPane("base");
  pane.style.zIndex = "150";
}
