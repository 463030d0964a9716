import { describe, expect, it } from "vitest";
import { area, edgeLength, fromPlane, toPlane, type Position, zoneOf } from "../src/core/geodesy";

const square = (side: number): Position[] =>
  [[0, 0], [side, 0], [side, side], [0, side]].map(([e, n]) => fromPlane(3340000 + n!, 601000 + e!, 114));

describe("official area", () => {
  // domain facts: squares at E = 38601000, N = 3340000
  it.each([[30, 899.7735], [200, 39989.918], [1000, 999745.9506], [5000, 24993395.6692]])("square of %i m", (side, expected) => {
    expect(Math.abs(area([[square(side)]]) - expected)).toBeLessThan(1e-4);
  });
  it("takes holes away, whatever their direction", () => {
    const outer = square(200);
    const hole = square(30);
    expect(area([[outer, hole]])).toBeCloseTo(39989.918 - 899.7735, 3);
    expect(area([[outer, [...hole].reverse()]])).toBeCloseTo(39989.918 - 899.7735, 3);
  });
});

describe("Gauss-Krüger", () => {
  it("goes there and back within a tenth of a millimetre", () => {
    for (const [lon, lat, meridian] of [[109.85, 40.62, 111], [109.3, 42.7, 108], [111.4, 40.2, 111]] as const) {
      const { x, y } = toPlane([lon, lat], meridian);
      const [l, b] = fromPlane(x, y, meridian);
      expect(Math.abs(l - lon)).toBeLessThan(1e-10);
      expect(Math.abs(b - lat)).toBeLessThan(1e-10);
    }
  });
  it("knows the zone", () => {
    expect(zoneOf(109.49)).toBe(36);
    expect(zoneOf(109.51)).toBe(37);
  });
  it("measures an edge", () => {
    const [p, q] = square(1000) as [Position, Position];
    expect(edgeLength(p, q)).toBeCloseTo(1000 / 1.0001253, 1);
  });
});
