import L from "leaflet";
import type { Decoded } from "./mvt";
import { busy, slice } from "./slices";
import { paint, styleFinder, type ClassStyle } from "./symbols";
import { MAX_TILE_ZOOM, NotMade, store, type TileSource } from "./tile-store";

/** One layer of a stack: where its tiles come from, and how they look now. */
export interface StackLayer {
  source: TileSource;
  kind: "vector" | "raster";
  styles: ClassStyle[];
  opacity: number;
  hidden: ReadonlySet<string>;
  minZoom: number;
  maxZoom: number;
}

type Part = Decoded | HTMLImageElement;

interface Tile {
  canvas: HTMLCanvasElement;
  coords: L.Coords;
  held: Map<string, { source: TileSource; part: Promise<Part | null> }>;
  turn: number;
  alive: boolean;
}

interface Place {
  z: number;
  x: number;
  y: number;
  factor: number;
  dx: number;
  dy: number;
}

/** Beyond the deepest zoom of the tiles a tile is a corner of its ancestor, drawn larger and still sharp. */
export function sourceOf(coords: { z: number; x: number; y: number }): Place {
  const z = Math.min(coords.z, MAX_TILE_ZOOM);
  const factor = 2 ** (coords.z - z);
  const x = Math.floor(coords.x / factor);
  const y = Math.floor(coords.y / factor);
  return { z, x, y, factor, dx: coords.x - x * factor, dy: coords.y - y * factor };
}

const images = new Map<string, Promise<HTMLImageElement | null>>();
const KEEP_IMAGES = 400;

/**
 * Any number of layers drawn into one canvas per tile: what the browser moves while panning is one sheet, however
 * many layers lie on it. Without WebGL, so that old machines and remote desktops can follow.
 *
 * Events: `painted` when all that is in view is drawn, `notmade` {codes} where overviews are missing yet, `made` when
 * none is any more, `failed` {code}.
 */
