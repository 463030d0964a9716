import L from "leaflet";
import { getJson } from "../core/api";
import { debounce, h, need } from "../core/dom";
import { count, yuan } from "../core/format";
import { english, t, term } from "../core/i18n";
import { traceKind, Points } from "../map/points";

export const KINDS = ["key", "government", "planned", "reserve"] as const;
export type Kind = (typeof KINDS)[number];

export interface Project {
  id: number;
  code: string;
  name: string;
  kinds: Kind[];
  region: string;
  stage: string;
  planned_yuan: string | number | null;
  cumulative_yuan: string | number | null;
  precision: string;
  has_site: boolean;
  at: L.LatLng | null;
}

interface Counts {
  kinds: Record<Kind, number>;
  total: number;
}

const PAGE = 60;

/** The four kinds, the search box, the list beside the map and the points on it: one selection, said twice. */
export class Projects {
  readonly points = new Points();
  readonly shown = new Set<Kind>(KINDS);
  private all: Project[] = [];
  private words = "";
  private limit = PAGE;
  private chosen: number | null = null;
  private readonly list = need("#projects");

  constructor(
    private readonly map: L.Map,
    private readonly regions: Record<string, string>,
    private readonly onChange: () => void,
  ) {
    this.points.addTo(map);
    map.on("moveend", debounce(() => this.render(), 120));
    const search = need<HTMLInputElement>("#search");
    search.addEventListener("input", debounce(() => {
      this.words = search.value.trim().toLowerCase();
      this.limit = PAGE;
      this.update();
    }, 150));
  }

  /** The filters of the list page, taken over from the address, narrow map and counts alike. */
  async load(query: string): Promise<void> {
    try {
      const [answer, counts] = await Promise.all([
        getJson<{ features: { id?: number; geometry: { coordinates: [number, number] } | null; properties: Omit<Project, "at"> }[] }>(`/api/v1/projects/map/${query}`),
        getJson<Counts>(`/api/v1/projects/counts/${query}`),
      ]);
      this.all = answer.features.map((f) => ({ ...f.properties, at: f.geometry ? L.latLng(f.geometry.coordinates[1], f.geometry.coordinates[0]) : null }));
      this.toggles(counts);
      this.update();
    } catch {
      this.list.replaceChildren(h("p", { class: "empty", role: "alert" }, t("map.failed", { what: t("projects.what") }), " ",
        h("button", { type: "button", class: "btn btn-sm btn-outline-primary", onclick: () => void this.load(query) }, t("map.retry"))));
    }
  }

  byId = (id: number): Project | undefined => this.all.find((p) => p.id === id);

  setKinds(kinds: string[]): void {
    KINDS.forEach((k) => (kinds.includes(k) ? this.shown.add(k) : this.shown.delete(k)));
  }

