export interface Scored {
  score: string;
  weight: string;
}

const TWO_PLACES = /^\d{1,3}(\.\d{1,2})?$/;

/** The weighted total of a sheet to two decimals, half-up as the server rounds it; null while a score is missing or none.
 *
 *  Hundredths are counted as whole numbers: halves stay halves.
 */
export function weightedTotal(rows: readonly Scored[]): string | null {
  let sum = 0;
  for (const { score, weight } of rows) {
    const points = hundredths(score);
    const share = hundredths(weight);
    if (points === null || share === null || points > 100_00) return null;
    sum += points * share;
  }
  if (rows.length === 0) return null;
  // Σ hundredths × hundredths of per cent: a hundredth of a point is 10 000 of these.
  return (Math.floor(sum / 10_000 + 0.5) / 100).toFixed(2);
}

function hundredths(text: string): number | null {
  const typed = text.trim();
  return TWO_PLACES.test(typed) ? Math.round(Number(typed) * 100) : null;
}
