import { copied, same, type Content, type Entry, type Value } from "./content";

/** What two people did to the same thing: `mine` or `theirs` is null where it was taken out. */
export interface Conflict {
  group: "rule" | "fact" | "head";
  key: string;
  mine: Value | null;
  theirs: Value | null;
}

type Keyed = Map<string, Entry>;

const HEAD = ["name", "valid_from", "valid_to"];
const keyOf = { rule: "code", fact: "name" } as const;

const keyed = (rows: Entry[], name: string): Keyed => new Map(rows.map((row) => [String(row[name]), row]));

/**
 * Puts what I changed since `base` onto what somebody else saved meanwhile. What only one of us touched is taken from
 * who did; what both did differently is in `conflicts`, and theirs stands until it is decided.
 */
export function merged(base: Content, mine: Content, theirs: Content): { content: Content; conflicts: Conflict[] } {
  const content = copied(theirs);
  const conflicts: Conflict[] = [];
  for (const name of HEAD) {
    const [was, own, other] = [base[name] ?? "", mine[name] ?? "", theirs[name] ?? ""];
    if (same(was, own) || same(own, other)) continue;
    if (same(was, other)) content[name] = own;
    else conflicts.push({ group: "head", key: name, mine: own, theirs: other });
  }
  for (const group of ["rule", "fact"] as const) {
    const name = keyOf[group];
    const [was, own, other] = [keyed(base[group] ?? [], name), keyed(mine[group] ?? [], name), keyed(theirs[group] ?? [], name)];
    let rows = [...(content[group] ?? [])];
    for (const key of new Set([...was.keys(), ...own.keys()])) {
      const [before, my, their] = [was.get(key) ?? null, own.get(key) ?? null, other.get(key) ?? null];
      if (same(before, my) || same(my, their)) continue;
      if (same(before, their)) rows = placed(rows, name, key, my, mine[group] ?? []);
      else conflicts.push({ group, key, mine: my, theirs: their });
    }
    const moved = (mine[group] ?? []).map((row) => row[name]);
    const same_set = moved.length === rows.length && rows.every((row) => moved.includes(row[name]));
    const they_kept = same((base[group] ?? []).map((row) => row[name]), (theirs[group] ?? []).map((row) => row[name]));
    if (same_set && they_kept) rows.sort((a, b) => moved.indexOf(a[name]!) - moved.indexOf(b[name]!));
    content[group] = rows;
  }
  return { content, conflicts };
}

/** Decides a conflict for mine. */
export function taken(content: Content, mine: Content, conflict: Conflict): void {
  if (conflict.group === "head") content[conflict.key] = conflict.mine ?? "";
  else content[conflict.group] = placed(content[conflict.group], keyOf[conflict.group], conflict.key, conflict.mine as Entry | null, mine[conflict.group]);
}

/** Puts a row where it is, or after the one that it follows in `order`; null takes it out. */
function placed(rows: Entry[], name: string, key: string, row: Entry | null, order: Entry[]): Entry[] {
  const at = rows.findIndex((each) => each[name] === key);
  if (row === null) return rows.filter((each) => each[name] !== key);
  if (at >= 0) return rows.map((each, place) => (place === at ? copied(row) : each));
  const before = order.slice(0, order.findIndex((each) => each[name] === key)).map((each) => each[name]);
  const after = rows.map((each) => before.includes(each[name]!)).lastIndexOf(true);
  return [...rows.slice(0, after + 1), copied(row), ...rows.slice(after + 1)];
}
