import L from "leaflet";
import { getJson } from "../core/api";
import { debounce } from "../core/dom";
import { t } from "../core/i18n";

const FROM_ZOOM = 14;
/** The server answers for a box of at most 0.08°: on a wide screen that is around the middle of the view. */
const MOST = 0.078;

function around(bounds: L.LatLngBounds): L.LatLngBounds {
  const centre = bounds.getCenter();
  const half = (span: number): number => Math.min(span, MOST) / 2;
  const [h, w] = [half(bounds.getNorth() - bounds.getSouth()), half(bounds.getEast() - bounds.getWest())];
  return L.latLngBounds([centre.lat - h, centre.lng - w], [centre.lat + h, centre.lng + w]);
}

/** Parcels and sites near the view to snap to: nothing else, and nothing below zoom 14. */
export function snapping(map: L.Map, say: (text: string) => void): { setActive(active: boolean): void } {
  const layer = L.geoJSON(undefined, {
    style: { color: "#6a6152", weight: 1, opacity: 0.75, fill: false, dashArray: "3 3" },
    renderer: L.canvas({ padding: 0.3 }),
    interactive: false,
    pmIgnore: true,
    snapIgnore: false,
  } as L.GeoJSONOptions).addTo(map);
  let active = false;
  let held: L.LatLngBounds | null = null;
  let controller: AbortController | null = null;

  const load = async (): Promise<void> => {
    if (!active) return;
    if (map.getZoom() < FROM_ZOOM) {
      layer.clearLayers();
      held = null;
      return say(t("edit.snapZoom"));
    }
    if (held?.contains(around(map.getBounds()))) return;
    controller?.abort();
    controller = new AbortController();
    const { signal } = controller;
    const wanted = around(map.getBounds().pad(0.25));
    try {
      const answer = await getJson<GeoJSON.FeatureCollection>(`/api/v1/snap/?bbox=${wanted.toBBoxString()}`, signal);
      if (signal.aborted) return;
      layer.clearLayers().addData(answer);
      held = wanted;
      say(t("edit.snapNear", { n: answer.features.length }));
    } catch {
      if (!signal.aborted) say(t("edit.snapFailed"));
    }
  };
  const later = debounce(() => void load(), 250);
  map.on("moveend", later);
  return {
    setActive(value) {
      active = value;
      if (value) void load();
      else say("");
    },
  };
}
