// Ellipsoidal area and Gauss-Krüger coordinates on CGCS2000, the same formulas as the server's.
// Longitude and latitude in degrees, x and y (easting, northing) in metres.

export type Position = [number, number]; // longitude, latitude
export type Ring = Position[]; // not closed
export type Polygon = Ring[]; // outer ring, then holes
export type MultiPolygon = Polygon[];

const A = 6378137;
const F = 1 / 298.257222101;
const B = A * (1 - F);
const E2 = F * (2 - F);
const RAD = Math.PI / 180;

// Coefficients of the official area of the national land survey, in powers of e².
const [e2, e4, e6, e8] = [E2, E2 ** 2, E2 ** 3, E2 ** 4];
const KA = 1 + (3 / 6) * e2 + (30 / 80) * e4 + (35 / 112) * e6 + (630 / 2304) * e8;
const KB = (1 / 6) * e2 + (15 / 80) * e4 + (21 / 112) * e6 + (420 / 2304) * e8;
const KC = (3 / 80) * e4 + (7 / 112) * e6 + (180 / 2304) * e8;
const KD = (1 / 112) * e6 + (45 / 2304) * e8;
const KE = (5 / 2304) * e8;

/** Official ellipsoidal area (椭球面积) of one ring in m²; the sign tells its direction. */
export function signedRingArea(ring: Ring): number {
  const reference = ring[0]?.[0] ?? 0;
  let sum = 0;
  for (let i = 0; i < ring.length; i++) {
    const [l1, b1] = ring[i]!;
    const [l2, b2] = ring[(i + 1) % ring.length]!;
    const dl = ((l1 + l2) / 2 - reference) * RAD;
    const db = (b2 - b1) * RAD;
    const bm = ((b1 + b2) / 2) * RAD;
    sum +=
      2 * B * B * dl *
      (KA * Math.sin(db / 2) * Math.cos(bm) -
        KB * Math.sin(1.5 * db) * Math.cos(3 * bm) +
        KC * Math.sin(2.5 * db) * Math.cos(5 * bm) -
        KD * Math.sin(3.5 * db) * Math.cos(7 * bm) +
        KE * Math.sin(4.5 * db) * Math.cos(9 * bm));
  }
  return sum;
}

/** Area of parts with holes, m²: each outer ring less its holes. */
export function area(parts: MultiPolygon): number {
  let total = 0;
  for (const rings of parts)
    rings.forEach((ring, i) => (total += (i === 0 ? 1 : -1) * Math.abs(signedRingArea(ring))));
  return total;
}

/** Length of one short edge, m: on the sphere that touches the ellipsoid at its middle (1e-6 relative under 10 km). */
export function edgeLength(p: Position, q: Position): number {
  const bm = ((p[1] + q[1]) / 2) * RAD;
  const w = Math.sqrt(1 - E2 * Math.sin(bm) ** 2);
  const meridian = (A * (1 - E2)) / w ** 3;
  const prime = A / w;
  return Math.hypot((q[1] - p[1]) * RAD * meridian, (q[0] - p[0]) * RAD * prime * Math.cos(bm));
}

// Krüger's series in the third flattening n, to n⁴: below a tenth of a millimetre within a zone.
const n = F / (2 - F);
const RECT = (A / (1 + n)) * (1 + n ** 2 / 4 + n ** 4 / 64);
const ALPHA = [
  n / 2 - (2 / 3) * n ** 2 + (5 / 16) * n ** 3 + (41 / 180) * n ** 4,
  (13 / 48) * n ** 2 - (3 / 5) * n ** 3 + (557 / 1440) * n ** 4,
  (61 / 240) * n ** 3 - (103 / 140) * n ** 4,
  (49561 / 161280) * n ** 4,
];
const BETA = [
  n / 2 - (2 / 3) * n ** 2 + (37 / 96) * n ** 3 - (1 / 360) * n ** 4,
  (1 / 48) * n ** 2 + (1 / 15) * n ** 3 - (437 / 1440) * n ** 4,
  (17 / 480) * n ** 3 - (37 / 840) * n ** 4,
  (4397 / 161280) * n ** 4,
];
const ECC = Math.sqrt(E2);

/** The 3° zone of a longitude. */
export const zoneOf = (longitude: number): number => Math.round(longitude / 3);

/** Central meridian of a zone by its number: 25–45 are 3° zones, 13–23 are 6° zones. */
export const centralMeridian = (zone: number): number => (zone >= 25 ? zone * 3 : zone * 6 - 3);

/** Projected X (northing) and Y (easting, 500 km false, without zone prefix). */
export function toPlane([longitude, latitude]: Position, meridian: number): { x: number; y: number } {
  const sinB = Math.sin(latitude * RAD);
  const dl = (longitude - meridian) * RAD;
  const t = Math.sinh(Math.atanh(sinB) - ECC * Math.atanh(ECC * sinB));
  const xi0 = Math.atan2(t, Math.cos(dl));
  const eta0 = Math.asinh(Math.sin(dl) / Math.hypot(t, Math.cos(dl)));
  let xi = xi0;
  let eta = eta0;
  ALPHA.forEach((a, i) => {
    const k = 2 * (i + 1);
    xi += a * Math.sin(k * xi0) * Math.cosh(k * eta0);
    eta += a * Math.cos(k * xi0) * Math.sinh(k * eta0);
  });
  return { x: RECT * xi, y: RECT * eta + 500000 };
}

/** Longitude and latitude of a projected point; `y` without zone prefix. */
export function fromPlane(x: number, y: number, meridian: number): Position {
  const xi0 = x / RECT;
  const eta0 = (y - 500000) / RECT;
  let xi = xi0;
  let eta = eta0;
  BETA.forEach((b, i) => {
    const k = 2 * (i + 1);
    xi -= b * Math.sin(k * xi0) * Math.cosh(k * eta0);
    eta -= b * Math.cos(k * xi0) * Math.sinh(k * eta0);
  });
  const tau0 = Math.sin(xi) / Math.hypot(Math.sinh(eta), Math.cos(xi));
  // Newton's iteration from the conformal to the geodetic latitude (Karney 2011).
  let tau = tau0;
  for (let i = 0; i < 5; i++) {
    const sigma = Math.sinh(ECC * Math.atanh((ECC * tau) / Math.hypot(1, tau)));
    const conformal = tau * Math.hypot(1, sigma) - sigma * Math.hypot(1, tau);
    tau += ((tau0 - conformal) / Math.hypot(1, conformal)) * ((1 + (1 - E2) * tau * tau) / ((1 - E2) * Math.hypot(1, tau)));
  }
  return [meridian + Math.atan2(Math.sinh(eta), Math.cos(xi)) / RAD, Math.atan(tau) / RAD];
}
