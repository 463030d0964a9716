// What is being edited, as plain data: plots with numbers, names and uses. Every step gives a new state, so undo takes
// back all of it: geometry, names, imports.
import type { MultiPolygon, Polygon, Position, Ring } from "../core/geodesy";
import { fromGeoJson, removeAt, toGeoJson } from "./shape";

export interface Plot {
  number: string;
  name: string;
  use: string;
  /** What a file said of it beside; kept as it was. */
  attributes: Record<string, string>;
  /** The centre line and width that its ground was made from, while it is that ground. */
  line: { coordinates: Position[]; width_m: number } | null;
  parts: MultiPolygon;
}

export interface State {
  plots: Plot[];
  /** EPSG code of the system in which edges are straight: a file's own plane, 4490 for what was drawn. */
  plane: number;
}

export type Drawn = GeoJSON.FeatureCollection<GeoJSON.MultiPolygon, Omit<Plot, "parts">> & { plane: number };

export const DEGREES = 4490;
export const EMPTY: State = { plots: [], plane: DEGREES };

export const partsOf = (state: State): MultiPolygon => state.plots.flatMap((plot) => plot.parts);

export function toDrawing(state: State): Drawn {
  return {
    type: "FeatureCollection",
    plane: state.plane,
    features: state.plots.map(({ parts, ...properties }) => ({ type: "Feature", geometry: toGeoJson(parts), properties })),
  };
}

export function fromDrawing(drawing: Drawn): State {
  const plots = drawing.features.map(({ geometry, properties: p }): Plot => ({
    number: p.number ?? "", name: p.name ?? "", use: p.use ?? "", attributes: p.attributes ?? {}, line: p.line ?? null, parts: fromGeoJson(geometry),
  }));
  return { plots, plane: drawing.plane ?? DEGREES };
}

/** The next number that no plot has; none where plots go without. */
export function freeNumber(plots: Plot[]): string {
  if (plots.length && !plots.some((plot) => plot.number)) return "";
  const taken = new Set(plots.map((plot) => plot.number));
  let next = plots.length + 1;
  while (taken.has(String(next))) next++;
  return String(next);
}

/** With polygons added, each as a plot of its own. */
export function withPlots(state: State, polygons: Polygon[]): State {
  const plots = [...state.plots];
  for (const polygon of polygons) plots.push({ number: freeNumber(plots), name: "", use: "", attributes: {}, line: null, parts: [polygon] });
  return { ...state, plots };
}

/** With other ground under the same plots; a plot whose ground changed is no longer what its line made. */
export function withParts(state: State, parts: MultiPolygon[]): State {
  const plots = state.plots.map((plot, i) => (same(plot.parts, parts[i]!) ? plot : { ...plot, parts: parts[i]!, line: null }));
  return { ...state, plots: plots.filter((plot) => plot.parts.length) };
}

export const withPlot = (state: State, index: number, change: Partial<Plot>): State => ({
  ...state,
  plots: state.plots.map((plot, i) => (i === index ? { ...plot, ...change } : plot)),
});

export const without = (state: State, indexes: Set<number>): State => ({ ...state, plots: state.plots.filter((_, i) => !indexes.has(i)) });

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Takes away what stands under a place: a hole, a part, or the plot with its last part; null where nothing does. */
export function removed(state: State, at: Position): State | null {
  const rest = removeAt(partsOf(state), at);
  if (!rest) return null;
  const byOuter = new Map<Ring, Polygon>(rest.map((part) => [part[0]!, part]));
  return withParts(state, state.plots.map((plot) => plot.parts.flatMap((part) => { const kept = byOuter.get(part[0]!); return kept ? [kept] : []; })));
}

/** A ring that lies in the flesh of one part, as its hole, point for point; null where it doesn't. */
export function withHole(state: State, ring: Ring, fits: (ring: Ring, part: Polygon) => boolean): State | null {
  let found = false;
  const parts = state.plots.map((plot) =>
    plot.parts.map((part) => {
      if (found || !fits(ring, part)) return part;
      found = true;
      return [...part, ring];
    }));
  return found ? withParts(state, parts) : null;
}
