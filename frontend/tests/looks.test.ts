import { describe, expect, it } from "vitest";
import { RAMP_COLOURS } from "../src/map/density";
import { amountRadius, classesOf, INDUSTRY_COLOURS, KIND_SIGNS, KINDS, legendOrder, LEVEL_SIGNS, roundAmounts, signOf, STAGE_SIGNS, UNTOLD, type Sign } from "../src/staff/looks";
import { apart, contrast, luminance, nearest, SEEN } from "./seeing";

const GROUND = "#eceae3";
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
