import L from "leaflet";
import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";
import { paintLine, paintPolygon, styleFinder, type ClassStyle } from "./symbols";


/** One decoded tile: a path per class, drawn together, and what names need. */
export interface Decoded {
  groups: Map<string, { type: number; class: string; path: Path2D }>;
  named: { key: string; name: string; box: [number, number, number, number] }[];
  extent: number;
}

interface Pending {
  promise: Promise<Decoded | null>;
  controller: AbortController;
  users: number;
  done: boolean;
}

export interface VectorTileOptions extends L.GridLayerOptions {
  layer: string;
  styles: ClassStyle[];
  keepNames?: boolean;
}

const KEEP = 240;

/** Vector tiles drawn on plain canvases: no WebGL, no workers. Changing styles or classes redraws without fetching. */
export class VectorTiles extends L.GridLayer {
  declare options: VectorTileOptions;
  private readonly known = new Map<string, Pending>();
  private readonly hidden = new Set<string>();
  private find: (code: string) => ClassStyle | null;

  constructor(private readonly url: string, options: VectorTileOptions) {
    super({ maxNativeZoom: 16, updateWhenZooming: false, keepBuffer: 1, ...options });
    this.find = styleFinder(options.styles);
    this.on("tileunload", (event) => this.release((event as L.TileEvent).coords));
  }

  /** Shows or hides one class of the legend. */
  toggleClass(code: string, visible: boolean): void {
    if (visible) this.hidden.delete(code);
    else this.hidden.add(code);
    for (const tile of this.drawn()) void this.draw(tile.el, tile.coords);
  }

  isHidden = (code: string): boolean => this.hidden.has(code);

  /** Decoded tiles in view, with where they stand: for labels. */
  async visible(): Promise<{ coords: L.Coords; decoded: Decoded; factor: number; dx: number; dy: number }[]> {
    const found = [];
    for (const { coords } of this.drawn()) {
      const source = this.source(coords);
      const decoded = await this.known.get(source.key)?.promise.catch(() => null);
      if (decoded) found.push({ coords, decoded, factor: source.factor, dx: source.dx, dy: source.dy });
    }
    return found;
  }

  private drawn(): { el: HTMLCanvasElement; coords: L.Coords }[] {
    const tiles = (this as unknown as { _tiles: Record<string, { el: HTMLCanvasElement; coords: L.Coords }> })._tiles;
    return Object.values(tiles ?? {});
  }

  protected override createTile(coords: L.Coords, done: L.DoneCallback): HTMLElement {
    const canvas = document.createElement("canvas");
    this.draw(canvas, coords).then(
      () => done(undefined, canvas),
      (error: Error) => {
        if (error.name !== "AbortError") this.fire("failed", { error });
        done(error, canvas);
      },
    );
    return canvas;
  }

  /** Beyond the deepest stored zoom a tile is a corner of its ancestor, drawn larger and still sharp. */
  private source(coords: L.Coords): { key: string; z: number; x: number; y: number; factor: number; dx: number; dy: number } {
    const z = Math.min(coords.z, 16);
    const factor = 2 ** (coords.z - z);
    const x = Math.floor(coords.x / factor);
    const y = Math.floor(coords.y / factor);
    return { key: `${z}/${x}/${y}`, z, x, y, factor, dx: coords.x - x * factor, dy: coords.y - y * factor };
  }

  private async draw(canvas: HTMLCanvasElement, coords: L.Coords): Promise<void> {
    const size = this.getTileSize();
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const source = this.source(coords);
    const decoded = await this.fetch(source);
    canvas.width = size.x * ratio;
    canvas.height = size.y * ratio;
    if (!decoded) return;
    const g = canvas.getContext("2d", { willReadFrequently: true });
    if (!g) return;
    const scale = ((size.x * ratio) / decoded.extent) * source.factor;
    const move = new DOMMatrix([scale, 0, 0, scale, -source.dx * size.x * ratio, -source.dy * size.y * ratio]);
    const order = this.options.styles.map((s) => s.class);
    const groups = [...decoded.groups.values()].sort((a, b) => order.indexOf(b.class) - order.indexOf(a.class));
    for (const { type, class: code, path } of groups) {
      const style = this.find(code);
      if (!style || this.hidden.has(style.class)) continue;
      const moved = new Path2D();
      moved.addPath(path, move);
      if (type === 3) paintPolygon(g, moved, style, coords.z);
      else paintLine(g, moved, style, coords.z);
    }
  }

  private fetch(source: { key: string; z: number; x: number; y: number }): Promise<Decoded | null> {
    const known = this.known.get(source.key);
    if (known) {
      known.users++;
      this.known.delete(source.key);
      this.known.set(source.key, known); // most recently used last
      return known.promise;
    }
    const controller = new AbortController();
    const url = this.url.replace("{z}", String(source.z)).replace("{x}", String(source.x)).replace("{y}", String(source.y));
    const pending: Pending = { controller, users: 1, done: false, promise: this.load(url, controller.signal) };
    pending.promise.then(
      () => void (pending.done = true),
      () => void this.known.delete(source.key),
    );
    this.known.set(source.key, pending);
    for (const [key, old] of this.known) {
      if (this.known.size <= KEEP) break;
      if (old.done) this.known.delete(key);
    }
    return pending.promise;
  }

  private release(coords: L.Coords): void {
    const { key } = this.source(coords);
    const pending = this.known.get(key);
    if (pending && --pending.users <= 0 && !pending.done) {
      this.known.delete(key);
      pending.controller.abort();
    }
  }

  private async load(url: string, signal: AbortSignal): Promise<Decoded | null> {
    const response = await fetch(url, { signal, credentials: "same-origin" });
    if (response.status === 204 || response.status === 404) return null;
    if (!response.ok) throw new Error(`${response.status}`);
    const bytes = await response.arrayBuffer();
    return bytes.byteLength ? decode(bytes, this.options.layer, this.options.keepNames ?? false) : null;
  }
}

function decode(bytes: ArrayBuffer, layerName: string, keepNames: boolean): Decoded | null {
  const tile = new VectorTile(new PbfReader(new Uint8Array(bytes)));
  const layer = tile.layers[layerName] ?? Object.values(tile.layers)[0];
  if (!layer) return null;
  const decoded: Decoded = { groups: new Map(), named: [], extent: layer.extent };
  for (let i = 0; i < layer.length; i++) {
    const feature = layer.feature(i);
    const code = String(feature.properties["class"] ?? "");
    const id = `${feature.type}/${code}`;
    let group = decoded.groups.get(id);
    if (!group) decoded.groups.set(id, (group = { type: feature.type, class: code, path: new Path2D() }));
    const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const ring of feature.loadGeometry()) {
      ring.forEach((p, n) => {
        if (feature.type === 1) group!.path.rect(p.x - 16, p.y - 16, 32, 32);
        else if (n === 0) group!.path.moveTo(p.x, p.y);
        else group!.path.lineTo(p.x, p.y);
        if (keepNames) box[0] = Math.min(box[0], p.x), box[1] = Math.min(box[1], p.y), box[2] = Math.max(box[2], p.x), box[3] = Math.max(box[3], p.y);
      });
      if (feature.type === 3) group.path.closePath();
    }
    const name = String(feature.properties["name"] ?? "");
    if (keepNames && name) decoded.named.push({ key: String(feature.properties["key"] ?? name), name, box });
  }
  return decoded;
}
