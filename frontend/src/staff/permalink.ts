import type L from "leaflet";

export interface Permalink {
  view: { zoom: number; lat: number; lon: number } | null;
  layers: string[] | null;
  kinds: string[] | null;
}

/** `#12/40.62/109.90/layers=DLTB,GHFQ/kinds=key,reserve` → what the page shows. Nonsense is left aside. */
export function parseHash(hash: string): Permalink {
  const result: Permalink = { view: null, layers: null, kinds: null };
  const parts = hash.replace(/^#/, "").split("/");
  const [zoom, lat, lon] = parts.slice(0, 3).map(Number);
  if (zoom && lat && lon && zoom <= 22 && Math.abs(lat) <= 90 && Math.abs(lon) <= 180) result.view = { zoom, lat, lon };
  for (const part of parts.slice(3)) {
    const [name, value = ""] = part.split("=");
    const list = value.split(",").filter((v) => /^[\w-]+$/.test(v));
    if (name === "layers") result.layers = list;
    if (name === "kinds") result.kinds = list;
  }
  return result;
}

export const formatHash = (zoom: number, lat: number, lon: number, layers: string[], kinds: string[]): string =>
  `#${zoom}/${lat.toFixed(5)}/${lon.toFixed(5)}/layers=${layers.join(",")}/kinds=${kinds.join(",")}`;

export const readHash = (): Permalink => parseHash(location.hash);

export function writeHash(map: L.Map, layers: string[], kinds: string[]): void {
  const centre = map.getCenter();
  history.replaceState(null, "", location.pathname + location.search + formatHash(map.getZoom(), centre.lat, centre.lng, layers, kinds));
}
