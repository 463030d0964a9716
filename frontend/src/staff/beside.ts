import L from "leaflet";
import { h, need } from "../core/dom";
import { count } from "../core/format";
import { t } from "../core/i18n";
import { loadCatalogue } from "../map/catalogue";
import { ProjectMarks, type Way } from "../map/project-marks";
import { createStage, type Stage } from "../map/stage";
import { VectorStack } from "../map/vector-stack";
import { Legend } from "./legend";
import { LOOKS, type Look } from "./looks";
import { NOTHING, type Permalink } from "./permalink";
import { loadProjects, type Choices, type Project } from "./project-data";
import { isMeasure, Regions } from "./regions";
import { everyKind, isShown, kindsOn, marksOf } from "./selecting";
import { choosable, shownOf, stacked, type Shown } from "./shown-layers";
import { sites } from "./sites";

export interface Besides {
  choices: Choices;
  /** A click on this map: it becomes the side that is set, and the click is asked again there. */
  clicked(at: L.LatLng): void;
}

/** Versions that layers of a state are held to. */
export const heldBy = (state: Permalink): Record<string, number> => Object.fromEntries((state.layers ?? []).flatMap((l) => (l.version ? [[l.code, l.version]] : [])));

/** The other of two sides: a map that shows a state as it is told to, with a legend of its own and nothing to set. */
export class Beside {
  state: Permalink = NOTHING;
  private readonly stack = new VectorStack({ zIndex: 200, className: "tiles-layers" });
  private readonly marks = new ProjectMarks();
  private readonly regions: Regions;
  private readonly legend: Legend;
  private readonly classes = h("div", { class: "beside-classes" });
  private readonly said = need("#beside-said");
  private shown: Shown[] = [];
  private projects: Project[] = [];
  private controller: AbortController | null = null;

  private constructor(
    private readonly stage: Stage,
    on: Besides,
  ) {
    const { map } = stage;
    this.stack.addTo(map);
    this.marks.addTo(map);
    this.stack.on("failed", (event) => (need("#map-status").textContent = t("map.tilesFailed", { layer: (event as unknown as { code: string }).code })));
    this.legend = new Legend(on.choices, this.marks, this.classes);
    // Its table is the list's business, which belongs to the side that is set.
    this.regions = new Regions(map, () => undefined, () => undefined, (at) => (on.clicked(at), true), this.classes, h("div"));
    need("#beside-legend-body").replaceChildren(this.said, this.classes);
    sites(map, (_id, at) => on.clicked(at));
    map.on("click", (event: L.LeafletMouseEvent) => on.clicked(event.latlng));
    map.on("zoomend", () => this.drawLegend());
    map.on("moveend", () => this.count());
  }

  /** A map beside `main`, which it is made like. */
  static async make(main: HTMLElement, view: { lat: number; lon: number; zoom: number }, on: Besides): Promise<Beside> {
    const element = h("div", { id: "map-beside", class: "map", tabindex: 0, "data-map-options": main.dataset["mapOptions"] ?? "{}" });
    main.after(element);
    return new Beside(await createStage(element, {}, { view }), on);
  }

  get map(): L.Map {
    return this.stage.map;
  }

  get element(): HTMLElement {
    return this.stage.map.getContainer();
  }

  /** Its layers by name, the uppermost first. */
  get layers(): string[] {
    return this.shown.map(({ layer }) => layer.name);
  }

  /** Shows a state of the projects that a query selects; a later call takes over. */
  async show(state: Permalink, query: URLSearchParams): Promise<void> {
    this.controller?.abort();
    const controller = (this.controller = new AbortController());
    this.state = state;
    const { look, show, when } = this.ways;
    const kinds = kindsOn(state.kinds);
    this.stage.setBase(state.base && this.stage.bases.some((b) => b.name === state.base) ? state.base : "own");
    try {
      const [catalogue, found] = await Promise.all([
        loadCatalogue({ asOf: state.asOf, versions: heldBy(state) }),
        loadProjects(query, when, controller.signal),
      ]);
      if (controller.signal.aborted) return;
      this.shown = shownOf(choosable(catalogue), state.layers);
      this.stack.setLayers(stacked(this.shown));
      this.projects = found.projects.filter((p) => isShown(p, kinds));
      if (isMeasure(show)) {
        this.marks.show([], look, "points");
        const narrowed = new URLSearchParams(query);
        if (!everyKind(kinds)) kinds.forEach((kind) => narrowed.append("kind", kind));
        await this.regions.show(show, narrowed, when);
      } else {
        this.regions.hide();
        this.marks.show(marksOf(this.projects, look, kinds), look, show as Way);
        this.drawLegend();
      }
      this.count();
    } catch (error) {
      if (controller.signal.aborted) return;
      this.said.replaceChildren(t("map.failed", { what: t("projects.what") }), " ",
        h("button", { type: "button", class: "btn btn-sm btn-outline-primary", onclick: () => void this.show(state, query) }, t("map.retry")));
    }
  }

  private get ways(): { look: Look; show: string; when: string | null } {
    const { look = "kind", show = "points", when = null } = this.state.more ?? {};
    const known = show === "heat" || show === "heat-amount" || isMeasure(show);
    return { look: (LOOKS as readonly string[]).includes(look) ? (look as Look) : "kind", show: known ? show : "points", when };
  }

  private drawLegend(): void {
    const { look, show } = this.ways;
    if (isMeasure(show)) return; // the regions draw their own
    this.legend.draw({ look, way: show as Way, shown: kindsOn(this.state.kinds), matching: () => this.projects });
  }

  /** What the list says of this side. */
  private count(): void {
    const view = this.map.getBounds();
    const here = this.projects.filter((p) => p.at && view.contains(p.at)).length;
    this.said.textContent = t("sides.count", { shown: count(this.projects.length), here: count(here), layers: this.layers.length ? this.layers.join(t("sides.and")) : t("sides.noLayers") });
  }
}
