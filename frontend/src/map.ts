import L from "leaflet";
import { mountAsOf } from "./compare/asof";
import "./staff/compared.scss";
import "./staff/map-projects.scss";
import { debounce, embedded, need } from "./core/dom";
import { count } from "./core/format";
import { inTurn } from "./core/in-turn";
import { t } from "./core/i18n";
import { loadCatalogue } from "./map/catalogue";
import type { Way } from "./map/project-marks";
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
import { Printing } from "./staff/printing";
import { PrintSeries } from "./staff/series";
import { AreaPick } from "./staff/area";
import { Filters } from "./staff/filters";
import { KINDS, UNTOLD } from "./staff/looks";
import type { Choices } from "./staff/project-data";
import { Projects, WAYS } from "./staff/projects";
import { isMeasure, Regions } from "./staff/regions";
import { Timeline } from "./staff/timeline";
import { Search } from "./staff/search";
import { sites } from "./staff/sites";

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
  const open = inTurn(async ({ query, hash }: Opened): Promise<void> => {
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
  });
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
  const series = new PrintSeries({ regions, layers: () => tree.printed, area: () => area.text, within: () => area.within, projects: () => shownQuery(asked(), projects) });
  document.querySelector("#print-series")?.addEventListener("toggle", () => series.open());
  const presentation = new Presentation({ maps: () => panes.maps, open, told: () => told(projects, panes.mode ? [] : [timeline.day, asOf.day]), began: () => (rest(), search.clear(), photos?.close()) });
  const bookmarks = new Bookmarks({
    view: () => ({ query: String(filters.query), hash: formatHash({ ...state(), view: { zoom: map.getZoom(), lat: map.getCenter().lat, lon: map.getCenter().lng } }).slice(1) }),
    open,
    present: (rows, id) => presentation.start(slidesWith(rows, id), id),
  });
  need('[data-panel-tool="bookmarks"]').addEventListener("click", () => (show("bookmarks"), void bookmarks.show()));
  panelTools(area, timeline, rest, () => show("area"), () => show("projects"));
  painted(tree, element);
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

  const wanted = Number(new URLSearchParams(location.search).get("project"));
  await reload();
  if (from.more?.["show"]) ways.set(from.more["show"]);
  if (from.more?.["pick"]) area.set(from.more["pick"], from.more["within"]);
  if (wanted) projects.choose(wanted, true);
  const presented = Number(new URLSearchParams(location.search).get("present"));
  if (presented) return void bookmarks.present(presented);
  if (from.compare) await panes.start(from.compare.mode, from.right ?? null, from.compare.share);
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

/** How many projects are shown, and as of which days, in words. */
const told = (projects: Projects, days: (string | null)[]): string => [
  t("present.projects", { n: count(projects.matching().length) }),
  days[0] ? t("sides.projectsOf", { day: days[0] }) : "",
  days[1] ? t("sides.layersOf", { day: days[1] }) : "",
].filter(Boolean).join(" · ");

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

void start();
