import { describe, expect, it } from "vitest";
import { BARS, BASE } from "../src/public/colours";
import { KINDS } from "../src/public/tile";
import { KIND_SIGNS } from "../src/staff/looks";
import portal from "../src/styles/_portal.scss?raw";
import pages from "../src/styles/_public.scss?raw";
import common from "../src/styles/_tokens.scss?raw";
import { contrast, nearest } from "./seeing";

const kinds = (text: string): Record<string, string> => Object.fromEntries([...text.matchAll(/--kind-(\w+): (#[0-9a-f]{6})/g)].map((found) => [found[1]!, found[2]!]));

describe("the portal's palette", () => {
  const tokens = kinds(common);
  const colours = KINDS.map((kind) => tokens[kind]!);

  it("is the staff's: one kind has one colour on both maps", () => {
    for (const kind of KINDS) expect(tokens[kind]).toBe(KIND_SIGNS[kind]!.colour);
    for (const text of [pages, portal]) expect(kinds(text)).toEqual({});
  });
  it("keeps the kinds far apart under every kind of colour blindness", () => {
    expect(nearest(["#c2410c", "#1d4e79", "#0f766e", "#6d3b8e"])).toBeLessThan(10); // four that look well apart to most
    expect(nearest(colours)).toBeGreaterThan(30);
  });
  it("stands out from all that the base map lays below it, and is read as text", () => {
    for (const colour of colours) {
      for (const below of [BASE.ground, BASE.region, BASE.water]) expect(contrast(colour, below), `${colour} on ${below}`).toBeGreaterThanOrEqual(3);
      expect(contrast(colour, "#ffffff"), colour).toBeGreaterThanOrEqual(4.5);
    }
  });
  it("tells the two bars of a chart apart, and each from the sheet", () => {
    expect(nearest([...BARS])).toBeGreaterThan(30);
    for (const colour of BARS) expect(contrast(colour, "#ffffff"), colour).toBeGreaterThanOrEqual(3);
  });
  it("tells water from land", () => {
    expect(nearest([BASE.region, BASE.water])).toBeGreaterThan(10);
  });
});
