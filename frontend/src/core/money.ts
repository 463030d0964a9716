/** An amount of 元 as the server writes it, in 分: exact, where a double has too few digits. */
export function fen(yuan: string): bigint {
  const [whole = "0", part = ""] = yuan.replace("-", "").split(".");
  const amount = BigInt(whole) * 100n + BigInt(`${part}00`.slice(0, 2));
  return yuan.startsWith("-") ? -amount : amount;
}

/** Whole per cent, half-up, as the server's tables say it; null without a plan. */
export function progress(cumulative: string | null, planned: string | null): number | null {
  if (cumulative === null || planned === null) return null;
  const [done, of] = [fen(cumulative), fen(planned)];
  return of > 0n ? Number((done * 200n + of) / (of * 2n)) : null;
}

export const YUAN_PER_WAN = 10_000;

/** 万元 as typed, in 元 as the server reads it: by moving the point, never by a double. */
export function wanToYuan(typed: string): string {
  const number = Number(typed);
  if (!/^\d+(\.\d*)?$/.test(typed)) return String(Math.round(number * YUAN_PER_WAN * 100) / 100);
  const [whole = "0", part = ""] = typed.split(".");
  const moved = `${whole}${part.padEnd(4, "0").slice(0, 4)}`.replace(/^0+(?=\d)/, "");
  const rest = part.slice(4, 6).replace(/0+$/, "");
  return rest ? `${moved}.${rest}` : moved;
}

/** All digits of an amount of 元, thousands parted: 2,771,234,567.89. */
export function exact(yuan: string): string {
  const all = fen(yuan);
  const [whole, part] = [(all / 100n).toLocaleString("en-US"), (all % 100n).toString().padStart(2, "0")];
  return `${whole}.${part}`;
}
