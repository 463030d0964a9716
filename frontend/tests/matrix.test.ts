import { describe, expect, it } from "vitest";
import { format, largest, matrix, UNITS, type FlowData, type Unit } from "../src/compare/matrix";

const classes = (...codes: string[]): FlowData["before"] => codes.map((code) => ({ class: code, label: `label ${code}` }));

function flow(m2: number[][], before: string[], after: string[], onlyBefore?: number[], onlyAfter?: number[]): FlowData {
  const only_before = onlyBefore ?? before.map(() => 0);
  const only_after = onlyAfter ?? after.map(() => 0);
  return {
    before: classes(...before), after: classes(...after), m2, only_before, only_after, reconcilable: true, why: null,
    totals_before: m2.map((row, i) => row.reduce((a, b) => a + b, 0) + only_before[i]!),
    totals_after: after.map((_, j) => m2.reduce((a, row) => a + row[j]!, 0) + only_after[j]!),
  };
}

/** Numbers that no unit divides evenly, always the same ones. */
function awkward(rows: number, columns: number): number[][] {
  let seed = 7;
  const next = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => next() * 98765.4321));
}

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

describe("area flow matrix", () => {
  it.each(Object.keys(UNITS) as Unit[])("adds up exactly in %s, whatever rounding takes", (unit) => {
    const codes = ["01", "02", "03", "0701"];
    const data = flow(awkward(4, 4), codes, codes, [12.3456, 0, 0, 1 / 3], [0, 2 / 3, 0, 0]);
    const m = matrix(data, unit, false);
    m.cells.forEach((row, r) => expect(sum(row) + m.onlyBefore[r]! + m.residualBefore[r]!).toBe(m.totalsBefore[r]));
    m.columns.forEach((_, c) => expect(sum(m.cells.map((row) => row[c]!)) + m.onlyAfter[c]! + m.residualAfter[c]!).toBe(m.totalsAfter[c]));
    // what is left over is rounding and no more: half a step for each number
    for (const rest of [...m.residualBefore, ...m.residualAfter]) expect(Math.abs(rest)).toBeLessThanOrEqual(3);
  });
  it("leaves out classes that neither lost nor gained anything, and what stays still adds up", () => {
    const codes = ["01", "02", "03"];
    const data = flow([[100, 5, 0], [0, 200, 0], [0, 0, 300]], codes, codes);
    const m = matrix(data, "m2", true);
    expect(m.rows.map((i) => data.before[i]!.class)).toEqual(["01", "02"]);
    expect(m.columns.map((j) => data.after[j]!.class)).toEqual(["01", "02"]);
    expect(m.totalsBefore).toEqual([10500, 20000]);
    expect(m.residualBefore).toEqual([0, 0]);
  });
  it("keeps a class that only one version knows", () => {
    const data = flow([[0], [0]], ["01", "02"], ["03"], [7, 0], [9]);
    const m = matrix(data, "m2", true);
    expect([m.rows, m.columns, m.onlyBefore, m.onlyAfter]).toEqual([[0], [0], [700], [900]]);
  });
  it("names the largest flows, not what stayed", () => {
    const data = flow([[100, 5], [8, 200]], ["01", "02"], ["01", "02"]);
    expect(largest(data, 6).map(({ from, to, m2 }) => [from.class, to.class, m2])).toEqual([["02", "01", 8], ["01", "02", 5]]);
    expect(largest(data, 1)).toHaveLength(1);
  });
  it("converts units as the bureau does", () => {
    const data = flow([[20000 / 3]], ["01"], ["01"]);
    const shown = (unit: Unit): string => format(matrix(data, unit, false).totalsBefore[0]!, unit);
    expect([shown("m2"), shown("hectares"), shown("mu")]).toEqual(["6,666.67", "0.6667", "10.00"]);
  });
});
