import L from "leaflet";
import { mountAsOf } from "./compare/asof";
import "./staff/compared.scss";
import "./staff/map-projects.scss";
import { debounce, embedded, need } from "./core/dom";
import { inTurn } from "./core/in-turn";
import { loadCatalogue } from "./map/catalogue";
import { painted } from "./map/painted";
import { createStage } from "./map/stage";
import { slidesWith, type Opened } from "./staff/bookmark-data";
import { Bookmarks } from "./staff/bookmarks";
import { Identify } from "./staff/identify";
import { LayerTree } from "./staff/layer-tree";
import { Measure, type Measuring } from "./staff/measure";
import { panels, type Panel } from "./staff/panels";
import { mountPhotos } from "./staff/photos";
import { heldBy } from "./staff/beside";
import { Panes } from "./staff/panes";
import { formatHash, NOTHING, parseHash, readHash, sideOf, writeHash, type Permalink } from "./staff/permalink";
import { Presentation } from "./staff/presentation";
import { Printing, type PrintedProjects } from "./staff/printing";
import { PrintSeries } from "./staff/series";
import { AreaPick } from "./staff/area";
import { Filters } from "./staff/filters";
import { KINDS } from "./staff/looks";
import type { Choices } from "./staff/project-data";
import { Projects } from "./staff/projects";
import { isMeasure, Regions } from "./staff/regions";
import { Timeline } from "./staff/timeline";
import { Search } from "./staff/search";
import { exportLinks, named, regionQuery, shownQuery, told } from "./staff/shown";
import { sites } from "./staff/sites";
import { panelTools, tools } from "./staff/toolbar";
import { waysOf } from "./staff/ways";
import { Coming } from "./staff/coming";

