// The boundary as plain data: parts with holes. Every operation returns a new one and never drops a ring it wasn't asked to.
import type { MultiPolygon, Polygon, Position, Ring } from "../core/geodesy";

const open = (ring: GeoJSON.Position[]): Ring => {
  const points = ring.map((p): Position => [p[0]!, p[1]!]);
  const first = points[0];
  const last = points[points.length - 1];
  if (points.length > 1 && first && last && first[0] === last[0] && first[1] === last[1]) points.pop();
  return points;
};

export function fromGeoJson(geometry: GeoJSON.Geometry | null): MultiPolygon {
  if (geometry?.type === "Polygon") return [geometry.coordinates.map(open)];
  if (geometry?.type === "MultiPolygon") return geometry.coordinates.map((part) => part.map(open));
  return [];
}

export const toGeoJson = (parts: MultiPolygon): GeoJSON.MultiPolygon => ({
  type: "MultiPolygon",
  coordinates: parts.map((rings) => rings.map((ring) => [...ring, ring[0]!])),
});

export function counts(parts: MultiPolygon): { parts: number; holes: number; vertices: number } {
  const rings = parts.flat();
  return { parts: parts.length, holes: rings.length - parts.length, vertices: rings.reduce((n, r) => n + r.length, 0) };
}

export function inRing([x, y]: Position, ring: Ring): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i]!;
    const [xj, yj] = ring[j]!;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

const side = (a: Position, b: Position, c: Position): number => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));

function cross(a: Ring, b: Ring): boolean {
  for (let i = 0; i < a.length; i++) {
    const [p, q] = [a[i]!, a[(i + 1) % a.length]!];
    for (let j = 0; j < b.length; j++) {
      const [r, s] = [b[j]!, b[(j + 1) % b.length]!];
      if (side(p, q, r) !== side(p, q, s) && side(r, s, p) !== side(r, s, q)) return true;
    }
  }
  return false;
}

/** Whether a ring lies in the flesh of a part: within its outer ring, clear of its holes, crossing nothing. */
export function fitsAsHole(ring: Ring, part: Polygon): boolean {
  const [outer, ...holes] = part;
  if (!outer || !ring.every((p) => inRing(p, outer)) || cross(ring, outer)) return false;
  return holes.every((hole) => !cross(ring, hole) && !inRing(ring[0]!, hole) && !inRing(hole[0]!, ring));
}

/** Takes away what stands under a place: the hole if it is in one, else the part. */
export function removeAt(parts: MultiPolygon, at: Position): MultiPolygon | null {
  for (let i = parts.length - 1; i >= 0; i--) {
    const [outer, ...holes] = parts[i]!;
    if (!outer || !inRing(at, outer)) continue;
    const hole = holes.findIndex((h) => inRing(at, h));
    // A part may stand in the hole of another: that one is meant.
    if (hole >= 0 && parts.some((p, k) => k !== i && p[0] && inRing(at, p[0]) && holes[hole]!.length && inRing(p[0][0]!, holes[hole]!))) continue;
    return parts.flatMap((part, k) => (k !== i ? [part] : hole >= 0 ? [[outer, ...holes.filter((_, n) => n !== hole)]] : []));
  }
  return null;
}

/** Typed rings: a ring within another is its hole. */
export function fromRings(rings: Ring[]): MultiPolygon {
  const sorted = [...rings].sort((a, b) => extent(b) - extent(a));
  const parts: MultiPolygon = [];
  for (const ring of sorted) {
    const host = parts.find((part) => fitsAsHole(ring, part));
    if (host) host.push(ring);
    else parts.push([ring]);
  }
  return parts;
}

function extent(ring: Ring): number {
  const xs = ring.map((p) => p[0]);
  const ys = ring.map((p) => p[1]);
  return (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
}