  /** Opens one that was found elsewhere: what would hide it in the list is lifted. */
  reveal(id: number): void {
    const project = this.byId(id);
    if (!project) return;
    this.words = need<HTMLInputElement>("#search").value = "";
    if (!project.kinds.some((kind) => this.shown.has(kind))) {
      for (const kind of project.kinds) {
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
    this.chosen = id;
    this.points.choose(id);
    const project = id === null ? undefined : this.byId(id);
    if (project?.at && zoom) this.map.setView(project.at, Math.max(this.map.getZoom(), project.has_site ? 15 : 12));
    if (project) need("#map-status").textContent = t("projects.selected", { name: project.name });
    this.render();
    this.list.querySelector(`[data-id="${id}"]`)?.scrollIntoView({ block: "nearest" });
  }

  private toggles(counts: Counts): void {
    need("#kinds").replaceChildren(
      need("#kinds legend"),
      ...KINDS.map((kind) => {
        const box = h("input", { type: "checkbox", id: `kind-${kind}`, value: kind, ...(this.shown.has(kind) ? { checked: true } : {}) });
        box.addEventListener("change", () => {
          if (box.checked) this.shown.add(kind);
          else this.shown.delete(kind);
          this.limit = PAGE;
          this.update();
          this.onChange();
        });
        return h("label", { class: `kind-toggle kind-${kind}`, for: `kind-${kind}` }, box, kindMark(kind), h("span", { class: "kind-name" }, t(`kind.${kind}`)), h("b", { class: "kind-count" }, count(counts.kinds[kind] ?? 0)));
      }),
    );
  }

  private matching(): Project[] {
    return this.all.filter(
      (p) => p.kinds.some((k) => this.shown.has(k)) && (!this.words || p.name.toLowerCase().includes(this.words) || p.code.toLowerCase().includes(this.words)),
    );
  }

  private update(): void {
    const marks = this.matching().flatMap((p) => {
      const kind = KINDS.find((k) => p.kinds.includes(k) && this.shown.has(k));
      return p.at && kind ? [{ id: p.id, at: p.at, kind, approximate: p.precision !== "exact" }] : [];
    });
    this.points.setMarks(marks);
    this.render();
  }

  private render(): void {
    const matching = this.matching();
    const view = this.map.getBounds();
    // A search looks everywhere: what it finds outside the view stays in the list.
    const here = this.words ? matching : matching.filter((p) => p.at && view.contains(p.at));
    need("#list-count").textContent = `${t("projects.total", { total: count(this.all.length), shown: count(matching.length) })} · ${t("projects.inView", { n: count(matching.filter((p) => p.at && view.contains(p.at)).length) })}`;
    if (!here.length) return this.list.replaceChildren(h("p", { class: "empty" }, t("projects.none")));
    const focused = (document.activeElement as HTMLElement | null)?.dataset["id"];
    const rows = here.slice(0, this.limit).map((p) => this.row(p));
    const chosen = this.chosen !== null && !here.slice(0, this.limit).some((p) => p.id === this.chosen) ? this.byId(this.chosen) : undefined;
    this.list.replaceChildren(
      h("ul", { class: "rows" }, chosen ? this.row(chosen) : null, ...rows),
      here.length > this.limit ? h("button", { type: "button", class: "btn btn-sm btn-outline-primary rows-more", onclick: () => ((this.limit += PAGE * 2), this.render()) }, t("projects.more", { n: Math.min(PAGE * 2, here.length - this.limit) })) : "",
    );
    if (focused) this.list.querySelector<HTMLElement>(`button[data-id="${focused}"]`)?.focus({ preventScroll: true });
  }

  private row(p: Project): HTMLLIElement {
    const open = p.id === this.chosen;
    return h("li", { class: open ? "row-item is-chosen" : "row-item" },
      h("button", { type: "button", class: "row-main", "data-id": p.id, "aria-expanded": String(open), onclick: () => this.choose(open ? null : p.id, !open) },
        h("span", { class: "row-marks" }, ...KINDS.filter((k) => p.kinds.includes(k)).map(kindMark)),
        h("span", { class: "row-name" }, p.name),
        h("span", { class: "row-note" }, `${this.regions[p.region] ?? p.region} · ${term("stage", p.stage)} · ${yuan(p.planned_yuan, english)}`)),
      open ? this.details(p) : null);
  }

  private details(p: Project): HTMLElement {
    return h("div", { class: "row-details" },
      h("dl", { class: "facts" },
        h("dt", {}, t("projects.code")), h("dd", {}, p.code || "—"),
        h("dt", {}, t("projects.kinds")), h("dd", {}, ...KINDS.filter((k) => p.kinds.includes(k)).map((k) => h("span", { class: `kind kind-${k}` }, t(`kind.${k}`)))),
        h("dt", {}, t("projects.planned")), h("dd", {}, yuan(p.planned_yuan, english)),
        h("dt", {}, t("projects.cumulative")), h("dd", {}, yuan(p.cumulative_yuan, english))),
      h("p", { class: "row-note" }, p.has_site ? t("projects.hasSite") : p.precision === "exact" ? t("projects.noSite") : `${t("projects.noSite")} · ${t("projects.approximate", { precision: term("precision", p.precision) })}`),
      h("p", { class: "page-actions" },
        h("a", { class: "btn btn-sm btn-primary", href: `/projects/${p.id}/` }, t("projects.open")),
        need("#map-page").dataset["editSites"] === undefined ? null : h("a", { class: "btn btn-sm btn-outline-primary", href: `/projects/${p.id}/site/` }, t("projects.editSite"))));
  }
}

export function kindMark(kind: string): HTMLCanvasElement {
  const canvas = h("canvas", { width: 28, height: 28, class: "kind-mark", role: "img", "aria-label": term("kind", kind) });
  const g = canvas.getContext("2d", { willReadFrequently: true })!;
  g.scale(2, 2);
  traceKind(g, kind, 7, 7, 4.5);
  g.fillStyle = { key: "#b3261e", government: "#1d4e79", planned: "#3e6b2f", reserve: "#7a4b00" }[kind] ?? "#444";
  g.fill();
  return canvas;
}
