import L from "leaflet";
import { getJson } from "./core/api";
import { embedded, h, need } from "./core/dom";
import { t } from "./core/i18n";
import { tiles, type CatalogueLayer } from "./map/catalogue";
import { PASSIVE, createStage } from "./map/stage";

interface VersionMap {
  layer: CatalogueLayer | null;
  code: string;
  number: number;
  extent: [number, number, number, number] | null;
  findings: string;
}

type Found = GeoJSON.FeatureCollection<GeoJSON.Geometry, { message: string; severity: "error" | "warning" | "note"; kind_label: string; key: string }> & { truncated: boolean };

const PLAIN = { class: "", label: "", fill: "rgba(110,106,98,.16)", stroke: "#6e6a62" };
const COLOURS = { error: "#9c1c22", warning: "#a04a00", note: "#2f6690" };
const RADIUS = { error: 7, warning: 6, note: 5 };

/** The version drawn from its own tiles, with what is wrong in it. */
async function start(): Promise<void> {
  const about = embedded<VersionMap>("version-map")!;
  const { map } = await createStage(need("#map"), { scrollWheelZoom: false });
  if (about.layer?.tile_url) {
    // What has a class that the legend lacks must be seen before it is published.
    const legend = about.layer.legend.some((look) => look.class === "") ? about.layer.legend : [...about.layer.legend, PLAIN];
    tiles({ ...about.layer, legend }, 50).addTo(map);
  }
  if (about.extent) {
    const [west, south, east, north] = about.extent;
    map.fitBounds([[south, west], [north, east]], { padding: [20, 20], animate: false });
    // Whoever opens the page wants to see the version: nearer, if it shows nothing from so far away.
    if (about.layer && map.getZoom() < about.layer.min_zoom) map.setZoom(about.layer.min_zoom, { animate: false });
  }
  const shown = L.geoJSON(undefined, {
    ...PASSIVE,
    style: (feature) => ({ color: COLOURS[(feature as Found["features"][0]).properties.severity], weight: 2.5, fillOpacity: 0.35 }),
    pointToLayer: (feature, at) => {
      const { severity } = (feature as Found["features"][0]).properties;
      return L.circleMarker(at, { ...PASSIVE, radius: RADIUS[severity], color: "#fff", weight: 1.5, fillColor: COLOURS[severity], fillOpacity: 0.9 });
    },
    onEachFeature: (feature, layer) => {
      const { kind_label, key, message } = (feature as Found["features"][0]).properties;
      layer.bindPopup(() => h("div", {}, h("b", {}, `${kind_label} ${key}`), h("p", {}, message)));
    },
  }).addTo(map);
  const status = need("#map-status");
  let turn = 0;
  const load = async (): Promise<void> => {
    const mine = ++turn;
    const box = map.getBounds();
    const bbox = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((v, i) => (i % 2 ? Math.max(-90, Math.min(90, v)) : Math.max(-540, Math.min(540, v))).toFixed(6));
    const query = new URLSearchParams({ bbox: bbox.join(",") });
    for (const name of ["kind", "severity"]) {
      const value = new URLSearchParams(location.search).get(name);
      if (value) query.set(name, value);
    }
    try {
      const found = await getJson<Found>(`${about.findings}?${query}`);
      if (mine !== turn) return;
      shown.clearLayers();
      shown.addData(found);
      status.textContent = found.truncated ? t("version.truncated", { count: found.features.length }) : t("version.findings", { count: found.features.length });
    } catch {
      if (mine === turn) status.textContent = t("map.failed", { what: t("version.what") });
    }
  };
  map.on("moveend", () => void load());
  void load();
  document.querySelectorAll<HTMLButtonElement>("[data-place]").forEach((button) => {
    button.addEventListener("click", () => {
      const [longitude, latitude] = button.dataset["place"]!.split(",").map(Number) as [number, number];
      map.setView([latitude, longitude], 17, { animate: false });
      need("#map").scrollIntoView({ block: "center" });
    });
  });
}

void start();
