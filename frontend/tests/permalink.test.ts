import { describe, expect, it } from "vitest";
import { formatHash, parseHash, type Permalink } from "../src/staff/permalink";

const whole: Permalink = {
  view: { zoom: 13, lat: 40.62, lon: 109.9 },
  layers: [
    { code: "DLTB", version: 3, opacity: 70, style: null, hidden: ["0101", "05H1"] },
    { code: "DEM", version: null, opacity: null, style: "hillshade", hidden: [] },
    { code: "GHFQ", version: null, opacity: null, style: null, hidden: ["", "a.b/c,d!~", "禁采"] },
  ],
  kinds: ["key"],
  asOf: "2026-01-01",
  find: "昆都仑河/1.5",
  chosen: { layer: "XZQ", key: "150207:东,1" },
  tool: "area",
  base: "天地图",
  more: { look: "stage", show: "heat-amount", when: "2019-03-15", pick: "poly:109.8,40.5,109.9,40.5,109.85,40.6", within: "inside" },
};

describe("permalink", () => {
  it("comes back as it went", () => {
    expect(parseHash(formatHash(whole))).toEqual(whole);
  });
  it("says nothing of what is as the catalogue has it", () => {
    const plain = { ...whole, layers: [{ code: "DLTB", version: null, opacity: null, style: null, hidden: [] }], asOf: null, find: null, chosen: null, tool: null, base: null, more: {} };
    expect(formatHash(plain)).toBe("#13/40.62000/109.90000/layers=DLTB/kinds=key");
    expect(parseHash(formatHash(plain))).toEqual({ ...plain, more: undefined });
  });
  it("survives a browser that escapes the address", () => {
    expect(parseHash(encodeURI(formatHash(whole)).replace(/%25/g, "%"))).toEqual(whole);
  });
  it("keeps nothing of an address that means something else", () => {
    const nothing = { view: null, layers: null, kinds: null, asOf: null, find: null, chosen: null, tool: null, base: null };
    expect(parseHash("#content")).toEqual(nothing);
    expect(parseHash("#99/400/1/layers=<b>,A/date=soon/tool=saw/at=<i>:1/find=%E0%A4/look=<b>/when=soon/pick=rect:1,a/within=near")).toEqual({ ...nothing, layers: [{ code: "A", version: null, opacity: null, style: null, hidden: [] }] });
  });
});
