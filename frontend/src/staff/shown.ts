// What the map shows just now, as an address carries it and in words.
import { count, yuan } from "../core/format";
import { h } from "../core/dom";
import { english, t } from "../core/i18n";
import { UNTOLD } from "./looks";
import type { Projects } from "./projects";

/** The address of just what is shown: the filters and the kinds that are on; null where none is. */
export function shownQuery(query: URLSearchParams, projects: Projects): URLSearchParams | null {
  const on = [...projects.shown, ...(projects.everyKind ? [UNTOLD] : [])];
  on.forEach((kind) => query.append("kind", kind));
  return on.length ? query : null;
}

/** The address of what regions count: with all four kinds on, the whole library, as the report does. */
export const regionQuery = (query: URLSearchParams, projects: Projects): URLSearchParams => (projects.everyKind ? query : (shownQuery(query, projects) ?? query));

export function exportLinks(query: () => URLSearchParams | null): void {
  document.querySelectorAll<HTMLAnchorElement>("[data-export]").forEach((link) => {
    const asked = query();
    link.hidden = !asked;
    if (asked) link.href = `${link.pathname}?${asked}&format=${link.dataset["export"]}`;
  });
}

/** How many projects are shown, and as of which days, in words. */
export const told = (projects: Projects, days: (string | null)[]): string => [
  t("present.projects", { n: count(projects.matching().length) }),
  days[0] ? t("sides.projectsOf", { day: days[0] }) : "",
  days[1] ? t("sides.layersOf", { day: days[1] }) : "",
].filter(Boolean).join(" · ");

/** So many are named at once: a list of ten thousand is none. */
const MOST_NAMED = 200;

/** What the map shows, by name: regions as their table, projects as a list. */
export function named(projects: Projects, table: HTMLElement | null): HTMLElement {
  if (table) return h("div", {}, ...[...table.children].map((part) => part.cloneNode(true)));
  const all = projects.matching();
  if (!all.length) return h("p", { class: "empty" }, t("present.nothing"));
  return h("div", {},
    h("ol", {}, ...all.slice(0, MOST_NAMED).map((p) => h("li", {}, h("b", {}, p.name), h("span", { class: "row-note" }, ` ${[p.code, p.planned_yuan === null ? "" : yuan(p.planned_yuan, english), p.at ? "" : t("present.unplaced")].filter(Boolean).join(" · ")}`)))),
    all.length > MOST_NAMED ? h("p", { class: "row-note" }, t("present.more", { n: count(all.length - MOST_NAMED) })) : "");
}
