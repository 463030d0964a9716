export interface Weighted {
  x: number;
  y: number;
  weight: number;
}

/**
 * Kernel density on a grid of `columns` × `rows` cells of one unit: what each mark weighs, spread over `radius` cells by
 * the quartic kernel (3/π r² · (1 − d²/r²)²), so that the grid sums to the weights of the marks well inside it. Per cell.
 */
export function density(marks: readonly Weighted[], columns: number, rows: number, radius: number): Float64Array {
  const grid = new Float64Array(columns * rows);
  const scale = 3 / (Math.PI * radius * radius);
  for (const { x, y, weight } of marks) {
    if (!weight || x < -radius || y < -radius || x > columns + radius || y > rows + radius) continue;
    const [left, right] = [Math.max(0, Math.ceil(x - radius - 0.5)), Math.min(columns - 1, Math.floor(x + radius - 0.5))];
    const [top, bottom] = [Math.max(0, Math.ceil(y - radius - 0.5)), Math.min(rows - 1, Math.floor(y + radius - 0.5))];
    for (let row = top; row <= bottom; row++) {
      const dy = (row + 0.5 - y) / radius;
      for (let column = left; column <= right; column++) {
        const dx = (column + 0.5 - x) / radius;
        const near = 1 - dx * dx - dy * dy;
        if (near > 0) grid[row * columns + column]! += weight * scale * near * near;
      }
    }
  }
  return grid;
}

// Light to dark in even steps of lightness: told apart without any hue.
const RAMP: [number, number, number][] = [[253, 243, 220], [242, 200, 148], [221, 141, 92], [176, 80, 63], [106, 31, 51]];
export const RAMP_COLOURS = RAMP.map((c) => `rgb(${c.join(",")})`);

/** Red, green, blue and opacity (0 to 255) for a share of the greatest density. */
export function heatColour(share: number): [number, number, number, number] {
  const at = Math.min(1, Math.max(0, share)) * (RAMP.length - 1);
  const low = Math.min(RAMP.length - 2, Math.floor(at));
  const part = at - low;
  const [a, b] = [RAMP[low]!, RAMP[low + 1]!];
  const mix = (i: 0 | 1 | 2): number => Math.round(a[i] + (b[i] - a[i]) * part);
  return [mix(0), mix(1), mix(2), share < 0.02 ? 0 : Math.round(110 + 120 * Math.min(1, share * 1.5))];
}
