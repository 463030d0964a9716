import L from "leaflet";
import { getJson } from "../core/api";
import { debounce, need } from "../core/dom";
import { t } from "../core/i18n";
import { PASSIVE } from "../map/stage";

const FROM_ZOOM = 13;

/** Site boundaries at large scale, fetched for what is in view. */
export function sites(map: L.Map, choose: (id: number, at: L.LatLng) => void): void {
  const layer = L.geoJSON(undefined, {
    style: { color: "#9c1c22", weight: 2, fillColor: "#9c1c22", fillOpacity: 0.08 },
    bubblingMouseEvents: false,
    ...PASSIVE,
    onEachFeature: (feature, item) => {
      const id = Number(feature.properties?.["project"] ?? feature.properties?.["project_id"] ?? feature.id);
      item.on("click", (event) => choose(id, (event as L.LeafletMouseEvent).latlng));
    },
  }).addTo(map);
  let controller: AbortController | null = null;
  const load = async (): Promise<void> => {
    controller?.abort();
    if (map.getZoom() < FROM_ZOOM || !map.getSize().x) return void layer.clearLayers();
    controller = new AbortController();
    const { signal } = controller;
    try {
      const answer = await getJson<GeoJSON.FeatureCollection>(`/api/v1/sites/?bbox=${map.getBounds().pad(0.1).toBBoxString()}`, signal);
      if (signal.aborted) return;
      layer.clearLayers().addData(answer);
    } catch (error) {
      if (!signal.aborted) need("#map-status").textContent = t("map.failed", { what: t("projects.siteLegend") });
    }
  };
  map.on("moveend", debounce(() => void load(), 200));
  void load();
}
