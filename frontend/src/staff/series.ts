import { getJson, Problem } from "../core/api";
import { h, need } from "../core/dom";
import { count } from "../core/format";
import { t, type Key } from "../core/i18n";
import { Poll } from "../upload/poll";
import { BOOKMARKS, type Bookmark } from "./bookmark-data";
import type { Printed, PrintedProjects } from "./printing";

interface Series {
  id: number;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  state_label: string;
  open: boolean;
  progress: number;
  message: string;
  created_at: string;
  sheets: number | null;
  file: string | null;
  name: string;
  expired: boolean;
  url: string;
}

export interface AroundSeries {
  regions: Record<string, string>;
  layers(): Printed[];
  /** The projects as the map shows them. */
  drawn(): PrintedProjects | null;
  /** The area that is drawn on the map, as the address writes it; empty for none. */
  area(): string;
  /** How projects must lie in it. */
  within(): string;
  /** The projects that the map shows, as an address carries them; null while no kind is on. */
  projects(): URLSearchParams | null;
}

const WAYS = ["grid", "projects", "bookmarks"] as const;
type Way = (typeof WAYS)[number];
const SERIES = "/api/v1/print/series/";

/** Several sheets in one file: over an area, one for each project or bookmark; how far each is, and the way to stop it. */
export class PrintSeries {
  private rows: Series[] = [];
  private readonly root = need("#print-series");
  private readonly print = need<HTMLFormElement>("#print-form");
  private readonly form = h("form", { class: "print-form" });
  private readonly status = h("p", { role: "status", class: "row-note" });
  private readonly list = h("ul", { class: "rows series-rows", "aria-label": t("series.mine") });
  private readonly parts: Record<Way, HTMLElement>;
  private readonly poll = new Poll(() => this.look(), () => this.rows.some((row) => row.open));

  constructor(private readonly around: AroundSeries) {
    const scales = (all: [string, string][]): HTMLElement[] => all.map(([value, text]) => h("option", { value }, text));
    const offered = [...need<HTMLSelectElement>('[name="scale"]', this.print).options].map((o): [string, string] => [o.value, o.text]);
    const select = (name: string, label: Key, options: HTMLElement[]): HTMLElement =>
      h("div", {}, h("label", { for: `series-${name}` }, t(label)), h("select", { class: "form-select form-select-sm", id: `series-${name}`, name }, ...options));
    this.parts = {
      grid: h("div", {},
        select("area", "series.area", [h("option", { value: "" }, t("series.drawn")), ...Object.entries(around.regions).map(([code, name]) => h("option", { value: `region:${code}` }, name))]),
        select("grid-scale", "series.scale", scales(offered))),
      projects: h("div", {}, h("p", { class: "row-note" }, t("series.projectsNote")), select("project-scale", "series.scale", scales([["0", t("series.fit")], ...offered]))),
      bookmarks: h("fieldset", { class: "series-bookmarks" }, h("legend", {}, t("series.choose"))),
    };
    this.build();
  }

  /** The panel came into sight: what is under way, and which bookmarks there are. */
  open(): void {
    void this.look().then(() => this.poll.soon());
  }

  private value = (name: string, form = this.form): string => (form.elements.namedItem(name) as HTMLInputElement).value;

  private get way(): Way {
    return this.value("way") as Way;
  }

