import L from "leaflet";
import { mountAsOf } from "./compare/asof";
import "./staff/map-projects.scss";
import { getJson } from "./core/api";
import { debounce, embedded, need } from "./core/dom";
import { t } from "./core/i18n";
import { loadCatalogue } from "./map/catalogue";
import type { Way } from "./map/project-marks";
import { createStage, PASSIVE } from "./map/stage";
import { Identify } from "./staff/identify";
import { LayerTree } from "./staff/layer-tree";
import { Measure, type Measuring } from "./staff/measure";
import { panels, type Panel } from "./staff/panels";
import { readHash, writeHash } from "./staff/permalink";
import { Printing } from "./staff/printing";
import { AreaPick } from "./staff/area";
import { Filters } from "./staff/filters";
import { KINDS, UNTOLD } from "./staff/looks";
import type { Choices } from "./staff/project-data";
import { Projects, WAYS } from "./staff/projects";
import { isMeasure, Regions } from "./staff/regions";
import { Timeline } from "./staff/timeline";
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
      more: { ...ways.said(), ...(timeline.day ? { when: timeline.day } : {}), ...(area.text ? { pick: area.text, within: area.within } : {}) },
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
  const choices = embedded<Choices>("project-choices")!;
  const filters = new Filters(regions, choices, () => void reload());
  const projects = new Projects(map, { regions, choices }, () => (save(), filters.say(), exportLinks(() => shownQuery(asked(), projects)), area.refresh(), void ways.reload()), () => area.refresh());
  const { show } = panels((closed: Panel) => {
    if (closed === "identify") identify.clear();
    if (closed === "measure") measure.stop();
    if (closed === "print") printing.stop();
    if (closed === "search") search.clear();
    if (closed === "area") area.clear();
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
    area.rest();
  };
  const kinds = filters.kinds.length ? filters.kinds : from.kinds;
  if (kinds) projects.setKinds(kinds);
  filters.shownKinds = () => (projects.everyKind && projects.shown.size === KINDS.length ? [] : [...projects.shown]);
  const timeline = new Timeline(from.more?.["when"] ?? null, () => reload());
  const asked = (): URLSearchParams => {
    const query = filters.query;
    if (timeline.day) query.set("as_of", timeline.day);
    return query;
  };
  const area = new AreaPick(map, { regions, show: () => show("area"), changed: save, query: () => shownQuery(asked(), projects), byId: projects.byId, row: (p) => projects.list.row(p) });
  const reload = async (): Promise<void> => {
    save();
    exportLinks(() => shownQuery(asked(), projects));
    await Promise.all([projects.load(filters.query, timeline.day), ways.reload()]);
  };
  /** Whether a tool that is at work takes a click for itself. */
  const taken = (at: L.LatLng): boolean => {
    if (area.drawing) area.add(at);
    else if (measure.active) measure.add(at);
    else return printing.active;
    return true;
  };
  const ways = waysOf(projects, new Regions(map, () => show("regions"), (code) => (ways.set("points"), filters.setRegion(code), show("projects")), taken), {
    save, query: () => regionQuery(filters.query, projects), day: () => timeline.day, back: () => show("projects"),
  });
  panelTools(area, timeline, rest, () => show("area"), () => show("projects"));
  painted(tree, element);
  tree.render(from.layers);

  tools(measure, printing, (panel) => show(panel));
  sites(map, (id) => measure.active || area.drawing || project(id));
  map.on("click", (event: L.LeafletMouseEvent) => {
    if (taken(event.latlng)) return;
    const near = projects.marks.under(event.containerPoint, matchMedia("(pointer: coarse)").matches ? 18 : 9);
    const first = near[0];
    if (first && near.length === 1) return project(first.id);
    // A cluster opens by coming nearer, as far as its projects lie apart.
    if (near.length > 1 && projects.marks.isClustered) return void map.fitBounds(L.latLngBounds(near.map((m) => m.at)), { maxZoom: 13, padding: [60, 60] });
    void identify.at(event.latlng, near.flatMap((m) => projects.byId(m.id) ?? []));
  });
  // The same question by keyboard: Enter asks about the middle of the map.
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === element && !measure.active && !printing.active && !area.drawing) void identify.at(map.getCenter(), []);
  });
  map.on("moveend", save);
  // Our own changes replace the address silently; another one was pasted or is a step back.
  window.addEventListener("hashchange", () => readHash().view && location.reload());
  if (from.find) search.set(from.find);
  if (from.chosen) void identify.feature(from.chosen.layer, from.chosen.key, held[from.chosen.layer] ?? null, false);
  if (from.tool === "print") printing.start();
  else if (from.tool) measure.start(from.tool as Measuring);
  if (from.more?.["look"]) ways.look(from.more["look"]);
  ready = true;

  const wanted = Number(new URLSearchParams(location.search).get("project"));
  await reload();
  if (from.more?.["show"]) ways.set(from.more["show"]);
  if (from.more?.["pick"]) area.set(from.more["pick"], from.more["within"]);
  if (wanted) projects.choose(wanted, true);
}

