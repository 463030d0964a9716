/** Where bookmarks are asked for: a list, not in pages. */
export const BOOKMARKS = "/api/v1/map/bookmarks/";

/** A bookmark as lists show it. */
export interface Bookmark {
  id: number;
  name: string;
  series: string;
  note: string;
  shared: boolean;
  mine: boolean;
  owner: string;
  owner_id: number;
  /** Address that opens it. */
  page: string;
}

/** With its view, as far as the reader may see it now: what stands behind ? and # of the map's address. */
export interface Opened extends Bookmark {
  query: string;
  hash: string;
}

/** The slides that go with a bookmark: its owner's of the same series, in their order. */
export function slidesWith(rows: readonly Bookmark[], id: number): Bookmark[] {
  const first = rows.find((row) => row.id === id);
  return first ? rows.filter((row) => row.owner_id === first.owner_id && row.series === first.series) : [];
}

/** Keys in the order that they have after one moved up (-1) or down (+1); null where it is at the end already. */
export function moved(ids: readonly number[], id: number, by: -1 | 1): number[] | null {
  const from = ids.indexOf(id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= ids.length) return null;
  const order = [...ids];
  [order[from], order[to]] = [order[to]!, order[from]!];
  return order;
}
