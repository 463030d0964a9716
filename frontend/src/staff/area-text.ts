import type { Position } from "../core/geodesy";

export type AreaShape =
  | { kind: "rect" | "poly"; ring: Position[] }
  | { kind: "circle"; lon: number; lat: number; metres: number }
  | { kind: "region"; code: string };

/** `rect:w,s,e,n`, `poly:lon,lat,…`, `circle:lon,lat,metres`, `region:code`; null for what is none of them. */
export function parseArea(text: string): AreaShape | null {
  const [kind, rest = ""] = text.split(":");
  if (kind === "region") return /^\d{6,12}$/.test(rest) ? { kind, code: rest } : null;
  const n = rest.split(",").map(Number);
  if (n.some((value) => !Number.isFinite(value))) return null;
  if (kind === "rect" && n.length === 4) {
    const [w, s, e, north] = n as [number, number, number, number];
    return { kind, ring: [[w, s], [e, s], [e, north], [w, north]] };
  }
  if (kind === "circle" && n.length === 3) return { kind, lon: n[0]!, lat: n[1]!, metres: n[2]! };
  if (kind === "poly" && n.length >= 6 && n.length % 2 === 0) return { kind, ring: Array.from({ length: n.length / 2 }, (_, i): Position => [n[2 * i]!, n[2 * i + 1]!]) };
  return null;
}

/** The ring of a circle for drawing: on a sphere, near enough for the eye; the server measures on the ellipsoid. */
export function circleRing({ lon, lat, metres }: { lon: number; lat: number; metres: number }, corners = 96): Position[] {
  const radians = Math.PI / 180;
  const turn = metres / 6371008.8;
  const here = lat * radians;
  return Array.from({ length: corners }, (_, i): Position => {
    const bearing = (i / corners) * 2 * Math.PI;
    const there = Math.asin(Math.sin(here) * Math.cos(turn) + Math.cos(here) * Math.sin(turn) * Math.cos(bearing));
    const aside = Math.atan2(Math.sin(bearing) * Math.sin(turn) * Math.cos(here), Math.cos(turn) - Math.sin(here) * Math.sin(there));
    return [lon + aside / radians, there / radians];
  });
}
