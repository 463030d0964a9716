import { expect, test } from "vitest";
import { weightedTotal } from "./total";

test("a whole sheet has its weighted total, rounded half-up", () => {
  expect(weightedTotal([{ score: "80", weight: "40.00" }, { score: "90.5", weight: "60.00" }])).toBe("86.30");
  expect(weightedTotal([{ score: "0.01", weight: "50" }, { score: "0", weight: "50" }])).toBe("0.01");
  expect(weightedTotal([{ score: "100", weight: "100" }])).toBe("100.00");
});

test("a sheet that is not whole has none", () => {
  for (const score of ["", " ", "abc", "-1", "100.01", "7.005", "1e2"])
    expect(weightedTotal([{ score, weight: "40" }, { score: "90", weight: "60" }])).toBeNull();
  expect(weightedTotal([])).toBeNull();
});
