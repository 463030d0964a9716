import { describe, expect, it } from "vitest";
import { RAMP_COLOURS } from "../src/map/density";
import { amountRadius, classesOf, INDUSTRY_COLOURS, KIND_SIGNS, KINDS, legendOrder, LEVEL_SIGNS, roundAmounts, signOf, STAGE_SIGNS, UNTOLD, type Sign } from "../src/staff/looks";

type Triple = [number, number, number];

// Machado, Oliveira and Fernandes 2009, severity 1, in linear RGB.
const SEEN: Record<string, [Triple, Triple, Triple]> = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
const GROUND = "#eceae3";

function linear(colour: string): Triple {
  const parts = colour.startsWith("#") ? [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)) : colour.match(/\d+/g)!.map(Number);
  return parts.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)) as Triple;
}
const times = (m: readonly Triple[], v: Triple): Triple => m.map((row) => row[0] * v[0] + row[1] * v[1] + row[2] * v[2]) as Triple;

/** CIE L*a*b* under D65. */
function lab(rgb: Triple): Triple {
  const clipped = rgb.map((v) => Math.min(1, Math.max(0, v))) as Triple;
  const xyz = times([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]], clipped);
  const [x, y, z] = xyz.map((v, i) => v / [0.95047, 1, 1.08883][i]!).map((v) => (v > 0.008856 ? Math.cbrt(v) : 7.787 * v + 16 / 116)) as Triple;
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
const apart = (a: string, b: string, seen: readonly Triple[]): number => {
  const [p, q] = [lab(times(seen, linear(a))), lab(times(seen, linear(b)))];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
};
const luminance = (c: string): number => { const [r, g, b] = linear(c); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const contrast = (a: string, b: string): number => { const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number]; return (high + 0.05) / (low + 0.05); };

function nearest(colours: string[]): number {
  let least = Infinity;
  for (const seen of Object.values(SEEN)) colours.forEach((a, i) => colours.slice(i + 1).forEach((b) => (least = Math.min(least, apart(a, b, seen)))));
  return least;
}
const colours = (signs: Record<string, Sign>): string[] => Object.values(signs).map((s) => s.colour);

describe("the measure of the palette", () => {
  it("knows two that deuteranopes take for one", () => {
    expect(apart("#b3261e", "#3e6b2f", SEEN["usual"]!)).toBeGreaterThan(60);
    expect(nearest(["#b3261e", "#1d4e79", "#3e6b2f", "#7a4b00"])).toBeLessThan(10);
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  });
});

describe("the palette", () => {
  it("keeps kinds and stages far apart under every kind of colour blindness", () => {
    expect(nearest(KINDS.map((kind) => KIND_SIGNS[kind]!.colour))).toBeGreaterThan(30);
    expect(nearest(colours(STAGE_SIGNS))).toBeGreaterThan(25);
  });
  it("tells the groups of industries apart, and letters the sections of one", () => {
    const groups = [...new Set([...Object.values(INDUSTRY_COLOURS), signOf("industry", "P").colour])];
    expect(nearest(groups)).toBeGreaterThan(25);
    for (const code of legendOrder("industry")) if (code !== UNTOLD) expect(signOf("industry", code).glyph).toBe(code);
  });
  it("gives each level its own size and shade, in their order", () => {
    const signs = Object.values(LEVEL_SIGNS);
    expect(signs.map((s) => s.size)).toEqual([...signs.map((s) => s.size)].sort((a, b) => b - a));
    expect(signs.map((s) => luminance(s.colour))).toEqual([...signs.map((s) => luminance(s.colour))].sort((a, b) => a - b));
    expect(nearest(colours(LEVEL_SIGNS))).toBeGreaterThan(10);
  });
  it("never tells kinds or stages by colour alone", () => {
    for (const signs of [KIND_SIGNS, STAGE_SIGNS]) expect(new Set(Object.values(signs).map((s) => s.shape)).size).toBe(Object.keys(signs).length);
  });
  it("stands out from the ground, and carries white text where it is text's ground", () => {
    for (const c of [...colours(KIND_SIGNS), ...colours(STAGE_SIGNS), ...Object.values(INDUSTRY_COLOURS)]) expect(contrast(c, GROUND), c).toBeGreaterThanOrEqual(3);
    // the palest level is a disc with a white border beside a name: as large as text of 3:1 on white
    for (const c of colours(LEVEL_SIGNS)) expect(contrast(c, "#ffffff"), c).toBeGreaterThanOrEqual(3);
    for (const kind of KINDS) expect(contrast(KIND_SIGNS[kind]!.colour, "#ffffff"), kind).toBeGreaterThanOrEqual(4.5);
  });
  it("gets darker step by step where it stands for more", () => {
    const steps = RAMP_COLOURS.map(luminance);
    expect(steps).toEqual([...steps].sort((a, b) => b - a));
    expect(nearest(RAMP_COLOURS)).toBeGreaterThan(12);
  });
});

describe("classes", () => {
  const project = { kinds: ["government", "key"], level: "city", industry: "E", stage: null, planned_yuan: "1.00" };
  it("are all kinds that are on, in the legend's order", () => {
    expect(classesOf(project, "kind", new Set(KINDS))).toEqual(["key", "government"]);
    expect(classesOf(project, "kind", new Set(["government"]))).toEqual(["government"]);
    expect(classesOf({ ...project, kinds: [] }, "kind", new Set(KINDS))).toEqual(["none"]);
  });
  it("say what has no record", () => {
    expect(classesOf({ ...project, kinds: null }, "kind", new Set(KINDS))).toEqual([UNTOLD]);
    expect(classesOf(project, "stage", new Set(KINDS))).toEqual([UNTOLD]);
    expect(classesOf({ ...project, planned_yuan: null }, "investment", new Set(KINDS))).toEqual([UNTOLD]);
  });
  it("have a sign each", () => {
    for (const look of ["kind", "level", "stage"] as const) for (const name of legendOrder(look)) if (name !== UNTOLD) expect(signOf(look, name).colour).not.toBe(signOf(look, UNTOLD).colour);
  });
});

describe("discs", () => {
  it("have areas in the proportion of the amounts", () => {
    expect(amountRadius(4e8, 4e8) ** 2 / amountRadius(1e8, 4e8) ** 2).toBeCloseTo(4);
    expect(amountRadius(0, 4e8)).toBeGreaterThan(0);
  });
  it("are explained by round amounts", () => {
    expect(roundAmounts(374_000_000)).toEqual([200_000_000, 20_000_000, 2_000_000]);
    expect(roundAmounts(0)).toEqual([]);
  });
});
