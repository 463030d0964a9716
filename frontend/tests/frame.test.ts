import { describe, expect, it } from "vitest";
import { geodesicLength } from "../src/core/geodesic";
import { centralMeridian, toPlane, zoneOf, type Position } from "../src/core/geodesy";
import { frameCorners } from "../src/staff/frame";
import { typedPlace } from "../src/staff/typed-place";

const centre: Position = [109.84, 40.62];
const plane = (p: Position): { x: number; y: number } => toPlane(p, centralMeridian(zoneOf(centre[0])));

describe("print frame", () => {
  it("is as large on the ground as paper and scale say", () => {
    const [a, b, c, d] = frameCorners(centre, 200, 100, 10_000, 0).map(plane) as [{ x: number; y: number }, { x: number; y: number }, { x: number; y: number }, { x: number; y: number }];
    expect([b.y - a.y, a.x - d.x, c.y - d.y, b.x - c.x].map((v) => Math.round(v * 1000) / 1000)).toEqual([2000, 1000, 2000, 1000]);
  });
  it("turns clockwise: at 90 degrees its top looks east", () => {
    const corners = frameCorners(centre, 200, 100, 10_000, 90);
    const [a, b] = corners.map(plane) as [{ x: number; y: number }, { x: number; y: number }];
    const middle = plane(centre);
    expect((a.y + b.y) / 2 - middle.y).toBeCloseTo(500, 3);
    expect((a.x + b.x) / 2 - middle.x).toBeCloseTo(0, 3);
    expect(geodesicLength(corners[0]!, corners[1]!)).toBeCloseTo(2000, 0);
  });
});

describe("typed place", () => {
  it("takes X and Y with a zone, and the other way round", () => {
    for (const words of ["4498000 37402000", "37402000,4498000"]) {
      const place = typedPlace(words, 36)!;
      expect(place.lon).toBeCloseTo(109.84, 2);
      expect(place.notes).toHaveLength(words.startsWith("3") ? 2 : 1);
    }
  });
  it("takes the zone of the map's middle where none is given, and says so", () => {
    expect(typedPlace("4498000 402000", 37)!.notes).toHaveLength(2);
  });
  it("takes degrees in any way", () => {
    expect(typedPlace("109.84, 40.62", 37)!.lat).toBe(40.62);
    expect(typedPlace("109°50′24″E 40°36′0″N", 37)!.lon).toBeCloseTo(109.84, 6);
  });
  it("leaves names and keys alone", () => {
    for (const words of ["昆都仑河", "XZQ-001", "150207", "1 2 3", "供水工程 7"]) expect(typedPlace(words, 37)).toBeNull();
  });
});
