import type L from "leaflet";
import { decoded, type Tile } from "./tile";

const MOST_KEPT = 300;
const DEEPEST = 17;

/** The tiles of the map's view under the page's filters: asked for once each, and only while they are wanted. */
export class Tiles {
  private readonly kept = new Map<string, Tile>();
  private readonly asked = new Map<string, AbortController>();
  private query = "";
  /** What was drawn last, until everything of the new view is there. */
  shown: Tile[] = [];
  /** While a sheet is printed nothing is fetched: what stands on the screen is drawn. */
  held = false;

  /** `address` is that of the tile 0/0/0. */
  constructor(private readonly map: L.Map, private readonly address: string, private readonly changed: (failed: boolean) => void) {
    map.on("moveend", () => this.load());
  }

  filter(query: string): void {
    this.query = query;
    for (const controller of this.asked.values()) controller.abort();
    this.asked.clear();
    this.load();
  }

  load(): void {
    if (this.held) return;
    const wanted = this.wanted();
    const keys = new Set(wanted.map(([key]) => key));
    for (const [key, controller] of this.asked) {
      if (keys.has(key)) continue;
      controller.abort();
      this.asked.delete(key);
    }
    for (const [key, z, x, y] of wanted) if (!this.kept.has(key) && !this.asked.has(key)) void this.ask(key, z, x, y);
    this.settle();
  }

  /** A tile is drawn 512 pixels wide: a quarter of the requests, which on a slow network is what counts. */
  private wanted(): [string, number, number, number][] {
    const z = Math.min(Math.max(Math.round(this.map.getZoom()) - 1, 0), DEEPEST);
    const bounds = this.map.getPixelBounds();
    const side = 256 * 2 ** (this.map.getZoom() - z);
    const [left, right] = [Math.floor(bounds.min!.x / side), Math.floor(bounds.max!.x / side)];
    const [top, bottom] = [Math.floor(bounds.min!.y / side), Math.floor(bounds.max!.y / side)];
    const found: [string, number, number, number][] = [];
    for (let x = Math.max(left, 0); x <= Math.min(right, 2 ** z - 1); x++)
      for (let y = Math.max(top, 0); y <= Math.min(bottom, 2 ** z - 1); y++) found.push([`${z}/${x}/${y}?${this.query}`, z, x, y]);
    return found;
  }

  private async ask(key: string, z: number, x: number, y: number): Promise<void> {
    const controller = new AbortController();
    this.asked.set(key, controller);
    try {
      const address = this.address.replace("0/0/0", `${z}/${x}/${y}`);
      const answer = await fetch(this.query ? `${address}?${this.query}` : address, { signal: controller.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      this.kept.set(key, decoded(await answer.arrayBuffer(), z, x, y));
      while (this.kept.size > MOST_KEPT) this.kept.delete(this.kept.keys().next().value!);
      this.asked.delete(key);
      this.settle();
    } catch (error) {
      if (controller.signal.aborted) return; // nobody waits for it any more
      this.asked.delete(key);
      console.warn("tile", key, error);
      this.changed(true);
    }
  }

  private settle(): void {
    const wanted = this.wanted();
    const there = wanted.flatMap(([key]) => this.kept.get(key) ?? []);
    if (there.length < wanted.length && there.length === 0) return;
    this.shown = there;
    this.changed(false);
  }
}
