import { describe, expect, it } from "vitest";
import { geodesicLength, pathLength, ringArea } from "../src/core/geodesic";
import type { Position } from "../src/core/geodesy";

// Expected: pyproj.Geod(a=6378137, rf=298.257222101), lengths by inv, areas after splitting every edge to at most 10 m.
describe("length on the ellipsoid", () => {
  it.each<[Position, Position, number]>([
    [[109.84, 40.62], [109.8412, 40.6207], 127.87724361504846],
    [[109.3, 40.2], [111.4, 42.7], 328431.76426680776],
    [[109.5, 40.6], [109.5, 41.6], 111055.84539807528],
    [[109.0, 40.0], [110.5, 40.0], 128089.27398494032],
    [[73.5, 39.5], [135.0, 48.4], 4898157.604113944],
  ])("%j to %j", (p, q, expected) => {
    expect(Math.abs(geodesicLength(p, q) - expected)).toBeLessThan(1e-3);
    expect(geodesicLength(q, p)).toBeCloseTo(geodesicLength(p, q), 6);
  });
  it("is nothing from a place to itself", () => expect(geodesicLength([110, 40], [110, 40])).toBe(0));
  it("adds up along a path", () => {
    const path: Position[] = [[109.5, 40.6], [109.5, 41.0], [109.5, 41.6]];
    expect(Math.abs(pathLength(path) - 111055.84539807528)).toBeLessThan(1e-3);
  });
});

describe("area on the ellipsoid", () => {
  it.each<[Position[], number]>([
    [[[109.84, 40.6], [109.85, 40.6], [109.853, 40.61], [109.84, 40.612]], 1202988.3071674127],
    [[[109.3, 40.2], [110.6, 40.3], [110.9, 41.5], [109.1, 41.2]], 15876898860.647074],
  ])("ring %#", (ring, expected) => {
    expect(Math.abs(ringArea(ring) / expected - 1)).toBeLessThan(1e-6);
    expect(ringArea([...ring].reverse())).toBeCloseTo(ringArea(ring), 2);
  });
});
