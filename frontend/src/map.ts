import L from "leaflet";
import { getJson } from "./core/api";
import { debounce, embedded, h, need } from "./core/dom";
import { t } from "./core/i18n";
import { createStage, PASSIVE } from "./map/stage";
import { Identify } from "./staff/identify";
import { LayerTree } from "./staff/layer-tree";
import { panels } from "./staff/panels";
import { readHash, writeHash } from "./staff/permalink";
import { Projects } from "./staff/projects";

async function start(): Promise<void> {
  const element = need("#map");
  const stage = await createStage(element);
  const { map } = stage;
  element.setAttribute("aria-describedby", "map-help");
  const from = readHash();
  if (from.view) map.setView([from.view.lat, from.view.lon], from.view.zoom);

  const save = debounce(() => writeHash(map, tree.visible, [...projects.shown]), 150);
  const tree = new LayerTree(stage, save);
  const regions = embedded<Record<string, string>>("regions") ?? {};
  const projects = new Projects(map, regions, save);
  const { show } = panels();
  const identify = new Identify(map, () => tree.visible, (open) => show(open ? "identify" : "projects"), (id) => {
    show("projects");
    projects.choose(id, false);
  });
  if (from.kinds) projects.setKinds(from.kinds);
  tree.render(from.layers);
  need("#identify-close").addEventListener("click", () => {
    identify.clear();
    show("projects");
  });

  sites(map, (id) => projects.choose(id, false));
  map.on("click", (event: L.LeafletMouseEvent) => {
    const near = projects.points.under(event.containerPoint, matchMedia("(pointer: coarse)").matches ? 18 : 9);
    const first = near[0];
    if (first && near.length === 1) {
      show("projects");
      return projects.choose(first.id);
    }
    void identify.at(event.latlng, near.flatMap((m) => projects.byId(m.id) ?? []));
  });
  // The same question by keyboard: Enter asks about the middle of the map.
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === element) void identify.at(map.getCenter(), []);
  });
  map.on("moveend", save);
  // Our own changes replace the address silently; another one was pasted or is a step back.
  window.addEventListener("hashchange", () => readHash().view && location.reload());
  filterNote();
  const query = new URLSearchParams(location.search);
  const wanted = Number(query.get("project"));
  query.delete("project"); // which one is open is no filter
  await projects.load(query.toString() ? `?${query}` : "");
  if (wanted) projects.choose(wanted, true);
}

/** Site boundaries at large scale, fetched for what is in view. */
function sites(map: L.Map, choose: (id: number) => void): void {
  const layer = L.geoJSON(undefined, {
    style: { color: "#9c1c22", weight: 2, fillColor: "#9c1c22", fillOpacity: 0.08 },
    bubblingMouseEvents: false,
    ...PASSIVE,
    onEachFeature: (feature, item) => {
      const id = Number(feature.properties?.["project"] ?? feature.properties?.["project_id"] ?? feature.id);
      item.on("click", () => choose(id));
    },
  }).addTo(map);
  let controller: AbortController | null = null;
  const load = async (): Promise<void> => {
    controller?.abort();
    if (map.getZoom() < 13) return void layer.clearLayers();
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

/** Filters that came with the address (from the list page) are named, and can be taken off. */
function filterNote(): void {
  const query = new URLSearchParams(location.search);
  query.delete("project");
  const filters = [...query].filter(([, v]) => v).map(([k, v]) => `${k}=${v}`);
  const list = document.querySelector<HTMLAnchorElement>("#to-list");
  if (list) list.href = (list.dataset["base"] ?? list.href) + (query.toString() ? `?${query}` : "");
  if (!filters.length) return;
  const note = need("#list-filter");
  note.hidden = false;
  note.replaceChildren(t("projects.filtered", { filters: filters.join(" · ") }), " ", h("a", { href: location.pathname + location.hash }, t("projects.clearFilter")));
}

void start();
