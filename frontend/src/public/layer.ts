import L from "leaflet";
import { type Pen, sheet, SvgPen } from "./paper";
import { KINDS, type Mark, type Tile } from "./tile";

const REACH = 22; // of a finger, pixels
const colour = (kind: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--kind-${kind}`).trim();

/** Shape and colour say the same: diamond, square, disc, triangle. */
export function trace(g: Pen, kind: string, x: number, y: number, r: number): void {
  g.beginPath();
  if (kind === "key") g.moveTo(x, y - r * 1.25), g.lineTo(x + r * 1.25, y), g.lineTo(x, y + r * 1.25), g.lineTo(x - r * 1.25, y), g.closePath();
  else if (kind === "government") g.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
  else if (kind === "reserve") g.moveTo(x, y - r * 1.15), g.lineTo(x + r * 1.15, y + r * 0.9), g.lineTo(x - r * 1.15, y + r * 0.9), g.closePath();
  else g.arc(x, y, r, 0, Math.PI * 2);
}

export const radiusOf = (n: number): number => Math.min(11 + 3 * Math.log10(n) * 1.6, 22);

/** Tiles on one canvas: outlines below, symbols and numbers above. */
export class TileLayer extends L.Layer {
  private canvas: HTMLCanvasElement | null = null;
  private tiles: Tile[] = [];
  private ring: L.LatLng | null = null;
  private printed: SVGSVGElement | null = null;
  private readonly colours = Object.fromEntries(KINDS.map((kind) => [kind, colour(kind)]));

  show(tiles: Tile[]): void {
    this.tiles = tiles;
    this.draw();
  }

  /** Puts a ring around a place, or takes it away. */
  point(at: L.LatLng | null): void {
    this.ring = at;
    this.draw();
  }

  /** The mark under a place of the map's container, the nearest one. */
  under(at: L.Point): Mark | null {
    let best: Mark | null = null;
    let least = Infinity;
    for (const mark of this.marks()) {
      const distance = this._map.latLngToContainerPoint([mark.lat, mark.lon]).distanceTo(at);
      if (distance < Math.max(REACH, radiusOf(mark.n)) && distance < least) [best, least] = [mark, distance];
    }
    return best;
  }

  marks(): Mark[] {
    return this.tiles.flatMap((tile) => tile.marks);
  }

  override onAdd(map: L.Map): this {
    this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide", map.getPane("overlayPane"));
    this.canvas.setAttribute("aria-hidden", "true");
    map.on("moveend zoomend resize viewreset", this.draw, this);
    this.draw();
    return this;
  }

  override onRemove(map: L.Map): this {
    map.off("moveend zoomend resize viewreset", this.draw, this);
    this.canvas?.remove();
    this.canvas = null;
    return this;
  }

  /** For a printer the same is drawn as SVG, instead of the canvas. */
  onPaper(printing: boolean): void {
    this.printed?.remove();
    this.printed = null;
    if (this.canvas) this.canvas.hidden = printing;
    if (printing) {
      const size = this._map.getSize();
      this.printed = sheet(size.x, size.y);
      L.DomUtil.setPosition(this.printed as unknown as HTMLElement, this._map.containerPointToLayerPoint([0, 0]));
      this._map.getPane("overlayPane")!.append(this.printed);
      this.paint(new SvgPen(this.printed));
    } else this.draw();
  }

  draw(): void {
    if (this.printed) return this.onPaper(true);
    const { canvas } = this;
    const g = canvas?.getContext("2d", { willReadFrequently: true });
    if (!this._map || !canvas || !g) return;
    const size = this._map.getSize();
    const margin = Math.round(Math.min(size.x, size.y) / 3);
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = (size.x + 2 * margin) * ratio;
    canvas.height = (size.y + 2 * margin) * ratio;
    canvas.style.width = `${size.x + 2 * margin}px`;
    canvas.style.height = `${size.y + 2 * margin}px`;
    L.DomUtil.setPosition(canvas, this._map.containerPointToLayerPoint([-margin, -margin]));
    g.setTransform(ratio, 0, 0, ratio, margin * ratio, margin * ratio);
    this.paint(g);
  }

  /** Everything, in pixels of the map's container. */
  private paint(g: Pen): void {
    for (const tile of this.tiles) this.outlines(g, tile);
    for (const mark of this.marks()) {
      const at = this._map.latLngToContainerPoint([mark.lat, mark.lon]);
      if (mark.n === 1) this.one(g, mark, at);
      else this.many(g, mark, at);
    }
    if (this.ring) {
      const at = this._map.latLngToContainerPoint(this.ring);
      for (const [width, stroke] of [[6, "#fff"], [3, "#0b57d0"]] as const) {
        g.beginPath();
        g.arc(at.x, at.y, 17, 0, Math.PI * 2);
        g.lineWidth = width;
        g.strokeStyle = stroke;
        g.stroke();
      }
    }
  }

  private outlines(g: Pen, tile: Tile): void {
    if (!tile.shapes.length) return;
    const side = 256 * 2 ** (this._map.getZoom() - tile.z);
    const corner = this._map.getPixelBounds().min!;
    const [left, top] = [tile.x * side - corner.x, tile.y * side - corner.y];
    g.save();
    g.beginPath();
    g.rect(left, top, side, side);
    g.clip();
    for (const shape of tile.shapes) {
      g.beginPath();
      for (const ring of shape.rings) {
        ring.forEach(([x, y], index) => (index ? g.lineTo(left + x * side, top + y * side) : g.moveTo(left + x * side, top + y * side)));
        g.closePath();
      }
      g.strokeStyle = g.fillStyle = this.colours[shape.kind] ?? "#4d5862";
      g.globalAlpha = 0.18;
      g.fill("evenodd");
      g.globalAlpha = 1;
      g.lineWidth = 1.5;
      g.stroke();
    }
    g.restore();
  }

  private one(g: Pen, mark: Mark, at: L.Point): void {
    const kind = KINDS.find((name) => mark.kinds[name]) ?? "";
    trace(g, kind, at.x, at.y, 7);
    g.fillStyle = this.colours[kind] ?? "#4d5862";
    g.fill();
    g.lineWidth = 2;
    g.strokeStyle = "#fff";
    g.stroke();
  }

  /** A disc with the number; its rim is parted by kind. */
  private many(g: Pen, mark: Mark, at: L.Point): void {
    const r = radiusOf(mark.n);
    g.beginPath();
    g.arc(at.x, at.y, r, 0, Math.PI * 2);
    g.fillStyle = "#fff";
    g.fill();
    const whole = KINDS.reduce((sum, kind) => sum + mark.kinds[kind]!, 0);
    let from = -Math.PI / 2;
    g.lineWidth = 4;
    for (const kind of KINDS) {
      const to = from + (whole ? (mark.kinds[kind]! / whole) * Math.PI * 2 : 0);
      if (to > from) {
        g.beginPath();
        g.arc(at.x, at.y, r - 2, from, to);
        g.strokeStyle = this.colours[kind]!;
        g.stroke();
      }
      from = to;
    }
    g.fillStyle = "#1f2a33";
    g.font = `600 ${mark.n > 999 ? 10 : 12}px sans-serif`;
    g.textAlign = "center";
    g.textBaseline = "middle";
    g.fillText(String(mark.n), at.x, at.y + 0.5);
  }
}
