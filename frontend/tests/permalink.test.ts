import { describe, expect, it } from "vitest";
import { formatHash, parseHash } from "../src/staff/permalink";

describe("permalink", () => {
  it("comes back as it went", () => {
    const hash = formatHash(13, 40.62, 109.9, ["DLTB", "GHFQ"], ["key"]);
    expect(parseHash(hash)).toEqual({ view: { zoom: 13, lat: 40.62, lon: 109.9 }, layers: ["DLTB", "GHFQ"], kinds: ["key"] });
  });
  it("keeps nothing of an address that means something else", () => {
    expect(parseHash("#content")).toEqual({ view: null, layers: null, kinds: null });
    expect(parseHash("#99/400/1/layers=<b>,A")).toEqual({ view: null, layers: ["A"], kinds: null });
  });
});
