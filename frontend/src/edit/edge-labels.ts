import L from "leaflet";
import { edgeLength, type MultiPolygon, type Ring } from "../core/geodesy";
import { metres } from "../core/format";

/** The length of each edge, written along it, while there is room. */
export class EdgeLabels extends L.Layer {
  private canvas: HTMLCanvasElement | null = null;
  private rings: { ring: Ring; closed: boolean }[] = [];
  private frame = 0;

  show(parts: MultiPolygon, sketch: Ring): void {
    this.rings = parts.flat().map((ring) => ({ ring, closed: true }));
    if (sketch.length > 1) this.rings.push({ ring: sketch, closed: false });
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  override onAdd(map: L.Map): this {
    const pane = map.getPane("edges") ?? map.createPane("edges");
    pane.style.zIndex = "590";
    pane.style.pointerEvents = "none";
    this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide", pane);
    map.on("moveend zoomend resize", this.draw, this);
    return this;
  }

  override onRemove(map: L.Map): this {
    map.off("moveend zoomend resize", this.draw, this);
    this.canvas?.remove();
    this.canvas = null;
    return this;
  }

  private draw(): void {
    const { canvas, _map: map } = this;
    if (!canvas || !map) return;
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
    g.font = '600 12px "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif';
    g.textAlign = "center";
    g.textBaseline = "middle";
    g.lineJoin = "round";
    const view = L.bounds([-40, -40], [size.x + 40, size.y + 40]);
    let written = 0;
    for (const { ring, closed } of this.rings) {
      const points = ring.map(([lng, lat]) => map.latLngToContainerPoint([lat, lng]));
      for (let i = 0; i < ring.length - (closed ? 0 : 1) && written < 150; i++) {
        const [a, b] = [points[i]!, points[(i + 1) % ring.length]!];
        const length = a.distanceTo(b);
        const middle = a.add(b).divideBy(2);
        if (length < 58 || !view.contains(middle)) continue;
        const text = `${metres(edgeLength(ring[i]!, ring[(i + 1) % ring.length]!))} m`;
        if (g.measureText(text).width + 14 > length) continue;
        let angle = Math.atan2(b.y - a.y, b.x - a.x);
        if (Math.abs(angle) > Math.PI / 2) angle += Math.PI;
        g.save();
        g.translate(middle.x, middle.y);
        g.rotate(angle);
        g.strokeStyle = "rgba(255,255,255,.95)";
        g.lineWidth = 4;
        g.strokeText(text, 0, -11);
        g.fillStyle = "#0b2f6b";
        g.fillText(text, 0, -11);
        g.restore();
        written++;
      }
    }
  }
}
