/** One criterion of one alternative, as the server scored it; null: not checked, which adds nothing. */
export interface Cell {
  criterion: string;
  score: number | null;
}

export interface Row {
  id: number;
  name: string;
  verdict: string;
  score: number;
  rank: number;
  cells: Cell[];
}

export interface Criterion {
  code: string;
  name: string;
  /** Part of 1. */
  weight: number;
}

export interface Ranked {
  id: number;
  score: number;
  rank: number;
  parts: number[];
}

export interface Sway {
  criterion: string;
  up: boolean;
  first: number;
}

/** Weights as parts of 1; all zero stays all zero. */
export function normalised(weights: number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (total > 0 ? weight / total : 0));
}

/** Scores and ranks under some weights, as the server has them: what is prohibited comes behind all that is not. */
export function ranked(rows: Row[], weights: number[]): Ranked[] {
  const shares = normalised(weights);
  const scored = rows.map((row) => {
    const parts = row.cells.map((cell, k) => (shares[k] ?? 0) * (cell.score ?? 0));
    const score = parts.reduce((sum, part) => sum + part, 0);
    return { id: row.id, parts, score, late: row.verdict === "prohibited" ? 1 : 0, key: Math.round(score * 1e9) };
  });
  return scored.map(({ id, parts, score, late, key }) => ({
    id, parts, score,
    rank: 1 + scored.filter((other) => other.late < late || (other.late === late && other.key > key)).length,
  }));
}

const SWAY = 0.2;

/** Which single weights, a fifth smaller or larger, would make another alternative the first. */
export function sways(rows: Row[], weights: number[], codes: string[]): Sway[] {
  const first = ranked(rows, weights).find((row) => row.rank === 1);
  if (!first) return [];
  return weights.flatMap((weight, k) =>
    weight <= 0
      ? []
      : [1 - SWAY, 1 + SWAY].flatMap((factor) => {
          const changed = ranked(rows, weights.map((other, j) => (j === k ? other * factor : other)));
          if (changed.find((row) => row.id === first.id)?.rank === 1) return [];
          return [{ criterion: codes[k] ?? "", up: factor > 1, first: changed.find((row) => row.rank === 1)!.id }];
        }),
  );
}
