import L from "leaflet";
import { debounce } from "../core/dom";
import type { VectorStack } from "./vector-stack";

interface Source {
  code: string;
  colour: string;
  font: string;
  minZoom: number;
  maxZoom: number;
}

/** Names of regions and waters, each once, in the middle of what is in view. */
export class Labels extends L.Layer {
  private canvas: HTMLCanvasElement | null = null;
  private readonly later = debounce(() => void this.draw(), 80);

  constructor(private readonly tiles: VectorStack, private readonly sources: Source[]) {
    super({ pane: "labels" });
  }

  override onAdd(map: L.Map): this {
    const pane = map.getPane("labels") ?? map.createPane("labels");
    pane.style.zIndex = "440";
    pane.style.pointerEvents = "none";
    this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide", pane);
    map.on("moveend zoomend resize", this.later);
    this.tiles.on("painted tileload", this.later);
    this.later();
    return this;
  }

  override onRemove(map: L.Map): this {
    map.off("moveend zoomend resize", this.later);
    this.tiles.off("painted tileload", this.later);
    this.canvas?.remove();
    this.canvas = null;
    return this;
  }

  private async draw(): Promise<void> {
    const map = this._map;
    if (!map || !this.canvas) return;
    const texts: { text: string; at: L.Point; colour: string; font: string }[] = [];
    for (const source of this.sources) {
      if (map.getZoom() < source.minZoom || map.getZoom() > source.maxZoom) continue;
      const boxes = new Map<string, { name: string; box: L.Bounds; weight: number; at: L.Point }>();
      const view = L.bounds([0, 0], map.getSize());
      for (const tile of await this.tiles.visible(source.code)) {
        if (tile.coords.z !== map.getZoom()) continue;
        const per = (256 / tile.decoded.extent) * tile.factor;
        const origin = tile.coords.scaleBy(L.point(256, 256)).subtract(map.getPixelOrigin());
        for (const named of tile.decoded.named) {
          const [x1, y1, x2, y2] = named.box;
          const corner = (x: number, y: number): L.Point =>
            map.layerPointToContainerPoint(L.point(x * per - tile.dx * 256, y * per - tile.dy * 256).add(origin));
          const a = corner(Math.max(x1, 0), Math.max(y1, 0));
          const b = corner(Math.min(x2, tile.decoded.extent), Math.min(y2, tile.decoded.extent));
          const clipped = L.bounds([Math.max(a.x, 0), Math.max(a.y, 0)], [Math.min(b.x, view.max!.x), Math.min(b.y, view.max!.y)]);
          const size = clipped.getSize();
          if (size.x <= 0 || size.y <= 0) continue;
          const known = boxes.get(named.key);
          const weight = size.x * size.y;
          if (!known) boxes.set(named.key, { name: named.name, box: clipped, weight, at: clipped.getCenter().multiplyBy(weight) });
          else (known.weight += weight), (known.at = known.at.add(clipped.getCenter().multiplyBy(weight)));
        }
      }
      for (const { name, weight, at } of boxes.values()) if (weight > 2500) texts.push({ text: name, at: at.divideBy(weight), colour: source.colour, font: source.font });
    }
    this.paint(map, texts);
  }

  private paint(map: L.Map, texts: { text: string; at: L.Point; colour: string; font: string }[]): void {
    const canvas = this.canvas;
    if (!canvas) return;
    const size = map.getSize();
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
    canvas.width = size.x * ratio;
    canvas.height = size.y * ratio;
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
    const g = canvas.getContext("2d", { willReadFrequently: true });
    if (!g) return;
    g.scale(ratio, ratio);
    g.textAlign = "center";
    g.textBaseline = "middle";
    g.lineJoin = "round";
    const taken: L.Bounds[] = [];
    for (const { text, at, colour, font } of texts) {
      g.font = font;
      const half = g.measureText(text).width / 2 + 4;
      const box = L.bounds([at.x - half, at.y - 10], [at.x + half, at.y + 10]);
      if (taken.some((b) => b.intersects(box))) continue;
      taken.push(box);
      g.strokeStyle = "rgba(255,255,255,.9)";
      g.lineWidth = 3.5;
      g.strokeText(text, at.x, at.y);
      g.fillStyle = colour;
      g.fillText(text, at.x, at.y);
    }
  }
}
