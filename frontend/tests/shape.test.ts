import { describe, expect, it } from "vitest";
import type { MultiPolygon, Ring } from "../src/core/geodesy";
import { counts, fromGeoJson, fromRings, removeAt, toGeoJson } from "../src/edit/shape";

const box = (x: number, y: number, side: number): Ring => [[x, y], [x + side, y], [x + side, y + side], [x, y + side]];
const site: MultiPolygon = [[box(0, 0, 10), box(2, 2, 2)], [box(20, 0, 5)]];

describe("shape", () => {
  it("goes to GeoJSON and back with every hole and part", () => {
    expect(fromGeoJson(toGeoJson(site))).toEqual(site);
    expect(counts(site)).toEqual({ parts: 2, holes: 1, vertices: 12 });
  });
  it("removes a hole, or the part around it", () => {
    expect(removeAt(site, [3, 3])).toEqual([[box(0, 0, 10)], [box(20, 0, 5)]]);
    expect(removeAt(site, [8, 8])).toEqual([[box(20, 0, 5)]]);
    expect(removeAt(site, [50, 50])).toBeNull();
  });
  it("removes the island in a hole before the hole", () => {
    const island: MultiPolygon = [[box(0, 0, 10), box(2, 2, 4)], [box(3, 3, 1)]];
    expect(removeAt(island, [3.5, 3.5])).toEqual([[box(0, 0, 10), box(2, 2, 4)]]);
    const first: MultiPolygon = [island[1]!, island[0]!];
    expect(removeAt(first, [3.5, 3.5])).toEqual([island[0]]);
  });
  it("makes typed rings parts or holes by where they lie", () => {
    expect(fromRings([box(2, 2, 2), box(0, 0, 10), box(20, 0, 5)])).toEqual([[box(0, 0, 10), box(2, 2, 2)], [box(20, 0, 5)]]);
  });
});
