import L from "leaflet";
import { mountAsOf } from "./compare/asof";
import { getJson } from "./core/api";
import { debounce, embedded, h, need } from "./core/dom";
import { t } from "./core/i18n";
import { loadCatalogue } from "./map/catalogue";
import { createStage, PASSIVE } from "./map/stage";
import { Identify } from "./staff/identify";
import { LayerTree } from "./staff/layer-tree";
import { Measure, type Measuring } from "./staff/measure";
import { panels, type Panel } from "./staff/panels";
import { readHash, writeHash } from "./staff/permalink";
import { Printing } from "./staff/printing";
import { Projects } from "./staff/projects";
import { Search } from "./staff/search";

async function start(): Promise<void> {
  const element = need("#map");
  const from = readHash();
  const held = Object.fromEntries((from.layers ?? []).flatMap((l) => (l.version ? [[l.code, l.version]] : [])));
  const stage = await createStage(element, {}, { view: from.view, asOf: from.asOf, versions: held });
  const { map } = stage;
  element.setAttribute("aria-describedby", "map-help");
  if (from.base && stage.bases.some((b) => b.name === from.base)) stage.setBase(from.base);

  let ready = false;
  const save = debounce(() => {
    if (!ready) return;
    writeHash(map, {
      layers: tree.state,
      kinds: [...projects.shown],
      asOf: asOf.day,
      find: search.words || null,
      chosen: identify.chosen,
      tool: printing.active ? "print" : measure.active,
      base: stage.base() === "own" ? null : stage.base(),
    });
  }, 150);
  const tree = new LayerTree(stage, save);
  const asOf = mountAsOf(tree.slot, need(".map-stage"), from.asOf, async (day) => {
    stage.catalogue = await loadCatalogue({ asOf: day, versions: held });
    tree.reload();
    identify.clear();
    save();
  });
  const regions = embedded<Record<string, string>>("regions") ?? {};
  const projects = new Projects(map, regions, save);
  const { show } = panels((closed: Panel) => {
    if (closed === "identify") identify.clear();
    if (closed === "measure") measure.stop();
    if (closed === "print") printing.stop();
    if (closed === "search") search.clear();
  });
  const project = (id: number): void => {
    show("projects");
    projects.choose(id, false);
  };
  const identify = new Identify(map, () => tree.asked, () => show("identify"), project, save);
  const measure = new Measure(map, () => show("measure"), save);
  const printing = new Printing(map, () => tree.printed, () => show("print"), save);
  const search = new Search(map, () => show("search"), {
    feature: (layer, key, version) => (rest(), void identify.feature(layer, key, version, true)),
    project: (id) => (rest(), show("projects"), projects.reveal(id)),
    place: (at) => (rest(), void identify.at(at, [])),
  }, save);
  /** Puts the tools away: a click on the map is a question again. */
  const rest = (): void => {
    measure.stop();
    printing.stop();
  };
  if (from.kinds) projects.setKinds(from.kinds);
  painted(tree, element);
  tree.render(from.layers);

  tools(measure, printing, (panel) => show(panel));
  sites(map, (id) => measure.active || project(id));
  map.on("click", (event: L.LeafletMouseEvent) => {
    if (measure.active) return measure.add(event.latlng);
    if (printing.active) return;
    const near = projects.points.under(event.containerPoint, matchMedia("(pointer: coarse)").matches ? 18 : 9);
    const first = near[0];
    if (first && near.length === 1) return project(first.id);
    void identify.at(event.latlng, near.flatMap((m) => projects.byId(m.id) ?? []));
  });
  // The same question by keyboard: Enter asks about the middle of the map.
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === element && !measure.active && !printing.active) void identify.at(map.getCenter(), []);
  });
  map.on("moveend", save);
  // Our own changes replace the address silently; another one was pasted or is a step back.
  window.addEventListener("hashchange", () => readHash().view && location.reload());
  filterNote();
  if (from.find) search.set(from.find);
  if (from.chosen) void identify.feature(from.chosen.layer, from.chosen.key, held[from.chosen.layer] ?? null, false);
  if (from.tool === "print") printing.start();
  else if (from.tool) measure.start(from.tool as Measuring);
  ready = true;

  const query = new URLSearchParams(location.search);
  const wanted = Number(query.get("project"));
  query.delete("project"); // which one is open is no filter
  await projects.load(query.toString() ? `?${query}` : "");
  if (wanted) projects.choose(wanted, true);
}

/** Says on the map's element when everything in view is drawn: for those who look on by program, and for measuring. */
function painted(tree: LayerTree, element: HTMLElement): void {
  const { stack } = tree;
  const say = (): void => {
    const done = !stack.isLoading() && stack.isStill();
    element.dataset["painted"] = done ? "yes" : "no";
    if (done) performance.mark("map-painted");
  };
  stack.on("loading load painted", say);
}

function tools(measure: Measure, printing: Printing, show: (panel: Panel) => void): void {
  document.querySelectorAll<HTMLButtonElement>("[data-tool]").forEach((button) =>
    button.addEventListener("click", () => {
      const kind = button.dataset["tool"]!;
      const on = kind === "print" ? printing.active : measure.active === kind;
      if (on) return (measure.stop(), printing.stop(), show("projects"));
      if (kind === "print") {
        measure.stop();
        printing.start();
      } else {
        printing.stop();
        measure.start(kind as Measuring);
      }
    }));
  need("#copy-link").addEventListener("click", () => {
    const say = (key: "link.copied" | "link.failed"): void => {
      const note = need("#map-toast");
      note.textContent = t(key);
      note.hidden = false;
      setTimeout(() => (note.hidden = true), 4000);
    };
    // Only a secure page may write to the clipboard.
    if (!navigator.clipboard) return say("link.failed");
    navigator.clipboard.writeText(location.href).then(() => say("link.copied"), () => say("link.failed"));
  });
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
