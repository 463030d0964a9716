import { zoneOf, centralMeridian, toPlane } from "./geodesy";

const group = (value: number, digits: number): string =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

export const squareMetres = (m2: number): string => group(m2, 2);
export const mu = (m2: number): string => group((m2 * 3) / 2000, 2);
export const hectares = (m2: number): string => group(m2 / 10000, 4);
export const metres = (m: number): string => (m < 100 ? group(m, 2) : group(m, 1));
export const count = (value: number): string => group(value, 0);

/** A share of one as percent; a tiny one never looks like none. */
export function percent(share: number): string {
  if (share > 0 && share < 0.0001) return "<0.01%";
  return `${(share * 100).toFixed(2)}%`;
}

/** 万元, or 亿元 from one 亿 on. */
export function yuan(value: number | string | null | undefined, english: boolean): string {
  if (value === null || value === undefined || value === "") return "—";
  const number = Number(value);
  if (english) return `CN¥ ${group(number / 1e6, 2)} M`;
  return number >= 1e8 ? `${group(number / 1e8, 2)} 亿元` : `${group(number / 1e4, 2)} 万元`;
}

export const degrees = (value: number): string => value.toFixed(6);

export interface Plane {
  zone: number;
  x: string;
  y: string;
}

/** The pointer's place in its own 3° zone, the zone number before the easting. */
export function plane(longitude: number, latitude: number): Plane {
  const zone = zoneOf(longitude);
  const { x, y } = toPlane([longitude, latitude], centralMeridian(zone));
  return { zone, x: x.toFixed(2), y: (zone * 1_000_000 + y).toFixed(2) };
}
