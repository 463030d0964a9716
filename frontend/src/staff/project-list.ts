import L from "leaflet";
import { getJson } from "../core/api";
import { h, need } from "../core/dom";
import { count, yuan } from "../core/format";
import { english, t, term, type Key } from "../core/i18n";
import { progress } from "../core/money";
import { signPicture } from "../map/signs";
import { KIND_SIGNS, KINDS, NO_KIND } from "./looks";
import { labelled, type Choices, type Project, type Selection } from "./project-data";

const PAGE = 60;

/** What the list knows of the map that it stands beside. */
export interface Neighbourhood {
  map: L.Map;
  regions: Record<string, string>;
  choices: Choices;
  /** What the switches and the search leave. */
  matching(): Project[];
  all(): Selection;
  words(): string;
  query(): URLSearchParams;
  chosen(id: number | null): void;
}

interface Detail {
  properties: { scale: string; content: string; organisation: string | null };
}

/** The list beside the map: what is in view, a page at a time, and what no map can show, in words. */
export class ProjectList {
  private limit = PAGE;
  private chosen: number | null = null;
  private readonly root = need("#projects");
  private readonly details = new Map<number, Promise<Detail>>();
  private readonly popup = L.popup({ autoPan: true, autoPanPadding: [40, 70], maxWidth: 300, minWidth: 230, className: "project-popup" });

  constructor(private readonly near: Neighbourhood) {
    near.map.on("popupclose", (event) => event.popup === this.popup && this.chosen !== null && this.choose(null, false));
  }

  /** Back to the first page. */
  first(): void {
    this.limit = PAGE;
  }

  busy(on: boolean): void {
    this.root.setAttribute("aria-busy", String(on));
  }

  failed(again: () => void): void {
    this.root.replaceChildren(h("p", { class: "empty", role: "alert" }, t("map.failed", { what: t("projects.what") }), " ",
      h("button", { type: "button", class: "btn btn-sm btn-outline-primary", onclick: again }, t("map.retry"))));
  }

  choose(id: number | null, zoom: boolean): void {
    const { map } = this.near;
    this.chosen = id;
    this.near.chosen(id);
    const project = id === null ? undefined : this.near.all().projects.find((p) => p.id === id);
    if (project?.at && zoom) map.setView(project.at, Math.max(map.getZoom(), project.has_site ? 15 : 13));
    if (project) need("#map-status").textContent = t("projects.selected", { name: project.name });
    if (project?.at) this.popup.setLatLng(project.at).setContent(this.card(project)).openOn(map);
    else this.popup.remove();
    this.render();
    this.root.querySelector(`[data-id="${id}"]`)?.scrollIntoView({ block: "nearest" });
  }

  render(): void {
    const { map } = this.near;
    const matching = this.near.matching();
    const view = map.getBounds();
    // A search looks everywhere: what it finds outside the view stays in the list.
    const here = this.near.words() ? matching : matching.filter((p) => p.at && view.contains(p.at));
    need("#list-count").textContent = `${t("projects.total", { total: count(this.near.all().counts.total || this.near.all().projects.length), shown: count(matching.length) })} · ${t("projects.inView", { n: count(matching.filter((p) => p.at && view.contains(p.at)).length) })}`;
    need("#list-beside").replaceChildren(...this.beside(matching));
    if (!here.length) return this.root.replaceChildren(h("p", { class: "empty" }, t("projects.none")));
    const focused = (document.activeElement as HTMLElement | null)?.dataset["id"];
    const chosen = this.chosen !== null && !here.slice(0, this.limit).some((p) => p.id === this.chosen) ? matching.find((p) => p.id === this.chosen) : undefined;
    this.root.replaceChildren(
      h("ul", { class: "rows" }, chosen ? this.row(chosen) : null, ...here.slice(0, this.limit).map((p) => this.row(p))),
      here.length > this.limit ? h("button", { type: "button", class: "btn btn-sm btn-outline-primary rows-more", onclick: () => ((this.limit += PAGE * 2), this.render()) }, t("projects.more", { n: Math.min(PAGE * 2, here.length - this.limit) })) : "",
    );
    if (focused) this.root.querySelector<HTMLElement>(`button[data-id="${focused}"]`)?.focus({ preventScroll: true });
  }