async function start(): Promise<void> {
  const element = need("#map");
  const from = readHash();
  let held = heldBy(from);
  const stage = await createStage(element, {}, { view: from.view, asOf: from.asOf, versions: held });
  const { map } = stage;
  element.setAttribute("aria-describedby", "map-help");
  if (from.base && stage.bases.some((b) => b.name === from.base)) stage.setBase(from.base);

  let ready = false;
  const save = debounce(() => {
    if (!ready) return;
    writeHash(map, state());
    panes.say();
  }, 150);
  /** What the address says of the page as it is, on both sides. */
  const state = (): Permalink => panes.said({
    ...side(),
    find: search.words || null,
    chosen: identify.chosen,
    tool: printing.active ? "print" : measure.active,
  });
  /** What this map shows: one side of it, where two are compared. */
  const side = (): Permalink => ({
    ...NOTHING,
    layers: tree.state,
    kinds: [...projects.shown],
    asOf: asOf.day,
    base: stage.base() === "own" ? null : stage.base(),
    more: { ...ways.said(), ...(timeline.day ? { when: timeline.day } : {}), ...(area.text ? { pick: area.text, within: area.within } : {}) },
  });
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
  const printing = new Printing(map, { layers: () => tree.printed, projects: () => drawn() }, () => show("print"), save);
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
  /** The projects as the map shows them, to be printed so; null while none is shown. */
  const drawn = (): PrintedProjects | null => {
    const query = shownQuery(asked(), projects);
    return query && { query: String(query), words: projects.searched, look: projects.look, show: ways.way };
  };
  const asked = (): URLSearchParams => {
    const query = filters.query;
    if (timeline.day) query.set("as_of", timeline.day);
    return query;
  };
  const area = new AreaPick(map, { regions, show: () => show("area"), changed: save, query: () => shownQuery(asked(), projects), byId: projects.byId, row: (p) => projects.list.row(p) });
  const reload = async (): Promise<void> => {
    save();
    exportLinks(() => shownQuery(asked(), projects));
    await Promise.all([projects.load(filters.query, timeline.day), ways.reload(), panes.reload()]);
  };
  /** Shows one side's state on this map, in the place of all that it showed. */
  const apply = async (wanted: Permalink): Promise<void> => {
    rest();
    identify.clear();
    [ready, held] = [false, heldBy(wanted)];
    asOf.set(wanted.asOf);
    try {
      stage.catalogue = await loadCatalogue({ asOf: wanted.asOf, versions: held });
    } catch (error) {
      ready = true;
      throw error;
    }
    stage.setBase(wanted.base && stage.bases.some((b) => b.name === wanted.base) ? wanted.base : "own");
    tree.render(wanted.layers);
    projects.setKinds(wanted.kinds);
    timeline.set(wanted.more?.["when"] ?? null);
    ways.look(wanted.more?.["look"] ?? "kind");
    ways.set(wanted.more?.["show"] ?? "points");
    exportLinks(() => shownQuery(asked(), projects));
    await Promise.all([projects.load(filters.query, timeline.day), ways.reload()]);
    ready = true;
  };
  /** Shows a bookmark: place, filters, area, and one side or two. Two at once would mix, so each waits for the one before. */
  const coming = new Coming((whole) => bookmarks.whole(whole));
  const open = inTurn(({ query, hash }: Opened): Promise<void> => coming.during(async () => {
    const wanted = parseHash(hash);
    projects.forget();
    if (!wanted.compare) panes.end();
    filters.set(new URLSearchParams(query));
    if (wanted.view) map.setView([wanted.view.lat, wanted.view.lon], wanted.view.zoom, { animate: false });
    await apply(sideOf(wanted));
    if (wanted.more?.["pick"]) area.set(wanted.more["pick"], wanted.more["within"]);
    else area.clear();
    if (wanted.compare) await panes.start(wanted.compare.mode, wanted.right ?? null, wanted.compare.share);
    save();
  }));
  const panes = new Panes(map, { choices, state: side, apply, query: () => filters.query, changed: save });
  /** Whether a tool that is at work takes a click for itself. */
  const taken = (at: L.LatLng): boolean => {
    if (presentation.active) return true;
    if (area.drawing) area.add(at);
    else if (measure.active) measure.add(at);
    else return printing.active;
    return true;
  };
  const ways = waysOf(projects, new Regions(map, () => show("regions"), (code) => (ways.set("points"), filters.setRegion(code), show("projects")), taken), {
    save, query: () => regionQuery(filters.query, projects), day: () => timeline.day, back: () => show("projects"),
  });
  const photos = mountPhotos(map, show);
  const series = new PrintSeries({ regions, layers: () => tree.printed, drawn: () => drawn(), area: () => area.text, within: () => area.within, projects: () => shownQuery(asked(), projects) });
  document.querySelector("#print-series")?.addEventListener("toggle", () => series.open());
  const presentation = new Presentation({ maps: () => panes.maps, open, told: () => told(projects, panes.mode ? [] : [timeline.day, asOf.day]), named: () => named(projects, isMeasure(ways.way) ? need("#region-figures") : null), began: () => (rest(), search.clear(), photos?.close()) });
  const bookmarks = new Bookmarks({
    view: () => ({ query: String(filters.query), hash: formatHash({ ...state(), view: { zoom: map.getZoom(), lat: map.getCenter().lat, lon: map.getCenter().lng } }).slice(1) }),
    open,
    present: (rows, id) => presentation.start(slidesWith(rows, id), id),
  });
  need('[data-panel-tool="bookmarks"]').addEventListener("click", () => (show("bookmarks"), void bookmarks.show()));
  panelTools(area, timeline, rest, () => show("area"), () => show("projects"));
  painted(tree.stack, element);
  tree.render(from.layers);

  tools(measure, printing, (panel) => show(panel));
  sites(map, (id) => measure.active || area.drawing || presentation.active || project(id));
  map.on("click", (event: L.LeafletMouseEvent) => {
    if (taken(event.latlng)) return;
    const near = projects.marks.under(event.containerPoint, matchMedia("(pointer: coarse)").matches ? 18 : 9);
    const first = near[0];
    if (first && near.length === 1) return project(first.id);
    // A cluster opens by coming nearer, as far as its projects lie apart.
    if (near.length > 1 && projects.marks.isClustered) return void map.fitBounds(L.latLngBounds(near.map((m) => m.at)), { maxZoom: 13, padding: [60, 60] });
    void identify.at(event.latlng, near.flatMap((m) => projects.byId(m.id) ?? []));
  });
  panes.locked = () => presentation.active;
  // The same question by keyboard: Enter asks about the middle of the map.
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === element && !measure.active && !printing.active && !area.drawing && !presentation.active) void identify.at(map.getCenter(), []);
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

  const [wanted, presented] = ["project", "present"].map((name) => Number(new URLSearchParams(location.search).get(name)));
  await coming.during(async () => {
    await reload();
    if (from.more?.["show"]) ways.set(from.more["show"]);
    if (from.more?.["pick"]) area.set(from.more["pick"], from.more["within"]);
    if (wanted) projects.choose(wanted, true);
    if (from.compare && !presented) await panes.start(from.compare.mode, from.right ?? null, from.compare.share);
  });
  if (presented) void bookmarks.present(presented);
}

void start();
