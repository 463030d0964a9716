import { BASE, tileSource, type CatalogueLayer } from "../map/catalogue";
import type { StackLayer } from "../map/vector-stack";
import type { LayerState } from "./permalink";

/** A layer that is shown, and how. */
export interface Shown {
  layer: CatalogueLayer;
  opacity: number;
  hidden: Set<string>;
  style: string;
  /** Held on to, whatever version the catalogue names. */
  version: number | null;
}

/** What may be switched on and off: all that can be drawn, but for the base map. */
export const choosable = (catalogue: CatalogueLayer[]): CatalogueLayer[] => catalogue.filter((l) => (l.tile_url || l.raster_url) && !BASE.includes(l.code));

export function shownAs(layer: CatalogueLayer, state: LayerState | null): Shown {
  return {
    layer,
    opacity: state?.opacity == null ? layer.opacity : state.opacity / 100,
    hidden: new Set(state?.hidden ?? []),
    style: state?.style && layer.raster_styles.includes(state.style) ? state.style : (layer.raster_styles[0] ?? ""),
    version: state?.version ?? null,
  };
}

/** The layers that an address names (the uppermost first), else those that the catalogue shows by default; each once. */
export function shownOf(layers: CatalogueLayer[], wanted: (LayerState | string)[] | null): Shown[] {
  const states = (wanted ?? layers.filter((l) => l.visible_by_default).sort((a, b) => b.order - a.order).map((l) => l.code))
    .map((one) => (typeof one === "string" ? { code: one, version: null, opacity: null, style: null, hidden: [] } : one));
  const seen = new Set<string>();
  return states.flatMap((state) => {
    const layer = layers.find((l) => l.code === state.code);
    if (!layer || seen.has(layer.code)) return [];
    seen.add(layer.code);
    return [shownAs(layer, state)];
  });
}

/** For the address: what differs from the catalogue. */
export function stateOf({ layer, opacity, hidden, style, version }: Shown): LayerState {
  return {
    code: layer.code,
    version,
    opacity: opacity === layer.opacity ? null : Math.round(opacity * 100),
    style: style && style !== layer.raster_styles[0] ? style : null,
    hidden: [...hidden],
  };
}

/** For drawing: the lowest first. */
export const stacked = (shown: readonly Shown[]): StackLayer[] => [...shown].reverse().map((s) => ({
  source: tileSource(s.layer, s.style),
  kind: s.layer.kind,
  styles: s.layer.legend,
  opacity: s.opacity,
  hidden: s.hidden,
  minZoom: s.layer.min_zoom,
  maxZoom: s.layer.max_zoom,
}));
