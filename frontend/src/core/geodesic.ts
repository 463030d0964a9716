// The shortest line on the CGCS2000 ellipsoid (Vincenty 1975), for measuring on the map: true at any length.
import { area, type Position } from "./geodesy";

const A = 6378137;
const F = 1 / 298.257222101;
const B = A * (1 - F);
const RAD = Math.PI / 180;

/** Length in metres of the geodesic between two places; NaN for places (nearly) opposite each other on the globe. */
export function geodesicLength([lon1, lat1]: Position, [lon2, lat2]: Position): number {
  const difference = (lon2 - lon1) * RAD;
  const u1 = Math.atan((1 - F) * Math.tan(lat1 * RAD));
  const u2 = Math.atan((1 - F) * Math.tan(lat2 * RAD));
  const [sin1, cos1, sin2, cos2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  let lambda = difference;
  for (let round = 0; round < 100; round++) {
    const [sinL, cosL] = [Math.sin(lambda), Math.cos(lambda)];
    const sinS = Math.hypot(cos2 * sinL, cos1 * sin2 - sin1 * cos2 * cosL);
    if (sinS === 0) return 0;
    const cosS = sin1 * sin2 + cos1 * cos2 * cosL;
    const sigma = Math.atan2(sinS, cosS);
    const sinA = (cos1 * cos2 * sinL) / sinS;
    const cos2A = 1 - sinA * sinA;
    const cosM = cos2A === 0 ? 0 : cosS - (2 * sin1 * sin2) / cos2A;
    const c = (F / 16) * cos2A * (4 + F * (4 - 3 * cos2A));
    const before = lambda;
    lambda = difference + (1 - c) * F * sinA * (sigma + c * sinS * (cosM + c * cosS * (2 * cosM * cosM - 1)));
    if (Math.abs(lambda - before) > 1e-13) continue;
    const uu = (cos2A * (A * A - B * B)) / (B * B);
    const k1 = 1 + (uu / 16384) * (4096 + uu * (-768 + uu * (320 - 175 * uu)));
    const k2 = (uu / 1024) * (256 + uu * (-128 + uu * (74 - 47 * uu)));
    const delta = k2 * sinS * (cosM + (k2 / 4) * (cosS * (2 * cosM * cosM - 1) - (k2 / 6) * cosM * (4 * sinS * sinS - 3) * (4 * cosM * cosM - 3)));
    return B * k1 * (sigma - delta);
  }
  return NaN;
}

/** Length of a path, edge by edge. */
export const pathLength = (path: Position[]): number => path.slice(1).reduce((sum, place, i) => sum + geodesicLength(path[i]!, place), 0);

const PART = 0.005; // degrees: the official formula is given short edges

/** Ellipsoidal area of a ring whose edges are straight in longitude and latitude. */
export function ringArea(ring: Position[]): number {
  const fine = ring.flatMap((p, i) => {
    const q = ring[(i + 1) % ring.length]!;
    const parts = Math.max(1, Math.ceil(Math.max(Math.abs(q[0] - p[0]), Math.abs(q[1] - p[1])) / PART));
    return Array.from({ length: parts }, (_, k): Position => [p[0] + ((q[0] - p[0]) * k) / parts, p[1] + ((q[1] - p[1]) * k) / parts]);
  });
  return area([[fine]]);
}
