// The arithmetic of the area flow matrix: whole hundredths or ten-thousandths of a unit, so that sums are exact.

export interface FlowClass {
  class: string;
  label: string;
}

/** api/v1/layers/CODE/differences/flow/; areas in m². */
export interface FlowData {
  before: FlowClass[];
  after: FlowClass[];
  m2: number[][] | null;
  only_before: number[] | null;
  only_after: number[] | null;
  totals_before: number[];
  totals_after: number[];
  reconcilable: boolean;
  why: string | null;
}

export type Unit = "m2" | "hectares" | "mu";

export const UNITS: Record<Unit, { perM2: number; digits: number }> = {
  m2: { perM2: 1, digits: 2 },
  hectares: { perM2: 1 / 10_000, digits: 4 },
  mu: { perM2: 3 / 2000, digits: 2 },
};

/** A matrix in whole steps of a unit. Every row and column adds up: what rounding takes goes into the residual. */
export interface Matrix {
  rows: number[];
  columns: number[];
  cells: number[][];
  onlyBefore: number[];
  onlyAfter: number[];
  totalsBefore: number[];
  totalsAfter: number[];
  residualBefore: number[];
  residualAfter: number[];
}

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

/** `changedOnly` leaves out classes that neither lost nor gained anything. */
export function matrix(flow: FlowData, unit: Unit, changedOnly: boolean): Matrix {
  const { perM2, digits } = UNITS[unit];
  const steps = (m2: number): number => Math.round(m2 * perM2 * 10 ** digits);
  const m2 = flow.m2 ?? [];
  const moved = new Set<string>();
  flow.before.forEach((from, i) => {
    if (steps(flow.only_before![i]!)) moved.add(from.class);
    flow.after.forEach((to, j) => {
      if (from.class !== to.class && steps(m2[i]![j]!)) moved.add(from.class).add(to.class);
    });
  });
  flow.after.forEach((to, j) => steps(flow.only_after![j]!) && moved.add(to.class));
  const chosen = (classes: FlowClass[]): number[] => classes.flatMap((c, i) => (!changedOnly || moved.has(c.class) ? [i] : []));
  const rows = chosen(flow.before);
  const columns = chosen(flow.after);
  const cells = rows.map((i) => columns.map((j) => steps(m2[i]![j]!)));
  const onlyBefore = rows.map((i) => steps(flow.only_before![i]!));
  const onlyAfter = columns.map((j) => steps(flow.only_after![j]!));
  const totalsBefore = rows.map((i) => steps(flow.totals_before[i]!));
  const totalsAfter = columns.map((j) => steps(flow.totals_after[j]!));
  return {
    rows, columns, cells, onlyBefore, onlyAfter, totalsBefore, totalsAfter,
    residualBefore: rows.map((_, r) => totalsBefore[r]! - sum(cells[r]!) - onlyBefore[r]!),
    residualAfter: columns.map((_, c) => totalsAfter[c]! - sum(cells.map((row) => row[c]!)) - onlyAfter[c]!),
  };
}

/** The largest areas that changed class, largest first. */
export function largest(flow: FlowData, count: number): { from: FlowClass; to: FlowClass; m2: number }[] {
  const found: { from: FlowClass; to: FlowClass; m2: number }[] = [];
  flow.before.forEach((from, i) => flow.after.forEach((to, j) => {
    const m2 = flow.m2![i]![j]!;
    if (from.class !== to.class && m2 >= 0.01) found.push({ from, to, m2 });
  }));
  return found.sort((a, b) => b.m2 - a.m2).slice(0, count);
}

export const format = (steps: number, unit: Unit): string => {
  const { digits } = UNITS[unit];
  return (steps / 10 ** digits).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
};