export class VectorStack extends L.GridLayer {
  private layers: StackLayer[] = [];
  private readonly sheets = new Map<string, Tile>();
  private readonly missing = new Map<string, number>();
  private readonly finders = new WeakMap<ClassStyle[], (code: string) => ClassStyle | null>();
  private scratch: HTMLCanvasElement | null = null;
  private pending = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: L.GridLayerOptions = {}) {
    super({ updateWhenZooming: false, keepBuffer: 2, ...options });
    this.on("tileunload", (event) => this.drop((event as L.TileEvent).coords));
  }

  /** What is drawn from now on, the lowest first. Nothing is fetched anew that is there. */
  setLayers(layers: StackLayer[]): void {
    this.layers = layers;
    for (const code of this.missing.keys()) if (!layers.some((l) => l.source.code === code)) this.missing.delete(code);
    this.repaint();
  }

  /** Nothing is being fetched or drawn. */
  isStill = (): boolean => this.pending === 0;

  repaint(): void {
    for (const tile of this.sheets.values()) void this.render(tile);
  }

  /** Decoded tiles of one layer in view, with where they stand: for names. */
  async visible(code: string): Promise<({ coords: L.Coords; decoded: Decoded } & Place)[]> {
    const found = [];
    for (const { coords, held } of this.sheets.values()) {
      const hold = [...held.values()].find((one) => one.source.code === code);
      const part = await hold?.part.catch(() => null);
      if (part && "groups" in part) found.push({ coords, decoded: part, ...sourceOf(coords) });
    }
    return found;
  }

  override onAdd(map: L.Map): this {
    super.onAdd(map);
    map.on("movestart", this.still, this).on("moveend", this.moved, this);
    return this;
  }

  override onRemove(map: L.Map): this {
    map.off("movestart", this.still, this).off("moveend", this.moved, this);
    if (this.isMoving) this.moved();
    clearTimeout(this.retry);
    for (const { coords } of [...this.sheets.values()]) this.drop(coords);
    super.onRemove(map);
    return this;
  }

  private isMoving = false;
  private still(): void {
    if (!this.isMoving) busy((this.isMoving = true));
  }
  private moved(): void {
    if (this.isMoving) busy((this.isMoving = false));
  }

  protected override createTile(coords: L.Coords, done: L.DoneCallback): HTMLElement {
    const canvas = document.createElement("canvas");
    const tile: Tile = { canvas, coords, held: new Map(), turn: 0, alive: true };
    this.sheets.set(`${coords.z}/${coords.x}/${coords.y}`, tile);
    this.render(tile).then(() => done(undefined, canvas), (error: Error) => done(error, canvas));
    return canvas;
  }

  private drop(coords: L.Coords): void {
    const key = `${coords.z}/${coords.x}/${coords.y}`;
    const tile = this.sheets.get(key);
    if (!tile) return;
    this.sheets.delete(key);
    tile.alive = false;
    tile.turn++;
    const at = sourceOf(coords);
    for (const { source } of tile.held.values()) store.release(source, at.z, at.x, at.y);
  }

  /** Fetches what a tile needs and draws it, unless a later call has taken over. */
  private async render(tile: Tile): Promise<void> {
    const turn = ++tile.turn;
    const current = (): boolean => tile.alive && tile.turn === turn;
    const at = sourceOf(tile.coords);
    const wanted = this.layers.filter((l) => tile.coords.z >= l.minZoom && tile.coords.z <= l.maxZoom && l.opacity > 0);
    const names = new Set(wanted.map((l) => `${l.source.code}@${l.source.url}`));
    for (const [name, { source }] of tile.held) {
      if (names.has(name)) continue;
      store.release(source, at.z, at.x, at.y);
      tile.held.delete(name);
    }
    this.pending++;
    try {
      const parts = await Promise.all(wanted.map((layer) => this.part(layer, tile, at)));
      if (current()) await this.draw(tile, at, wanted, parts, current);
    } finally {
      if (--this.pending === 0) this.fire("painted");
    }
  }

  private async part(layer: StackLayer, tile: Tile, at: Place): Promise<Part | null> {
    const { source } = layer;
    const name = `${source.code}@${source.url}`;
    let hold = tile.held.get(name);
    if (!hold) {
      hold = { source, part: layer.kind === "raster" ? image(source, at) : store.get(source, at.z, at.x, at.y) };
      tile.held.set(name, hold);
    }
    try {
      return await hold.part;
    } catch (error) {
      tile.held.delete(name);
      if (!tile.alive || (error as Error).name === "AbortError") return null;
      if (error instanceof NotMade) this.later(error);
      else this.fire("failed", { code: source.code });
      return null;
    }
  }

  /** Overviews are being made: say so, and look again when the server expects them. */
  private later({ code, seconds }: NotMade): void {
    const first = !this.missing.has(code);
    this.missing.set(code, seconds);
    if (first) this.fire("notmade", { codes: [...this.missing.keys()] });
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.again(), Math.max(...this.missing.values()) * 1000);
  }

  /** Asks again for what was missing; the notice goes when nothing is any more. */
  again(): void {
    if (!this.missing.size) return;
    this.missing.clear();
    this.once("painted", () => {
      if (!this.missing.size) this.fire("made");
    });
    this.repaint();
  }

  private async draw(tile: Tile, at: Place, layers: StackLayer[], parts: (Part | null)[], current: () => boolean): Promise<void> {
    const size = this.getTileSize();
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const [width, height] = [size.x * ratio, size.y * ratio];
    const drawn = layers.map((layer, i) => ({ layer, part: parts[i] })).filter((one): one is { layer: StackLayer; part: Part } => !!one.part);
    // Drawn aside and shown whole: a tile never flickers through its layers.
    const sheet = surface(null, width, height);
    const g = sheet.getContext("2d", { willReadFrequently: true })!;
    for (const { layer, part } of drawn) {
      const done = await slice(() => (this.lay(g, layer, part, tile.coords.z, at, width, height, ratio), true), current);
      if (!done) return;
    }
    tile.canvas.width = width;
    tile.canvas.height = height;
    if (drawn.length) tile.canvas.getContext("2d", { willReadFrequently: true })!.drawImage(sheet, 0, 0);
  }

  /** One layer onto the sheet; a translucent one as a whole, so that its own shapes don't shine through each other. */
  private lay(g: CanvasRenderingContext2D, layer: StackLayer, part: Part, zoom: number, at: Place, width: number, height: number, ratio: number): void {
    if (!("groups" in part)) {
      g.globalAlpha = layer.opacity;
      const cut = part.naturalWidth / at.factor;
      g.drawImage(part, at.dx * cut, at.dy * cut, cut, cut, 0, 0, width, height);
      g.globalAlpha = 1;
      return;
    }
    let find = this.finders.get(layer.styles);
    if (!find) this.finders.set(layer.styles, (find = styleFinder(layer.styles)));
    if (layer.opacity >= 1) return paint(g, part, { ...layer, find, zoom, at, width, ratio });
    this.scratch = surface(this.scratch, width, height);
    const aside = this.scratch.getContext("2d", { willReadFrequently: true })!;
    aside.setTransform(1, 0, 0, 1, 0, 0);
    aside.clearRect(0, 0, width, height);
    paint(aside, part, { ...layer, find, zoom, at, width, ratio });
    g.globalAlpha = layer.opacity;
    g.drawImage(this.scratch, 0, 0);
    g.globalAlpha = 1;
  }
}

function surface(known: HTMLCanvasElement | null, width: number, height: number): HTMLCanvasElement {
  if (known && known.width === width && known.height === height) return known;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

function image(source: TileSource, at: Place): Promise<HTMLImageElement | null> {
  const url = source.url.replace("{z}", String(at.z)).replace("{x}", String(at.x)).replace("{y}", String(at.y));
  const known = images.get(url);
  if (known) return known;
  const made = loadImage(url, source.code);
  images.set(url, made);
  made.catch(() => images.delete(url));
  for (const old of images.keys()) {
    if (images.size <= KEEP_IMAGES) break;
    images.delete(old);
  }
  return made;
}

async function loadImage(url: string, code: string): Promise<HTMLImageElement | null> {
  const picture = new Image();
  picture.src = url;
  try {
    await picture.decode();
    return picture;
  } catch {
    // A picture tells no reason; the answer does.
    const answer = await fetch(url, { credentials: "same-origin" });
    if (answer.status === 503) throw new NotMade(code, Number(answer.headers.get("Retry-After")) || 10);
    if (answer.status === 204 || answer.status === 404) return null;
    throw new Error(`${answer.status}`);
  }
}
