import L from "leaflet";
import { getJson } from "../core/api";
import type { Kind } from "./looks";

export interface Project {
  id: number;
  code: string;
  name: string;
  /** null: the platform has no record of that day. */
  kinds: Kind[] | null;
  region: string;
  industry: string;
  level: string;
  stage: string | null;
  library: string | null;
  year: number;
  planned_yuan: string | null;
  cumulative_yuan: string | null;
  precision: string;
  has_site: boolean;
  at: L.LatLng | null;
}

export interface Counts {
  kinds: Record<Kind, number>;
  none: number;
  untold: number;
  total: number;
  unplaced: number;
  planned_yuan: string;
  cumulative_yuan: string;
  progress: number | null;
}

export interface Selection {
  projects: Project[];
  counts: Counts;
  asOf: string | null;
  /** Filters that were taken by what is so today, though a past day is shown. */
  ofToday: string[];
}

interface Answer {
  columns: string[];
  rows: unknown[][];
  counts: Counts;
  as_of: string | null;
  of_today: string[];
}

/** The projects that an address asks for, with what stands beside the toggles. */
export async function loadProjects(query: URLSearchParams, day: string | null, signal?: AbortSignal): Promise<Selection> {
  const asked = new URLSearchParams(query);
  // Kinds are switched on the page: every one is loaded, so that a switch asks nobody.
  asked.delete("kind");
  asked.set("form", "rows");
  if (day) asked.set("as_of", day);
  const answer = await getJson<Answer>(`/api/v1/projects/map/?${asked}`, signal);
  return {
    projects: answer.rows.map((row) => projectOf(answer.columns, row)),
    counts: answer.counts,
    asOf: answer.as_of,
    ofToday: answer.of_today,
  };
}

function projectOf(columns: string[], row: unknown[]): Project {
  const { longitude, latitude, ...rest } = Object.fromEntries(columns.map((name, i) => [name, row[i]])) as Record<string, unknown>;
  return { ...(rest as unknown as Omit<Project, "at">), at: longitude === null ? null : L.latLng(latitude as number, longitude as number) };
}

/** What the map's forms offer, as the server names it: code and label. */
export interface Choices {
  industry: [string, string][];
  level: [string, string][];
  stage: [string, string][];
  library: [string, string][];
}

export const labelled = (choices: [string, string][], code: string | null): string => choices.find(([value]) => value === code)?.[1] ?? code ?? "";