/** The address of just what is shown: the filters and the kinds that are on; null where none is. */
function shownQuery(query: URLSearchParams, projects: Projects): URLSearchParams | null {
  const on = [...projects.shown, ...(projects.everyKind ? [UNTOLD] : [])];
  on.forEach((kind) => query.append("kind", kind));
  return on.length ? query : null;
}

/** The address of what regions count: with all four kinds on, the whole library, as the report does. */
const regionQuery = (query: URLSearchParams, projects: Projects): URLSearchParams => (projects.everyKind ? query : (shownQuery(query, projects) ?? query));

function exportLinks(query: () => URLSearchParams | null): void {
  document.querySelectorAll<HTMLAnchorElement>("[data-export]").forEach((link) => {
    const asked = query();
    link.hidden = !asked;
    if (asked) link.href = `${link.pathname}?${asked}&format=${link.dataset["export"]}`;
  });
}

interface Ways {
  set(way: string): void;
  look(look: string): void;
  /** What the address says of them, where it isn't the usual. */
  said(): Record<string, string>;
  reload(): Promise<void>;
}

/** The two choices of the legend: in which way projects are shown, and what their symbols show. */
function waysOf(projects: Projects, regions: Regions, on: { save(): void; query(): URLSearchParams; day(): string | null; back(): void }): Ways {
  const show = need<HTMLSelectElement>("#project-show");
  // A phone's map has no room for it; its head stays.
  if (matchMedia("(max-width: 760px)").matches) need<HTMLDetailsElement>("#project-legend").open = false;
  const look = need<HTMLSelectElement>("#project-look");
  const reload = async (): Promise<void> => {
    if (isMeasure(show.value)) await regions.show(show.value, on.query(), on.day());
  };
  const apply = (): void => {
    look.disabled = show.value !== "points";
    if (isMeasure(show.value)) {
      projects.setWay(null);
      void reload();
    } else {
      if (regions.measure) regions.hide(), on.back();
      projects.setWay((WAYS as readonly string[]).includes(show.value) ? (show.value as Way) : "points");
    }
    on.save();
  };
  show.addEventListener("change", apply);
  look.addEventListener("change", () => (projects.setLook(look.value), projects.update(), on.save()));
  return {
    set(way) {
      show.value = way;
      if (!show.value) show.value = "points"; // one that this reader may not choose
      apply();
    },
    look(name) {
      projects.setLook(name);
      look.value = projects.look;
    },
    said: () => ({ ...(projects.look === "kind" ? {} : { look: projects.look }), ...(show.value === "points" ? {} : { show: show.value }) }),
    reload,
  };
}

/** The tools that have a panel of their own. */
function panelTools(area: AreaPick, timeline: Timeline, rest: () => void, open: () => void, back: () => void): void {
  document.querySelector('[data-panel-tool="area"]')?.addEventListener("click", () => {
    if (area.drawing || area.text) return (area.clear(), back());
    rest();
    open();
    area.start("rect");
  });
  document.querySelector('[data-panel-tool="timeline"]')?.addEventListener("click", () => (timeline.isOpen ? timeline.close() : void timeline.open()));
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

void start();
