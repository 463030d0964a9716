import { decode, layersOf, type Decoded } from "./mvt";
import { slice } from "./slices";

/** Where one layer's tiles come from. */
export interface TileSource {
  code: string;
  version: number;
  /** Address of one tile with {z}, {x}, {y}. */
  url: string;
  keepNames?: boolean;
  property?: string;
  /** Whether several layers of one place may be asked for at once (`/tiles/{z}/{x}/{y}.mvt?layers=`). */
  bundled?: boolean;
}

/** The server hasn't made this overview yet; it says when to ask again. */
export class NotMade extends Error {
  constructor(readonly code: string, readonly seconds: number) {
    super(`${code}: overview not made yet`);
    this.name = "NotMade";
  }
}

interface Entry {
  promise: Promise<Decoded | null>;
  users: number;
  done: boolean;
  vertices: number;
  fetch: Fetch | null;
}

/** One request on its way, which ends when nobody waits for any of its layers. */
interface Fetch {
  controller: AbortController;
  open: number;
}

interface Waiting {
  source: TileSource;
  entry: Entry;
  resolve(found: Decoded | null): void;
  reject(error: unknown): void;
}

export const MAX_TILE_ZOOM = 16;
const KEEP_VERTICES = 4_000_000; // about 150 MB of paths
const KEEP_TILES = 3000;
const RETRY_SECONDS = 10;

/**
 * Decoded tiles of all layers of a page. Layers that are wanted of one place at the same time come in one request:
 * a map of twenty layers asks two dozen times, not five hundred.
 */
export class TileStore {
  private readonly known = new Map<string, Entry>();
  private waiting = new Map<string, Waiting[]>();
  private vertices = 0;
  private due = false;

  private readonly name = (source: TileSource, z: number, x: number, y: number): string => `${source.code}@${source.version}${source.keepNames ? "+" : ""}/${z}/${x}/${y}`;

  get(source: TileSource, z: number, x: number, y: number): Promise<Decoded | null> {
    const name = this.name(source, z, x, y);
    const known = this.known.get(name);
    if (known) {
      known.users++;
      this.known.delete(name);
      this.known.set(name, known); // most recently used last
      return known.promise;
    }
    const entry: Entry = { promise: Promise.resolve(null), users: 1, done: false, vertices: 0, fetch: null };
    entry.promise = new Promise((resolve, reject) => {
      const place = `${z}/${x}/${y}`;
      const list = this.waiting.get(place);
      const one = { source, entry, resolve, reject };
      if (list) list.push(one);
      else this.waiting.set(place, [one]);
    });
    this.known.set(name, entry);
    entry.promise.then(
      (found) => {
        entry.done = true;
        entry.vertices = found?.vertices ?? 0;
        this.vertices += entry.vertices;
        this.forget();
      },
      () => {
        if (this.known.get(name) === entry) this.known.delete(name);
      },
    );
    if (!this.due) {
      this.due = true;
      setTimeout(() => this.send(), 0);
    }
    return entry.promise;
  }

  /** Nobody at this place waits for it any more. */
  release(source: TileSource, z: number, x: number, y: number): void {
    const name = this.name(source, z, x, y);
    const entry = this.known.get(name);
    if (!entry || --entry.users > 0 || entry.done) return;
    this.known.delete(name);
    if (entry.fetch && --entry.fetch.open === 0) entry.fetch.controller.abort();
  }

  peek(source: TileSource, z: number, x: number, y: number): Promise<Decoded | null> | null {
    return this.known.get(this.name(source, z, x, y))?.promise ?? null;
  }

  private forget(): void {
    for (const [name, entry] of this.known) {
      if (this.vertices <= KEEP_VERTICES && this.known.size <= KEEP_TILES) return;
      if (!entry.done || entry.users > 0) continue;
      this.known.delete(name);
      this.vertices -= entry.vertices;
    }
  }

  private send(): void {
    this.due = false;
    const all = this.waiting;
    this.waiting = new Map();
    for (const [place, list] of all) {
      const wanted = list.filter((one) => one.entry.users > 0 || (one.resolve(null), false));
      const together = wanted.filter((one) => one.source.bundled);
      if (together.length > 1) void this.bundle(place, together);
      for (const one of wanted) if (together.length < 2 || !one.source.bundled) void this.single(place, one);
    }
  }

  private async single(place: string, one: Waiting): Promise<void> {
    const [z, x, y] = place.split("/") as [string, string, string];
    const url = one.source.url.replace("{z}", z).replace("{x}", x).replace("{y}", y);
    await this.ask(url, place, [one], (bytes) => {
      const layers = layersOf(bytes);
      return () => layers.get(one.source.code) ?? layers.values().next().value;
    });
  }

  private async bundle(place: string, list: Waiting[]): Promise<void> {
    const names = list.map((one) => `${one.source.code}:${one.source.version}`).sort().join(",");
    await this.ask(`/tiles/${place}.mvt?layers=${names}`, place, list, (bytes) => {
      const layers = layersOf(bytes);
      return (one) => layers.get(one.source.code);
    });
  }

  private async ask(url: string, place: string, list: Waiting[], open: (bytes: Uint8Array) => (one: Waiting) => Uint8Array | undefined): Promise<void> {
    const fetching: Fetch = { controller: new AbortController(), open: list.length };
    for (const one of list) one.entry.fetch = fetching;
    try {
      const response = await fetch(url, { signal: fetching.controller.signal, credentials: "same-origin" });
      const seconds = Number(response.headers.get("Retry-After")) || RETRY_SECONDS;
      if (response.status === 503) return list.forEach((one) => one.reject(new NotMade(one.source.code, seconds)));
      if (response.status === 204 || response.status === 404) return list.forEach((one) => one.resolve(null));
      if (!response.ok) throw new Error(`${response.status}`);
      const missing = new Set((response.headers.get("Tiles-Not-Made") ?? "").split(",").filter(Boolean));
      const layerOf = open(new Uint8Array(await response.arrayBuffer()));
      const z = Number(place.split("/")[0]);
      for (const one of list) {
        if (missing.has(one.source.code)) {
          one.reject(new NotMade(one.source.code, seconds));
          continue;
        }
        const layer = layerOf(one);
        if (!layer) {
          one.resolve(null);
          continue;
        }
        // A quarter of a pixel can't be seen, but where a tile is drawn larger than it is.
        const tolerance = z < MAX_TILE_ZOOM ? 3 : 0;
        slice(() => decode(layer, { ...one.source, tolerance }), () => one.entry.users > 0).then(one.resolve, one.reject);
      }
    } catch (error) {
      for (const one of list) one.reject(error);
    }
  }
}

/** One for the page: base map, layers and previews share what they have fetched. */
export const store = new TileStore();
