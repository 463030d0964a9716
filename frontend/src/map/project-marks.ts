import L from "leaflet";
import { amountRadius, signOf, type Look } from "../staff/looks";
import { gathered, type Cluster } from "./clusters";
import { density, heatColour } from "./density";
import { drawSign } from "./signs";

export interface Mark {
  id: number;
  at: L.LatLng;
  /** Classes of the legend; the first is the one that it is drawn as. */
  classes: string[];
  /** The place is only a region or township: drawn hollow. */
  approximate: boolean;
  /** Planned investment, 元; 0 where none is recorded. */
  amount: number;
}

/** How the marks are shown: as symbols (gathered at small zooms), or as density by number or by investment. */
export type Way = "points" | "heat" | "heat-amount";

const CELL = 72; // pixels: two clusters of full size next to each other don't touch
const CLUSTERED_BELOW = 13;
const FEW = 120; // so many marks are symbols at any zoom
const HEAT_CELL = 4;
const HEAT_RADIUS = 36;

/** Ten thousand projects on one canvas: symbols, clusters, discs by amount, or a heat map. With hit testing. */
export class ProjectMarks extends L.Layer {
  private canvas: HTMLCanvasElement | null = null;
  private marks: Mark[] = [];
  private look: Look = "kind";
  private way: Way = "points";
  private chosen: number | null = null;
  private corner = L.point(0, 0);
  private clusters: Cluster[] = [];
  private clusteredAt = NaN;
  private largest = 0;
  private readonly pictures = new Map<string, HTMLCanvasElement>();

  /** The greatest investment among the marks, 元. */
  get greatest(): number {
    return this.largest;
  }

  show(marks: Mark[], look: Look, way: Way): void {
    this.marks = look === "investment" ? [...marks].sort((a, b) => b.amount - a.amount) : marks;
    this.largest = marks.reduce((most, mark) => Math.max(most, mark.amount), 0);
    this.look = look;
    this.way = way;
    this.clusteredAt = NaN;
    this.draw();
  }

  choose(id: number | null): void {
    this.chosen = id;
    this.draw();
  }

  /** Whether the marks are gathered at the present zoom. */
  get isClustered(): boolean {
    return this.way === "points" && this.look !== "investment" && this.marks.length > FEW && (this._map?.getZoom() ?? 0) < CLUSTERED_BELOW;
  }

  /** What is gathered at the present zoom: sums to the marks. */
  gathered(): Cluster[] {
    const zoom = this._map?.getZoom() ?? NaN;
    if (this.clusteredAt !== zoom) {
      this.clusters = gathered(this.marks.map((mark) => ({ ...this.world(mark.at, zoom), classes: mark.classes })), CELL);
      this.clusteredAt = zoom;
    }
    return this.clusters;
  }

  /** The marks under a place of the map's container, nearest first, within reach of a finger or pointer; all of a cluster. */
  under(point: L.Point, reach = 9): Mark[] {
    const map = this._map;
    if (!map || this.way !== "points") return [];
    if (this.isClustered) {
      const cluster = this.clusterUnder(point, reach);
      return cluster ? cluster.members.map((index) => this.marks[index]!) : [];
    }
    const found: { mark: Mark; distance: number }[] = [];
    for (const mark of this.marks) {
      const extra = this.look === "investment" ? amountRadius(mark.amount, this.largest) : 0;
      const distance = map.latLngToContainerPoint(mark.at).distanceTo(point);
      if (distance <= Math.max(reach, extra)) found.push({ mark, distance });
    }
    return found.sort((a, b) => a.distance - b.distance).map((f) => f.mark);
  }

  private clusterUnder(point: L.Point, reach: number): Cluster | null {
    const zoom = this._map.getZoom();
    const origin = this._map.getPixelBounds().min!;
    let best: { cluster: Cluster; distance: number } | null = null;
    for (const cluster of this.gathered()) {
      const distance = Math.hypot(cluster.x - origin.x - point.x, cluster.y - origin.y - point.y);
      const size = cluster.members.length > 1 ? clusterRadius(cluster.members.length) : reach;
      if (distance <= size && (!best || distance < best.distance)) best = { cluster, distance };
    }
    return zoom === this.clusteredAt ? (best?.cluster ?? null) : null;
  }

