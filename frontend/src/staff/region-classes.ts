/** Where up to `most` classes of as many values each begin (quantiles); equal values are never parted. */
export function breaks(values: readonly number[], most: number): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const found: number[] = [];
  for (let i = 1; i < most; i++) {
    const at = sorted[Math.ceil((i * sorted.length) / most)];
    if (at !== undefined && at > (found[found.length - 1] ?? sorted[0]!)) found.push(at);
  }
  return found;
}

/** The class of a value: how many of the breaks it has reached. */
export const classOf = (value: number, steps: readonly number[]): number => steps.filter((step) => value >= step).length;
