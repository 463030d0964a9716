/** An upload as the API tells it (api/v1/uploads/). */
export interface Upload {
  uuid: string;
  filename: string;
  size: number;
  received: number;
  crc32: string;
  layer: string;
  state: "receiving" | "received" | "asking" | "staging" | "staged" | "published" | "refused" | "failed" | "cancelled";
  state_label: string;
  at_work: boolean;
  ended: boolean;
  cancellable: boolean;
  phase: string;
  phase_label: string;
  done: number;
  total: number;
  percent: number;
  messages: string[];
  number: number | null;
  chunk_bytes: number;
  url: string;
  page: string;
  version_page: string | null;
}

export interface Limits {
  chunk_bytes: number;
  max_bytes: number;
  days: number;
}

const UNITS = ["B", "KB", "MB", "GB"];

/** 1,234,567 → 1.2 MB. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) (value /= 1024), unit++;
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${UNITS[unit]}`;
}

/** The layer that a file's name begins with: DLTB_2025.zip is DLTB's. */
export function layerOf(filename: string, codes: string[]): string {
  const name = filename.toUpperCase();
  const fitting = codes.filter((code) => {
    const next = name.charAt(code.length);
    return name.startsWith(code.toUpperCase()) && !/[A-Z]/.test(next);
  });
  return fitting.sort((a, b) => b.length - a.length)[0] ?? "";
}