  override onAdd(map: L.Map): this {
    const pane = map.getPane("projects") ?? map.createPane("projects");
    pane.style.zIndex = "450";
    pane.style.pointerEvents = "none";
    this.canvas = L.DomUtil.create("canvas", "points-canvas leaflet-zoom-hide", pane);
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

  private world(at: L.LatLng, zoom: number): { x: number; y: number } {
    const { x, y } = this._map.project(at, zoom);
    return { x, y };
  }

  private draw(): void {
    const { canvas, _map: map } = this;
    if (!canvas || !map) return;
    const size = map.getSize();
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    // A third more on each side, so that a drag shows points before it ends.
    const pad = size.multiplyBy(1 / 3).round();
    this.corner = map.containerPointToLayerPoint([-pad.x, -pad.y]);
    L.DomUtil.setPosition(canvas, this.corner);
    const [w, hgt] = [size.x + 2 * pad.x, size.y + 2 * pad.y];
    canvas.width = w * ratio;
    canvas.height = hgt * ratio;
    canvas.style.width = `${w}px`;
    canvas.style.height = `${hgt}px`;
    const g = canvas.getContext("2d", { willReadFrequently: true });
    if (!g) return;
    g.scale(ratio, ratio);
    if (this.way !== "points") this.drawHeat(g, w, hgt);
    else if (this.isClustered) this.drawClusters(g, w, hgt, ratio);
    else this.drawMarks(g, w, hgt, ratio);
    performance.mark("projects-drawn");
  }

  private drawMarks(g: CanvasRenderingContext2D, w: number, hgt: number, ratio: number): void {
    const zoom = this._map.getZoom();
    // A thousand points at small scale are dots; a few dozen can be symbols.
    const r = Math.max(this.marks.length > 150 ? 3 : 5, zoom < 9 ? 3 : zoom < 11 ? 4 : zoom < 13 ? 5.2 : 6.5);
    let last: Mark | null = null;
    for (const mark of this.marks) {
      if (mark.id === this.chosen) last = mark;
      else this.one(g, mark, r, w, hgt, ratio);
    }
    if (last) this.one(g, last, r, w, hgt, ratio);
  }

  private one(g: CanvasRenderingContext2D, mark: Mark, r: number, w: number, hgt: number, ratio: number): void {
    const p = this._map.latLngToLayerPoint(mark.at).subtract(this.corner);
    if (p.x < -30 || p.y < -30 || p.x > w + 30 || p.y > hgt + 30) return;
    const chosen = mark.id === this.chosen;
    if (this.look === "investment") {
      const radius = amountRadius(mark.amount, this.largest);
      g.beginPath();
      g.arc(p.x, p.y, radius, 0, Math.PI * 2);
      g.fillStyle = "rgba(184,69,27,.45)";
      g.strokeStyle = mark.amount ? "#7a2c0f" : "#6b6b6b";
      g.lineWidth = 1;
      g.fill();
      g.stroke();
      if (chosen) this.ring(g, p.x, p.y, radius + 5);
      return;
    }
    const size = chosen ? r + 3 : r;
    const picture = this.picture(mark.classes[0]!, size, mark.approximate, ratio);
    const half = picture.width / ratio / 2;
    g.drawImage(picture, p.x - half, p.y - half, half * 2, half * 2);
    if (chosen) this.ring(g, p.x, p.y, r + 10);
  }

  private ring(g: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
    g.beginPath();
    g.arc(x, y, radius, 0, Math.PI * 2);
    g.strokeStyle = "#0b57d0";
    g.lineWidth = 3;
    g.stroke();
  }

  /** Each symbol is drawn once and copied: a copy costs a tenth of a path. */
  private picture(name: string, r: number, hollow: boolean, ratio: number): HTMLCanvasElement {
    const key = `${this.look}|${name}|${r}|${hollow}|${ratio}`;
    let canvas = this.pictures.get(key);
    if (!canvas) {
      const sign = signOf(this.look, name);
      const half = Math.ceil(r * sign.size * 1.35 + 6);
      canvas = document.createElement("canvas");
      canvas.width = canvas.height = half * 2 * ratio;
      const g = canvas.getContext("2d")!;
      g.scale(ratio, ratio);
      drawSign(g, sign, half, half, r, hollow);
      this.pictures.set(key, canvas);
    }
    return canvas;
  }

  private drawClusters(g: CanvasRenderingContext2D, w: number, hgt: number, ratio: number): void {
    // The pane's pixels are those of the world less where the map began.
    const origin = this._map.getPixelOrigin().add(this.corner);
    let chosen: L.Point | null = null;
    for (const cluster of this.gathered()) {
      const [x, y] = [cluster.x - origin.x, cluster.y - origin.y];
      const holds = cluster.members.some((index) => this.marks[index]!.id === this.chosen);
      if (holds) chosen = L.point(x, y);
      if (x < -60 || y < -60 || x > w + 60 || y > hgt + 60) continue;
      if (cluster.members.length === 1) this.one(g, this.marks[cluster.members[0]!]!, 5.2, w, hgt, ratio);
      else this.pie(g, cluster, x, y);
    }
    if (chosen) this.ring(g, chosen.x, chosen.y, 26);
  }

  private pie(g: CanvasRenderingContext2D, cluster: Cluster, x: number, y: number): void {
    const r = clusterRadius(cluster.members.length);
    const sum = [...cluster.classes.values()].reduce((a, b) => a + b, 0);
    let from = -Math.PI / 2;
    for (const [name, n] of cluster.classes) {
      const to = from + (n / sum) * Math.PI * 2;
      g.beginPath();
      g.moveTo(x, y);
      g.arc(x, y, r, from, to);
      g.closePath();
      g.fillStyle = signOf(this.look, name).colour;
      g.fill();
      g.strokeStyle = "#fff";
      g.lineWidth = 1;
      g.stroke();
      from = to;
    }
    g.beginPath();
    g.arc(x, y, r - 5, 0, Math.PI * 2);
    g.fillStyle = "#fff";
    g.fill();
    g.fillStyle = "#1f2a33";
    g.font = "600 12px system-ui,sans-serif";
    g.textAlign = "center";
    g.textBaseline = "middle";
    g.fillText(String(cluster.members.length), x, y + 0.5);
  }

  private drawHeat(g: CanvasRenderingContext2D, w: number, hgt: number): void {
    const [columns, rows] = [Math.ceil(w / HEAT_CELL), Math.ceil(hgt / HEAT_CELL)];
    const marks = this.marks.map((mark) => {
      const p = this._map.latLngToLayerPoint(mark.at).subtract(this.corner);
      return { x: p.x / HEAT_CELL, y: p.y / HEAT_CELL, weight: this.way === "heat" ? 1 : mark.amount };
    });
    const grid = density(marks, columns, rows, HEAT_RADIUS / HEAT_CELL);
    const most = grid.reduce((a, b) => Math.max(a, b), 0);
    if (!most) return;
    const picture = document.createElement("canvas");
    [picture.width, picture.height] = [columns, rows];
    const small = picture.getContext("2d")!;
    const image = small.createImageData(columns, rows);
    grid.forEach((value, i) => image.data.set(heatColour(value / most), i * 4));
    small.putImageData(image, 0, 0);
    g.imageSmoothingEnabled = true;
    g.drawImage(picture, 0, 0, columns * HEAT_CELL, rows * HEAT_CELL);
  }

  /** The reach of the heat map's kernel in metres at the middle of the map, for the legend. */
  get heatReach(): number {
    const centre = this._map.getSize().divideBy(2);
    return this._map.containerPointToLatLng(centre).distanceTo(this._map.containerPointToLatLng(centre.add([HEAT_RADIUS, 0])));
  }
}

/** Bigger for more, but never so big that neighbours hide each other. */
export const clusterRadius = (members: number): number => Math.min(CELL / 2 - 4, 13 + 4 * Math.log10(members));