  private build(): void {
    const way = h("select", { class: "form-select form-select-sm", id: "series-way", name: "way" }, ...WAYS.map((one) => h("option", { value: one }, t(`series.${one}`))));
    way.addEventListener("change", () => this.shown());
    this.form.append(h("label", { for: "series-way" }, t("series.way")), way, ...Object.values(this.parts),
      h("p", { class: "row-note" }, t("series.asAbove")),
      h("p", { class: "page-actions" }, h("button", { class: "btn btn-primary", id: "series-make" }, t("series.make"))));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.ask();
    });
    this.root.append(this.form, this.status, this.list);
    this.shown();
  }

  private shown(): void {
    for (const way of WAYS) this.parts[way].hidden = way !== this.way;
    if (this.way === "bookmarks") void this.bookmarks();
  }

  private async bookmarks(): Promise<void> {
    const box = this.parts.bookmarks;
    try {
      const rows = await getJson<Bookmark[]>(BOOKMARKS);
      box.replaceChildren(h("legend", {}, t("series.choose")), rows.length
        ? h("ul", {}, ...rows.map((one) => h("li", {}, h("label", {}, h("input", { type: "checkbox", name: "bookmark", value: one.id, checked: true }), ` ${one.series ? `${one.series} · ` : ""}${one.name}`))))
        : h("p", { class: "empty" }, t("series.noBookmarks")));
    } catch (error) {
      box.replaceChildren(h("p", { class: "empty", role: "alert" }, t("series.failed", { why: (error as Error).message })));
    }
  }

  private asked(): Record<string, unknown> | string {
    const way = this.way;
    const sheet = {
      way,
      paper: this.value("paper", this.print),
      landscape: this.value("side", this.print) === "landscape",
      title: this.value("title", this.print),
      approval: this.value("approval", this.print),
      base: (this.print.elements.namedItem("base") as HTMLInputElement).checked,
      projects: (this.print.elements.namedItem("projects") as HTMLInputElement).checked ? this.around.drawn() : null,
      layers: this.around.layers().map(({ state, version, opacity, style }) => ({ code: state.code, version, opacity, hidden: state.hidden, ...(style ? { look: style } : {}) })),
    };
    if (way === "grid") {
      const area = this.value("area") || this.around.area();
      return area ? { ...sheet, area, scale: Number(this.value("grid-scale")) } : t("series.noArea");
    }
    if (way === "projects") {
      const query = this.around.projects();
      if (!query) return t("pick.none");
      if (this.around.area()) {
        query.set("area", this.around.area());
        query.set("mode", this.around.within());
      }
      return { ...sheet, query: String(query), scale: Number(this.value("project-scale")) };
    }
    const bookmarks = [...this.form.querySelectorAll<HTMLInputElement>('[name="bookmark"]:checked')].map((box) => Number(box.value));
    return bookmarks.length ? { ...sheet, bookmarks } : t("series.noneChosen");
  }

  private async send(address: string, method: string, body?: unknown): Promise<Series> {
    const token = need<HTMLInputElement>('input[name="csrfmiddlewaretoken"]', this.print).value;
    const answer = await fetch(address, {
      method,
      credentials: "same-origin",
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) {
      const problem = (await answer.json()) as { title?: string; detail?: string; errors?: { message?: string }[] };
      throw new Problem(answer.status, problem.title ?? "", problem.errors?.[0]?.message ?? problem.detail ?? "", []);
    }
    return (await answer.json()) as Series;
  }

  private async ask(): Promise<void> {
    const asked = this.asked();
    if (typeof asked === "string") return void (this.status.textContent = asked);
    const button = need<HTMLButtonElement>("#series-make", this.form);
    button.disabled = true;
    this.status.replaceChildren();
    try {
      const row = await this.send(SERIES, "POST", asked);
      this.rows.unshift(row);
      this.say();
      this.poll.soon();
    } catch (error) {
      this.status.replaceChildren(h("span", { role: "alert" }, t("series.failed", { why: (error as Error).message })));
    } finally {
      button.disabled = false;
    }
  }

  private async stop(row: Series): Promise<void> {
    try {
      Object.assign(row, await this.send(row.url, "DELETE"));
      this.say();
    } catch (error) {
      this.status.replaceChildren(h("span", { role: "alert" }, t("series.failed", { why: (error as Error).message })));
    }
  }

  private async look(): Promise<boolean> {
    const before = JSON.stringify(this.rows);
    const waited = new Set(this.rows.filter((row) => row.open).map((row) => row.id));
    this.rows = await getJson<Series[]>(SERIES);
    const ended = this.rows.find((row) => waited.has(row.id) && !row.open);
    if (ended) this.status.textContent = t("series.ended", { state: ended.state_label });
    if (JSON.stringify(this.rows) === before) return false;
    this.say();
    return true;
  }

  private say(): void {
    const focused = (document.activeElement as HTMLElement | null)?.dataset["series"];
    this.list.replaceChildren(...this.rows.map((row) => this.row(row)));
    if (focused) this.list.querySelector<HTMLElement>(`[data-series="${focused}"]`)?.focus();
  }

  private row(row: Series): HTMLLIElement {
    const when = new Date(row.created_at).toLocaleString();
    return h("li", { class: "row-item" },
      h("span", { class: "row-name" }, row.file ? h("a", { href: row.file, "data-series": row.id }, t("series.download", { name: row.name, n: count(row.sheets ?? 0) })) : row.expired ? t("series.expired") : row.state_label),
      h("span", { class: "row-note" }, ` ${when}${row.message ? ` · ${row.message}` : ""}`),
      row.open ? h("p", { class: "series-progress" }, h("progress", { max: 100, value: row.progress, "aria-label": t("series.progress") }, `${row.progress}%`),
        h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", "data-series": row.id, onclick: () => void this.stop(row) }, t("series.cancel"))) : null);
  }
}
