// What a person types or pastes: lines of coordinates in any of the usual ways → rings of longitude and latitude.
import { centralMeridian, fromPlane, type Position } from "./geodesy";

export interface TypedError {
  line: number;
  code: "two-numbers" | "not-a-number" | "zone-needed" | "out-of-range" | "too-few" | "dms";
  text: string;
}

export interface Typed {
  rings: Position[][];
  errors: TypedError[];
  /** X and Y, or longitude and latitude, stood the other way round and were swapped. */
  swapped: boolean;
  /** Zones met (by prefix or by the given one); empty for degrees. */
  zones: number[];
  /** The same rings as typed, X (northing) and Y (easting with zone prefix); only when every line is projected. */
  projected: { x: number; y: number }[][] | null;
}

const DMS = /^([NSEW东西南北])?\s*(-?\d{1,3})\s*[°度d]\s*(\d{1,2})\s*['′’分m]\s*(\d{1,2}(?:\.\d+)?)\s*(?:["″”秒s]|'')?\s*([NSEW东西南北])?$/i;
const DMS_ANY = /[°度]/;

function degrees(token: string): number | null {
  const match = DMS.exec(token.trim());
  if (!match) return null;
  const [, before, d, m, s, after] = match;
  if (Number(m) >= 60 || Number(s) >= 60) return null;
  const value = Math.abs(Number(d)) + Number(m) / 60 + Number(s) / 3600;
  return /[SW西南]/i.test(before ?? after ?? "") || d!.startsWith("-") ? -value : value;
}

const isNorthing = (v: number): boolean => v >= 1_500_000 && v < 6_500_000;
const isEasting = (v: number): boolean => (v >= 100_000 && v < 1_000_000) || (v >= 13_000_000 && v < 46_000_000);

/**
 * Reads lines of `X,Y` (projected, with or without zone prefix, with or without point and ring number),
 * `longitude,latitude` in decimal degrees, or degrees-minutes-seconds. An empty line, or another ring number,
 * starts another ring.
 */
export function readCoordinates(text: string, zone: number | null): Typed {
  const result: Typed = { rings: [], errors: [], swapped: false, zones: [], projected: null };
  const planar: { x: number; y: number }[][] = [];
  let ring: Position[] = [];
  let plane: { x: number; y: number }[] = [];
  let ringLabel: string | null = null;
  let allProjected = true;
  const close = (): void => {
    const first = ring[0];
    const last = ring[ring.length - 1];
    if (ring.length > 1 && first && last && Math.abs(first[0] - last[0]) < 1e-10 && Math.abs(first[1] - last[1]) < 1e-10) {
      ring.pop();
      plane.pop();
    }
    if (ring.length) result.rings.push(ring), planar.push(plane);
    ring = [];
    plane = [];
    ringLabel = null;
  };

  text.split(/\r\n|\r|\n/).forEach((raw, index) => {
    const line = raw.trim();
    const fail = (code: TypedError["code"]): void => void result.errors.push({ line: index + 1, code, text: line });
    if (!line) return close();

    if (DMS_ANY.test(line)) {
      const parts = line.split(/[,,;;]\s*/).filter(Boolean);
      const tokens = parts.length >= 2 ? parts : line.split(/\s+(?=[NSEW东西南北]?\s*\d{1,3}\s*[°度])/i);
      const values = tokens.map(degrees);
      if (tokens.length !== 2 || values.some((v) => v === null)) return fail("dms");
      return addDegrees(values[0]!, values[1]!, fail);
    }

    const tokens = line.split(/[,,;;\s\t]+/).filter(Boolean);
    if (tokens.length < 2) return fail("two-numbers");
    if (tokens.length > 4) return fail("two-numbers");
    const pair = tokens.slice(-2).map(Number);
    if (pair.some((v) => !Number.isFinite(v))) return fail("not-a-number");
    const [a, b] = pair as [number, number];
    if (tokens.length === 4) {
      if (ringLabel !== null && ringLabel !== tokens[1]) close();
      ringLabel = tokens[1]!;
    }
    if (Math.abs(a) <= 180 && Math.abs(b) <= 180) return addDegrees(a, b, fail);
    if (isNorthing(a) && isEasting(b)) return addPlanar(a, b, fail);
    if (isNorthing(b) && isEasting(a)) {
      result.swapped = true;
      return addPlanar(b, a, fail);
    }
    fail("out-of-range");
  });
  close();

  function addDegrees(first: number, second: number, fail: (code: TypedError["code"]) => void): void {
    allProjected = false;
    let [lon, lat] = [first, second];
    if (lon >= 3 && lon <= 54 && lat >= 73 && lat <= 136) {
      [lon, lat] = [lat, lon];
      result.swapped = true;
    }
    if (lon < 73 || lon > 136 || lat < 3 || lat > 54) return fail("out-of-range");
    ring.push([lon, lat]);
    plane.push({ x: NaN, y: NaN });
  }

  function addPlanar(x: number, y: number, fail: (code: TypedError["code"]) => void): void {
    const prefix = y >= 1_000_000 ? Math.floor(y / 1_000_000) : zone;
    if (prefix === null) return fail("zone-needed");
    if (!((prefix >= 13 && prefix <= 23) || (prefix >= 25 && prefix <= 45))) return fail("out-of-range");
    const bare = y >= 1_000_000 ? y % 1_000_000 : y;
    if (!result.zones.includes(prefix)) result.zones.push(prefix);
    ring.push(fromPlane(x, bare, centralMeridian(prefix)));
    plane.push({ x, y: prefix * 1_000_000 + bare });
  }

  if (allProjected && result.rings.length && !result.errors.length) result.projected = planar;
  return result;
}

/** The typed rings as the ministry's coordinate text, so that projected edges stay projected and the text is kept. */
export function asCoordinateText(rings: { x: number; y: number }[][], zone: number): string {
  const width = zone >= 25 ? 3 : 6;
  const lines = [
    "[属性描述]", "格式版本号=", "数据产生单位=", "数据产生日期=", "坐标系=2000国家大地坐标系", `几度分带=${width}`,
    "投影类型=高斯克吕格", "计量单位=米", `带号=${zone}`, "精度=0.001", "转换参数=,,,,,,", "[地块坐标]",
    `${rings.reduce((sum, r) => sum + r.length + 1, 0)},,1,,面,,,,@`,
  ];
  let number = 1;
  rings.forEach((ring, i) => {
    const first = number;
    ring.forEach((p) => lines.push(`J${number++},${i + 1},${p.x.toFixed(4)},${p.y.toFixed(4)}`));
    const p = ring[0]!;
    lines.push(`J${first},${i + 1},${p.x.toFixed(4)},${p.y.toFixed(4)}`);
  });
  return lines.join("\n") + "\n";
}
