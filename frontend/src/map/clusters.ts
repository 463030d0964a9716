/** A mark in pixels of the whole world at one zoom. */
export interface Spot {
  x: number;
  y: number;
  /** The classes of the legend that it counts in. */
  classes: readonly string[];
}

/** Marks that lie in one cell: the middle of them, how many of which class, and their places in the list. */
export interface Cluster {
  x: number;
  y: number;
  members: number[];
  classes: Map<string, number>;
}

/**
 * Marks gathered by the cells of a grid that lies fast on the world, so that panning changes none. Every mark is in just
 * one cluster: their sizes sum to the number of marks, and their classes to the counts of the legend.
 */
export function gathered(spots: readonly Spot[], cell: number): Cluster[] {
  const cells = new Map<string, Cluster>();
  spots.forEach((spot, index) => {
    const key = `${Math.floor(spot.x / cell)}:${Math.floor(spot.y / cell)}`;
    let cluster = cells.get(key);
    if (!cluster) cells.set(key, (cluster = { x: 0, y: 0, members: [], classes: new Map() }));
    cluster.x += spot.x;
    cluster.y += spot.y;
    cluster.members.push(index);
    for (const name of spot.classes) cluster.classes.set(name, (cluster.classes.get(name) ?? 0) + 1);
  });
  for (const cluster of cells.values()) {
    cluster.x /= cluster.members.length;
    cluster.y /= cluster.members.length;
  }
  return [...cells.values()];
}
