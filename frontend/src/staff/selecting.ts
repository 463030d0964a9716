import type { Mark } from "../map/project-marks";
import { classesOf, KINDS, NO_KIND, type Look } from "./looks";
import type { Project } from "./project-data";

/** The kinds that an address switches on; all four where it says nothing of them. */
export const kindsOn = (kinds: readonly string[] | null): Set<string> => new Set(kinds ? [...KINDS, NO_KIND].filter((kind) => kinds.includes(kind)) : KINDS);

export const everyKind = (shown: ReadonlySet<string>): boolean => KINDS.every((kind) => shown.has(kind));

/** Whether the switches leave a project on the map. */
export function isShown(project: Project, shown: ReadonlySet<string>): boolean {
  if (project.kinds === null) return everyKind(shown); // whether it would be one of those that are on is not known
  return project.kinds.length ? project.kinds.some((kind) => shown.has(kind)) : shown.has(NO_KIND);
}

/** What is drawn of projects that have a place. */
export const marksOf = (projects: readonly Project[], look: Look, shown: ReadonlySet<string>): Mark[] => projects.flatMap((p) =>
  p.at ? [{ id: p.id, at: p.at, classes: classesOf(p, look, shown), approximate: p.precision !== "exact" && !p.has_site, amount: Number(p.planned_yuan ?? 0) }] : []);
