import type L from "leaflet";
import { debounce, h, need } from "../core/dom";
import { count } from "../core/format";
import { t } from "../core/i18n";
import { ProjectMarks, type Way } from "../map/project-marks";
import { signPicture } from "../map/signs";
import { Legend } from "./legend";
import { KIND_SIGNS, KINDS, LOOKS, NO_KIND, type Look } from "./looks";
import { loadProjects, type Choices, type Counts, type Project, type Selection } from "./project-data";
import { ProjectList, type Neighbourhood } from "./project-list";
import { everyKind, isShown, kindsOn, marksOf } from "./selecting";

export { KINDS } from "./looks";
export type { Project } from "./project-data";

export const WAYS = ["points", "heat", "heat-amount"] as const;
const NOBODY: Selection = {
  projects: [],
  counts: { kinds: { key: 0, government: 0, planned: 0, reserve: 0 }, none: 0, untold: 0, total: 0, unplaced: 0, planned_yuan: "0", cumulative_yuan: "0", progress: null },
  asOf: null,
  ofToday: [],
};

/** The four kinds, the search box, the list beside the map and the points on it: one selection, said twice. */
export class Projects {
  readonly marks = new ProjectMarks();
  readonly shown = new Set<string>(KINDS);
  look: Look = "kind";
  /** How projects are shown; null while regions are shown in their place. */
  way: Way | null = "points";
  selection: Selection = NOBODY;
  readonly list: ProjectList;
  private words = "";
  private query = new URLSearchParams();
  private day: string | null = null;
  private controller: AbortController | null = null;
  private readonly legend: Legend;

  constructor(
    map: L.Map,
    around: { regions: Record<string, string>; choices: Choices },
    private readonly onChange: () => void,
    private readonly loaded: () => void,
  ) {
    this.marks.addTo(map);
    this.legend = new Legend(around.choices, this.marks);
    const list: Neighbourhood = { ...around, map, matching: () => this.matching(), all: () => this.selection, words: () => this.words, query: () => this.query, chosen: (id) => this.marks.choose(id) };
    this.list = new ProjectList(list);
    map.on("moveend", debounce(() => this.list.render(), 120));
    map.on("zoomend", () => this.legend.draw(this));
    const search = need<HTMLInputElement>("#search");
    search.addEventListener("input", debounce(() => {
      this.words = search.value.trim().toLowerCase();
      this.list.first();
      this.update();
    }, 150));
  }

  /** The filters of the list page, taken over from the address, narrow map and counts alike; a day tells of the past. */
  async load(query: URLSearchParams, day: string | null): Promise<void> {
    this.controller?.abort();
    const controller = (this.controller = new AbortController());
    [this.query, this.day] = [query, day];
    this.list.busy(true);
    try {
      const found = await loadProjects(query, day, controller.signal);
      if (controller.signal.aborted) return;
      this.selection = found;
      this.toggles(found.counts);
      this.update();
      this.loaded();
    } catch {
      if (controller.signal.aborted) return;
      this.list.failed(() => void this.load(this.query, this.day));
    } finally {
      if (!controller.signal.aborted) this.list.busy(false);
    }
  }

  /** What is written in the search box. */
  get searched(): string {
    return this.words;
  }

  byId = (id: number): Project | undefined => this.selection.projects.find((p) => p.id === id);

  /** Switches kinds on; all four where an address says nothing of them. */
  setKinds(kinds: string[] | null): void {
    this.shown.clear();
    kindsOn(kinds).forEach((kind) => this.shown.add(kind));
  }

  setLook(look: string): void {
    if ((LOOKS as readonly string[]).includes(look)) this.look = look as Look;
  }

  /** Shows projects in a way, or none of them, while regions stand in their place. */
  setWay(way: Way | null): void {
    this.way = way;
    this.update();
  }

  /** Empties the search box: what it hid is in the list and on the map again, once they are drawn. */
  forget(): void {
    this.words = need<HTMLInputElement>("#search").value = "";
    this.list.first();
  }

  /** Opens one that was found elsewhere: what would hide it in the list is lifted. */
  reveal(id: number): void {
    const project = this.byId(id);
    if (!project) return;
    this.forget();
    if (!isShown(project, this.shown)) {
      for (const kind of project.kinds?.length ? project.kinds : [NO_KIND]) {
        this.shown.add(kind);
        const box = document.getElementById(`kind-${kind}`) as HTMLInputElement | null;
        if (box) box.checked = true;
      }
      this.onChange();
    }
    this.update();
    this.choose(id, true);
  }

  choose(id: number | null, zoom = false): void {
    this.list.choose(id, zoom);
  }

  /** Whether all four kinds are on. */
  get everyKind(): boolean {
    return everyKind(this.shown);
  }

  private toggles(counts: Counts): void {
    const toggle = (kind: string, label: string, n: number): HTMLElement => {
      const box = h("input", { type: "checkbox", id: `kind-${kind}`, value: kind, ...(this.shown.has(kind) ? { checked: true } : {}) });
      box.addEventListener("change", () => {
        if (box.checked) this.shown.add(kind);
        else this.shown.delete(kind);
        this.list.first();
        this.update();
        this.onChange();
      });
      return h("label", { class: `kind-toggle kind-${kind}`, for: `kind-${kind}` }, box, signPicture(KIND_SIGNS[kind]!, label), h("span", { class: "kind-name" }, label), h("b", { class: "kind-count" }, count(n)));
    };
    const focused = document.activeElement?.id;
    need("#kinds").replaceChildren(
      need("#kinds legend"),
      ...KINDS.map((kind) => toggle(kind, t(`kind.${kind}`), counts.kinds[kind] ?? 0)),
      counts.none || this.shown.has(NO_KIND) ? toggle(NO_KIND, t("kind.none"), counts.none) : "",
    );
    if (focused?.startsWith("kind-")) document.getElementById(focused)?.focus();
  }

  /** What the switches and the search leave, with a place or without. */
  matching(): Project[] {
    return this.selection.projects.filter((p) => isShown(p, this.shown) && (!this.words || p.name.toLowerCase().includes(this.words) || p.code.toLowerCase().includes(this.words)));
  }

  update(): void {
    const marks = this.way === null ? [] : marksOf(this.matching(), this.look, this.shown);
    this.marks.show(marks, this.look, this.way ?? "points");
    this.legend.draw(this);
    this.list.render();
  }
}