  /** What the map can't show, each with its list. */
  private beside(matching: Project[]): HTMLElement[] {
    const { counts, asOf, ofToday } = this.near.all();
    const lines: HTMLElement[] = [];
    const line = (key: Key, n: number, filter: Record<string, string> | null): void => {
      const query = new URLSearchParams(this.near.query());
      for (const [name, value] of Object.entries(filter ?? {})) query.set(name, value);
      const text = t(key, { n: count(n) });
      // The list page tells of today: a number of a past day has no list there.
      lines.push(h("p", { class: "row-note" }, filter && !asOf ? h("a", { href: `${need("#to-list").dataset["base"]}?${query}` }, text) : text));
    };
    const nowhere = matching.filter((p) => !p.at).length;
    if (nowhere) line("projects.unplaced", nowhere, { placed: "false" });
    if (counts.none && !matching.some((p) => p.kinds?.length === 0)) line("projects.ofNone", counts.none, { kind: NO_KIND });
    if (counts.untold) line("projects.untold", counts.untold, null);
    if (ofToday.length) lines.push(h("p", { class: "row-note" }, t("projects.ofToday", { filters: ofToday.join(" · ") })));
    return lines;
  }

  /** One row of any list of projects: opens it here and on the map. */
  row(p: Project): HTMLLIElement {
    const open = p.id === this.chosen;
    return h("li", { class: open ? "row-item is-chosen" : "row-item" },
      h("button", { type: "button", class: "row-main", "data-id": p.id, "aria-expanded": String(open), onclick: () => this.choose(open ? null : p.id, !open) },
        h("span", { class: "row-marks" }, ...KINDS.filter((k) => p.kinds?.includes(k)).map((k) => signPicture(KIND_SIGNS[k]!, t(`kind.${k}`)))),
        h("span", { class: "row-name" }, p.name),
        h("span", { class: "row-note" }, [this.near.regions[p.region] ?? p.region, this.stage(p), yuan(p.planned_yuan, english)].join(" · "))),
      open ? this.card(p, false) : null);
  }

  private stage = (p: Project): string => (p.stage === null ? t("legend.untold") : labelled(this.near.choices.stage, p.stage));

  /** Scale and progress, in the popup and in the list (F388). What is long is asked for when it is opened. */
  private card(p: Project, named = true): HTMLElement {
    const share = progress(p.cumulative_yuan, p.planned_yuan);
    const scale = h("dd", { class: "project-scale" }, t("projects.busy"));
    const card = h("div", { class: "row-details project-card" },
      named ? h("h3", {}, p.name) : null,
      h("p", { class: "project-kinds" }, ...KINDS.filter((k) => p.kinds?.includes(k)).map((k) => h("span", { class: `kind kind-${k}` }, t(`kind.${k}`))), p.kinds === null ? h("span", {}, t("legend.untold")) : null),
      h("dl", { class: "facts" },
        h("dt", {}, t("projects.code")), h("dd", {}, p.code || "—"),
        h("dt", {}, t("projects.standing")), h("dd", {}, [this.stage(p), labelled(this.near.choices.level, p.level), p.library === null ? "" : labelled(this.near.choices.library, p.library)].filter(Boolean).join(" · ")),
        h("dt", {}, t("projects.industry")), h("dd", {}, labelled(this.near.choices.industry, p.industry)),
        h("dt", {}, t("projects.scale")), scale,
        h("dt", {}, t("projects.planned")), h("dd", {}, yuan(p.planned_yuan, english)),
        h("dt", {}, t("projects.cumulative")), h("dd", {}, yuan(p.cumulative_yuan, english)),
        h("dt", {}, t("projects.progress")), h("dd", {}, share === null ? "—" : h("meter", { min: 0, max: 100, value: Math.min(100, share), "aria-label": t("projects.progress") }), share === null ? null : ` ${share}%`)),
      h("p", { class: "row-note" }, p.has_site ? t("projects.hasSite") : p.precision === "exact" ? t("projects.noSite") : `${t("projects.noSite")} · ${t("projects.approximate", { precision: term("precision", p.precision) })}`),
      h("p", { class: "page-actions" },
        h("a", { class: "btn btn-sm btn-primary", href: `/projects/${p.id}/` }, t("projects.open")),
        need("#map-page").dataset["editSites"] === undefined ? null : h("a", { class: "btn btn-sm btn-outline-primary", href: `/projects/${p.id}/site/` }, t("projects.editSite"))));
    void this.detail(p.id).then(
      (found) => (scale.textContent = found.properties.scale || found.properties.content || "—"),
      () => (scale.textContent = t("map.failed", { what: t("projects.scale") })),
    );
    return card;
  }

  private detail(id: number): Promise<Detail> {
    let asked = this.details.get(id);
    if (!asked) {
      asked = getJson<Detail>(`/api/v1/projects/${id}/`);
      asked.catch(() => this.details.delete(id)); // the next opening asks again
      this.details.set(id, asked);
    }
    return asked;
  }
}
