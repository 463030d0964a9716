import { describe, expect, it } from "vitest";
import { asCoordinateText, readCoordinates } from "../src/core/coordinates";

describe("typed coordinates", () => {
  it("reads X,Y with a zone prefix", () => {
    const typed = readCoordinates("4498000.1,37402000\n4498000,37403000\n4499000,37403000", null);
    expect(typed.errors).toEqual([]);
    expect(typed.zones).toEqual([37]);
    expect(typed.rings[0]).toHaveLength(3);
    expect(typed.rings[0]![0]![0]).toBeCloseTo(109.84, 2);
    expect(typed.projected![0]![0]).toEqual({ x: 4498000.1, y: 37402000 });
  });
  it("asks for the zone instead of guessing", () => {
    expect(readCoordinates("4498000,402000", null).errors).toEqual([{ line: 1, code: "zone-needed", text: "4498000,402000" }]);
    expect(readCoordinates("4498000,402000", 37).errors).toEqual([]);
  });
  it("notices X and Y the other way round", () => {
    const typed = readCoordinates("37402000 4498000", null);
    expect(typed.swapped).toBe(true);
    expect(typed.rings[0]![0]![1]).toBeCloseTo(40.6, 1);
  });
  it("reads degrees, decimal and DMS", () => {
    const typed = readCoordinates("109.84,40.60\n40.61 109.85\n109°50′24.5″E,40°36'0\"N\n40°36′0″N 109°51′0″E", null);
    expect(typed.errors).toEqual([]);
    expect(typed.swapped).toBe(true);
    expect(typed.rings[0]![2]![0]).toBeCloseTo(109.840139, 6);
    expect(typed.rings[0]![3]).toEqual([109.85, 40.6]);
    expect(typed.projected).toBeNull();
  });
  it("names the line that it can't read", () => {
    const typed = readCoordinates("109.84,40.60\nabc,40\n5\n1,2,3,4,5\n109°70′0″,40°0′0″\n500,500", null);
    expect(typed.errors.map((e) => [e.line, e.code])).toEqual([
      [2, "not-a-number"], [3, "two-numbers"], [4, "two-numbers"], [5, "dms"], [6, "out-of-range"],
    ]);
  });
  it("starts another ring at an empty line or another ring number, and drops the closing point", () => {
    const text = "J1,1,4498000,37402000\nJ2,1,4498000,37403000\nJ3,1,4499000,37403000\nJ1,1,4498000,37402000\nJ4,2,4498100,37402800\nJ5,2,4498100,37402900\nJ6,2,4498200,37402900";
    expect(readCoordinates(text, null).rings.map((r) => r.length)).toEqual([3, 3]);
    expect(readCoordinates("109.8,40.6\n109.9,40.6\n109.9,40.7\n\n109.85,40.62\n109.86,40.62\n109.86,40.63", null).rings).toHaveLength(2);
  });
  it("writes them as coordinate text", () => {
    const text = asCoordinateText([[{ x: 1, y: 2 }, { x: 3, y: 4 }, { x: 5, y: 6 }]], 37);
    expect(text).toContain("带号=37");
    expect(text.trim().split("\n").slice(-4)).toEqual(["J1,1,1.0000,2.0000", "J2,1,3.0000,4.0000", "J3,1,5.0000,6.0000", "J1,1,1.0000,2.0000"]);
  });
});
