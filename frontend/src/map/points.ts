import L from "leaflet";

export interface PointMark {
  id: number;
  at: L.LatLng;
  kind: string;
  /** The place is only a region or township: drawn hollow. */
  approximate: boolean;
}

const COLOURS: Record<string, string> = { key: "#cf2e1c", government: "#1e4fd6", planned: "#14302a", reserve: "#a0559a" };

/** Traces a kind's shape: diamond, square, disc, triangle. Shape and colour say the same. */
export function traceKind(g: CanvasRenderingContext2D, kind: string, x: number, y: number, r: number): void {
  g.beginPath();
  if (kind === "key") g.moveTo(x, y - r * 1.25), g.lineTo(x + r * 1.25, y), g.lineTo(x, y + r * 1.25), g.lineTo(x - r * 1.25, y), g.closePath();
  else if (kind === "government") g.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
  else if (kind === "reserve") g.moveTo(x, y - r * 1.15), g.lineTo(x + r * 1.15, y + r * 0.9), g.lineTo(x - r * 1.15, y + r * 0.9), g.closePath();
  else g.arc(x, y, r, 0, Math.PI * 2);
}

/** Some thousand points on one canvas, with hit testing. */
export class Points extends L.Layer {
  private canvas: HTMLCanvasElement | null = null;
  private marks: PointMark[] = [];
  private chosen: number | null = null;
  private corner = L.point(0, 0);

  setMarks(marks: PointMark[]): void {
    this.marks = marks;
    this.draw();
  }

  choose(id: number | null): void {
    this.chosen = id;
    this.draw();
  }

  /** The mark under a place of the map's container, nearest first, within reach of a finger or pointer. */
  under(point: L.Point, reach = 9): PointMark[] {
    if (!this._map) return [];
    const found: { mark: PointMark; distance: number }[] = [];
    for (const mark of this.marks) {
      const distance = this._map.latLngToContainerPoint(mark.at).distanceTo(point);
      if (distance <= reach) found.push({ mark, distance });
    }
    return found.sort((a, b) => a.distance - b.distance).map((f) => f.mark);
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
    const zoom = map.getZoom();
    // A thousand points at small scale are dots; a few dozen can be symbols.
    const least = this.marks.length > 150 ? 2.6 : 5;
    const r = Math.max(least, zoom < 9 ? 2.6 : zoom < 11 ? 3.6 : zoom < 13 ? 5 : 6.5);
    const last: PointMark[] = [];
    const one = (mark: PointMark, chosen: boolean): void => {
      const p = map.latLngToLayerPoint(mark.at).subtract(this.corner);
      if (p.x < -20 || p.y < -20 || p.x > w + 20 || p.y > hgt + 20) return;
      traceKind(g, mark.kind, p.x, p.y, chosen ? r + 3 : r);
      const colour = COLOURS[mark.kind] ?? "#444";
      g.fillStyle = mark.approximate ? "rgba(255,255,255,.85)" : colour;
      g.strokeStyle = mark.approximate ? colour : "#fff";
      g.lineWidth = mark.approximate ? 1.6 : 1;
      g.fill();
      g.stroke();
      if (chosen) {
        g.beginPath();
        g.arc(p.x, p.y, r + 9, 0, 7);
        g.strokeStyle = "#0b57d0";
        g.lineWidth = 3;
        g.stroke();
      }
    };
    for (const mark of this.marks) {
      if (mark.id === this.chosen) last.push(mark);
      else one(mark, false);
    }
    last.forEach((mark) => one(mark, true));
  }
}
