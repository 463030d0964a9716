import { readCoordinates } from "../core/coordinates";

export interface TypedPlace {
  lon: number;
  lat: number;
  /** How the numbers were taken, as sentences of core/zh.ts. */
  notes: { key: "find.plane" | "find.degrees" | "find.zoneAssumed" | "typed.swapped"; zone?: number }[];
}

/** A place typed as coordinates, in any of the usual ways; null where the words are no coordinates. */
export function typedPlace(words: string, zone: number): TypedPlace | null {
  const first = readCoordinates(words, null);
  const bare = first.errors[0]?.code === "zone-needed";
  const typed = bare ? readCoordinates(words, zone) : first;
  const place = typed.rings[0]?.[0];
  if (typed.errors.length || !place || typed.rings.length !== 1 || typed.rings[0]!.length !== 1) return null;
  const notes: TypedPlace["notes"] = [typed.zones.length ? { key: "find.plane", zone: typed.zones[0]! } : { key: "find.degrees" }];
  if (bare) notes.push({ key: "find.zoneAssumed", zone });
  if (typed.swapped) notes.push({ key: "typed.swapped" });
  return { lon: place[0], lat: place[1], notes };
}
