import { describe, expect, it } from "vitest";
import { normalised, ranked, sways, type Row } from "./scoring";

const row = (id: number, scores: (number | null)[], verdict = "clear"): Row => ({
  id, name: `方案${id}`, verdict, score: 0, rank: 0,
  cells: scores.map((score, k) => ({ criterion: `c${k}`, score })),
});

describe("weights", () => {
  it("are parts of one, whatever their sum", () => {
    expect(normalised([1, 3])).toEqual([0.25, 0.75]);
    expect(normalised([0, 0])).toEqual([0, 0]);
  });
});

describe("ranks", () => {
  it("follow the weighted sum, and what is not checked adds nothing", () => {
    const found = ranked([row(1, [1, null]), row(2, [0.5, 1])], [1, 1]);
    expect(found.map((one) => [one.score, one.rank])).toEqual([[0.5, 2], [0.75, 1]]);
  });

  it("put what is prohibited behind all that is not", () => {
    expect(ranked([row(1, [1], "prohibited"), row(2, [0.1])], [1]).map((one) => one.rank)).toEqual([2, 1]);
  });

  it("are shared by equal sums", () => {
    expect(ranked([row(1, [0.5]), row(2, [0.5]), row(3, [0.1])], [2]).map((one) => one.rank)).toEqual([1, 1, 3]);
  });
});

describe("sensitivity", () => {
  it("names the weights that another winner hangs on", () => {
    const rows = [row(1, [1, 0]), row(2, [0, 1])];
    expect(sways(rows, [1.1, 1], ["a", "b"])).toEqual([
      { criterion: "a", up: false, first: 2 },
      { criterion: "b", up: true, first: 2 },
    ]);
    expect(sways(rows, [5, 1], ["a", "b"])).toEqual([]);
  });
});
