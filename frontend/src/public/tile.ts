import { VectorTile, type VectorTileFeature } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";

/** One project, or several that stand close together at this zoom. Longitude and latitude in degrees. */
export interface Mark {
  lon: number;
  lat: number;
  n: number;
  kinds: Record<string, number>;
  /** Of several: how far they lie apart, in metres of Web Mercator. */
  span: number;
  slug: string;
  name: string;
  region: string;
  stage: string;
  planned: number | null;
  completed: number | null;
}

export interface Shape {
  slug: string;
  kind: string;
  /** Rings in shares of the tile's side. */
  rings: [number, number][][];
}

export interface Tile {
  z: number;
  x: number;
  y: number;
  marks: Mark[];
  shapes: Shape[];
}

export const KINDS = ["key", "government", "planned", "reserve"] as const;

const number = (value: unknown): number | null => (typeof value === "number" ? value : null);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

export function decoded(bytes: ArrayBuffer, z: number, x: number, y: number): Tile {
  const { layers } = new VectorTile(new PbfReader(new Uint8Array(bytes)));
  const each = <T>(name: string, made: (feature: VectorTileFeature) => T): T[] => {
    const layer = layers[name];
    return layer ? Array.from({ length: layer.length }, (_, index) => made(layer.feature(index))) : [];
  };
  return { z, x, y, marks: each("marks", (feature) => markOf(feature, z, x, y)), shapes: each("shapes", shapeOf) };
}

function markOf(feature: VectorTileFeature, z: number, x: number, y: number): Mark {
  const p = feature.properties;
  const at = feature.loadGeometry()[0]![0]!;
  const side = 2 ** z;
  const north = Math.PI * (1 - (2 * (y + at.y / feature.extent)) / side);
  return {
    lon: ((x + at.x / feature.extent) / side) * 360 - 180,
    lat: (Math.atan(Math.sinh(north)) * 180) / Math.PI,
    n: number(p["n"]) ?? 1,
    kinds: Object.fromEntries(KINDS.map((kind) => [kind, number(p[kind]) ?? 0])),
    span: number(p["span"]) ?? 0,
    slug: text(p["slug"]),
    name: text(p["name"]),
    region: text(p["region"]),
    stage: text(p["stage"]),
    planned: number(p["planned_yuan"]),
    completed: number(p["completed_yuan"]),
  };
}

function shapeOf(feature: VectorTileFeature): Shape {
  const rings = feature.loadGeometry().map((ring) => ring.map((at): [number, number] => [at.x / feature.extent, at.y / feature.extent]));
  return { slug: text(feature.properties["slug"]), kind: text(feature.properties["kind"]), rings };
}
