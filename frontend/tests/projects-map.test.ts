import { describe, expect, it } from "vitest";
import { exact, fen, progress, wanToYuan } from "../src/core/money";
import { gathered } from "../src/map/clusters";
import { density, heatColour } from "../src/map/density";
import { geodesicLength } from "../src/core/geodesic";
import { circleRing, parseArea } from "../src/staff/area-text";
import { breaks, classOf } from "../src/staff/region-classes";

/** Numbers that look random and are the same each time (Lehmer). */
function* numbers(seed: number): Generator<number> {
  for (let n = seed; ; ) yield (n = (n * 48271) % 2147483647) / 2147483647;
}

describe("clusters", () => {
  const next = numbers(7);
  const draw = (): number => next.next().value as number;
  const names = ["key", "government", "planned", "reserve"];
  const spots = Array.from({ length: 5000 }, () => ({ x: draw() * 3000, y: draw() * 2000, classes: names.filter(() => draw() < 0.4) }));

  it.each([24, 72, 300, 10_000])("hold every mark once in cells of %d pixels, and sum to the counts of the classes", (cell) => {
    const found = gathered(spots, cell);
    expect(found.flatMap((c) => c.members).sort((a, b) => a - b)).toEqual(spots.map((_, i) => i));
    for (const name of names) expect(found.reduce((sum, c) => sum + (c.classes.get(name) ?? 0), 0)).toBe(spots.filter((s) => s.classes.includes(name)).length);
  });
  it("stand in the middle of their marks", () => {
    const [only] = gathered([{ x: 2, y: 4, classes: [] }, { x: 6, y: 8, classes: [] }], 100);
    expect([only!.x, only!.y, only!.members.length]).toEqual([4, 6, 2]);
  });
});

describe("density", () => {
  it("spreads a weight without losing any", () => {
    const grid = density([{ x: 40.3, y: 30.7, weight: 5 }, { x: 60, y: 31, weight: 2 }], 100, 80, 12);
    expect(grid.reduce((a, b) => a + b, 0)).toBeCloseTo(7, 1);
  });
  it("is greatest at the mark and nothing beyond the kernel", () => {
    const grid = density([{ x: 20.5, y: 10.5, weight: 1 }], 40, 20, 5);
    const at = (x: number, y: number): number => grid[y * 40 + x]!;
    expect(at(20, 10)).toBe(Math.max(...grid));
    // the quartic kernel at two cells of five: 3/(25 pi) (1 - 4/25)^2
    expect(at(22, 10)).toBeCloseTo((3 / (Math.PI * 25)) * (1 - 4 / 25) ** 2, 12);
    expect(at(26, 10)).toBe(0);
  });
  it("leaves out what weighs nothing or lies far away", () => {
    expect(density([{ x: 5, y: 5, weight: 0 }, { x: -50, y: 5, weight: 3 }], 10, 10, 4).every((v) => v === 0)).toBe(true);
  });
  it("is clear where there is nothing", () => {
    expect(heatColour(0)[3]).toBe(0);
    expect(heatColour(1)).toEqual([106, 31, 51, 230]);
  });
});

describe("money", () => {
  it("is exact beyond what a double holds", () => {
    expect(fen("9007199254740993.01")).toBe(900719925474099301n);
    expect(fen("-0.5")).toBe(-50n);
    expect(fen("12")).toBe(1200n);
    expect(exact("9007199254740993.01")).toBe("9,007,199,254,740,993.01");
    expect(exact("0.5")).toBe("0.50");
  });
  it("rounds progress half up, as the tables do", () => {
    expect(progress("0.01", "2.00")).toBe(1); // 0.5 %
    expect(progress("22710000.00", "71750000.00")).toBe(32);
    expect(progress("1", "0")).toBeNull();
    expect(progress(null, "5")).toBeNull();
  });
  it("goes from 万元 to 元 by moving the point", () => {
    expect(["1", "0.1", "1234.56789", "0.0001", "90071992547409.9301"].map(wanToYuan)).toEqual(["10000", "1000", "12345678.9", "1", "900719925474099301"]);
  });
});

describe("classes of regions", () => {
  it("hold as many values each, and never part equals", () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const steps = breaks(values, 5);
    expect(steps).toEqual([3, 5, 7, 9]);
    expect(values.map((v) => classOf(v, steps))).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    expect(breaks([7, 7, 7], 5)).toEqual([]);
    expect(breaks([], 5)).toEqual([]);
  });
});

describe("areas", () => {
  it("are read as the server writes them", () => {
    expect(parseArea("rect:1,2,3,4")).toEqual({ kind: "rect", ring: [[1, 2], [3, 2], [3, 4], [1, 4]] });
    expect(parseArea("region:150207")).toEqual({ kind: "region", code: "150207" });
    expect(parseArea("circle:109.8,40.6,250.5")).toEqual({ kind: "circle", lon: 109.8, lat: 40.6, metres: 250.5 });
    expect(parseArea("poly:1,1,2,1,2,2")!.kind).toBe("poly");
  });
  it.each(["", "rect:1,2,3", "poly:1,2,3,4", "blob:1", "rect:a,b,c,d", "region:<b>"])("are nothing where the text is %s", (text) => {
    expect(parseArea(text)).toBeNull();
  });
  it("are drawn as round as they are, within half a per cent", () => {
    for (const [lon, lat] of circleRing({ lon: 109.8, lat: 40.6, metres: 5000 })) expect(Math.abs(geodesicLength([109.8, 40.6], [lon, lat]) / 5000 - 1)).toBeLessThan(0.005);
  });
});
