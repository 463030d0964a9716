/** A draft as the server keeps it: a rulebook file without its version. */
export type Value = string | number | boolean | Value[] | { [name: string]: Value };
export type Entry = Record<string, Value>;

export interface Content extends Entry {
  fact: Entry[];
  rule: Entry[];
}

export interface Option {
  value: string;
  label: string;
}

export interface LayerChoice {
  code: string;
  name: string;
  kind: "vector" | "raster";
  theme: string;
  authority: string;
  classes: { code: string; name: string }[];
  fields: { name: string; kind: string }[];
}

export interface Choices {
  layers: LayerChoice[];
  relations: (Option & { raster: boolean })[];
  comparisons: (Option & { numeric: boolean })[];
  severities: Option[];
  statuses: Option[];
  settings: Record<string, string[]>;
  labels: Record<string, string>;
  uses: { code: string; name: string }[];
}

export interface Saved {
  revision: number;
  content: Content;
  by: string;
  at: string;
}

export const copied = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** The same whatever the order of the names: the server puts them into its own. */
export function same(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, item: unknown) =>
    item !== null && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

/** A list as people type it: separated by spaces, commas or enumeration commas. */
export const split = (text: string): string[] => text.split(/[\s,、，;；]+/).filter(Boolean);

export const rule = (content: Content, place: number): Entry => content.rule[place] ?? {};

/** A code that no rule has yet. */
export function freeCode(content: Content, wanted: string): string {
  const taken = new Set(content.rule.map((each) => each["code"]));
  for (let number = 2; ; number++) {
    const code = taken.has(wanted) ? `${wanted.slice(0, 55)}-${number}` : wanted;
    if (!taken.has(code)) return code;
  }
}

/** Keeps a rule's settings that go with its relation, and drops the others. */
export function fitted(entry: Entry, settings: Choices["settings"]): void {
  for (const [name, relations] of Object.entries(settings)) {
    if (name in entry && !relations.includes(String(entry["relation"]))) delete entry[name];
  }
}
