import L from "leaflet";
import "../map/geoman";
import { History } from "../core/history";
import { english, type Key } from "../core/i18n";
import type { MultiPolygon, Position, Ring } from "../core/geodesy";
import { cutOut, removeAt } from "./shape";

export type Mode = "idle" | "draw" | "hole" | "vertices" | "drag" | "remove";

interface DrawTool {
  _layer?: L.Polyline;
  _hintMarker?: L.Marker & { _snapped?: boolean };
  _removeLastVertex(): void;
  _createVertex(event: { latlng: L.LatLng }): void;
}

const STYLE: L.PathOptions = { color: "#0b3d91", weight: 3, fillColor: "#2f6fd0", fillOpacity: 0.12, lineJoin: "round" };
/** Above this number of vertices only those near the pointer get a handle: a red line has tens of thousands. */
export const MANY_VERTICES = 600;

export interface Events {
  /** The boundary, while a vertex is still moving (`settled` false) or after a step that undo can take back. */
  change(parts: MultiPolygon, settled: boolean): void;
  /** The ring that is being drawn, empty when there is none. */
  sketch(ring: Ring, hole: boolean): void;
  mode(mode: Mode): void;
  refuse(key: Key): void;
}

/** The boundary on the map. Geoman moves the points; the state, its history and every ring are ours. */
export class Drawing {
  readonly history = new History<MultiPolygon>([]);
  private readonly layers = L.featureGroup();
  private mode: Mode = "idle";
  private undonePoints: L.LatLng[] = [];

  constructor(
    private readonly map: L.Map,
    private readonly events: Events,
  ) {
    this.layers.addTo(map);
    map.pm.setLang(english ? "en" : "zh");
    map.pm.setGlobalOptions({ snappable: true, snapDistance: 14, snapSegment: true, allowSelfIntersection: true, continueDrawing: false });
    map.on("pm:drawstart", ({ workingLayer }) => {
      workingLayer.on("pm:vertexadded", () => {
        this.undonePoints = []; // a new point ends what could be redone
        this.sketched();
      });
    });
    map.on("pm:create", ({ layer }) => {
      layer.remove();
      void this.finished(ringOf((layer as L.Polygon).getLatLngs()[0] as L.LatLng[]));
    });
    map.on("pm:drawend", () => setTimeout(() => (this.mode === "draw" || this.mode === "hole") && !map.pm.globalDrawModeEnabled() && this.setMode("idle")));
    map.on("click", (event: L.LeafletMouseEvent) => {
      if (this.mode !== "remove") return;
      const rest = removeAt(this.parts, [event.latlng.lng, event.latlng.lat]);
      if (rest) this.commit(rest);
    });
  }

  get parts(): MultiPolygon {
    return this.history.current;
  }
  get currentMode(): Mode {
    return this.mode;
  }
  get canUndo(): boolean {
    return this.sketching || this.history.canUndo;
  }
  get canRedo(): boolean {
    return this.undonePoints.length > 0 || this.history.canRedo;
  }
  private get tool(): DrawTool {
    return (this.map.pm as unknown as { Draw: { Polygon: DrawTool } }).Draw.Polygon;
  }
  private get sketching(): boolean {
    return this.map.pm.globalDrawModeEnabled() && this.sketchPoints().length > 0;
  }
  private sketchPoints(): L.LatLng[] {
    return this.map.pm.globalDrawModeEnabled() ? ((this.tool._layer?.getLatLngs() as L.LatLng[] | undefined) ?? []).flat() : [];
  }

  /** Starts from a boundary, without a past. */
  load(parts: MultiPolygon): void {
    this.setMode("idle");
    this.history.reset(parts);
    this.rebuild();
    this.events.change(parts, true);
  }

  /** One step that undo takes back; a ring that is still being drawn is given up. */
  commit(parts: MultiPolygon): void {
    if (this.mode === "draw" || this.mode === "hole") this.setMode("idle");
    this.history.push(parts);
    this.rebuild();
    this.events.change(parts, true);
  }

  setMode(mode: Mode): void {
    this.mode = mode;
    this.undonePoints = [];
    if (mode !== "draw" && mode !== "hole" && this.map.pm.globalDrawModeEnabled()) this.map.pm.disableDraw();
    this.map.doubleClickZoom[mode === "draw" || mode === "hole" ? "disable" : "enable"]();
    this.equip();
    if (mode === "draw" || mode === "hole") {
      this.map.pm.disableDraw();
      this.startSketch();
    }
    this.map.getContainer().classList.toggle("is-removing", mode === "remove");
    this.events.sketch([], mode === "hole");
    this.events.mode(mode);
  }

  private startSketch(): void {
    const colour = this.mode === "hole" ? "#9c1c22" : "#0b3d91";
    this.map.pm.enableDraw("Polygon", {
      templineStyle: { color: colour, weight: 3 },
      hintlineStyle: { color: colour, weight: 2, dashArray: "5 5" },
      pathOptions: { ...STYLE, color: colour },
      snappable: true,
      snapDistance: 14,
    });
  }

  undo(): boolean {
    const points = this.sketchPoints();
    if (points.length) {
      const last = points[points.length - 1]!;
      const mode = this.mode;
      const kept = [...this.undonePoints, last];
      if (points.length === 1) {
        // Taking the first point back would leave the tool: begin again instead.
        this.map.pm.disableDraw();
        this.mode = mode;
        this.startSketch();
      } else this.tool._removeLastVertex();
      this.undonePoints = kept;
      this.sketched();
      return true;
    }
    return this.travel(this.history.undo());
  }

  redo(): boolean {
    const point = this.undonePoints[this.undonePoints.length - 1];
    if (point && this.map.pm.globalDrawModeEnabled()) {
      const rest = this.undonePoints.slice(0, -1);
      this.addPoint(point);
      this.undonePoints = rest;
      this.sketched();
      return true;
    }
    return this.travel(this.history.redo());
  }

  /** Adds a typed point to the ring that is being drawn. */
  addPoint(point: L.LatLng): void {
    const hint = this.tool._hintMarker;
    if (!hint) return;
    const snapped = hint._snapped ?? false;
    hint.setLatLng(point);
    hint._snapped = true; // as it is typed, not where the pointer happens to be
    this.tool._createVertex({ latlng: point });
    hint._snapped = snapped;
  }

  bounds(): L.LatLngBounds | null {
    const bounds = this.layers.getBounds();
    return bounds.isValid() ? bounds : null;
  }

  private travel(state: MultiPolygon | null): boolean {
    if (!state) return false;
    this.rebuild();
    this.events.change(state, true);
    return true;
  }

  private sketched(): void {
    this.events.sketch(this.sketchPoints().map((p): Position => [p.lng, p.lat]), this.mode === "hole");
  }

  private async finished(ring: Ring): Promise<void> {
    const hole = this.mode === "hole";
    this.setMode("idle");
    if (!hole) return this.commit([...this.parts, [ring]]);
    const cut = await cutOut(this.parts, ring);
    if ("refused" in cut) this.events.refuse(cut.refused === "whole" ? "edit.holeWhole" : "edit.holeOutside");
    else this.commit(cut.parts);
  }

  /** Draws the state anew; handles come back if the mode has some. */
  private rebuild(): void {
    this.layers.eachLayer((layer) => (layer as L.Polygon).pm?.disable());
    this.layers.clearLayers();
    for (const part of this.parts) {
      const layer = L.polygon(part.map((ring) => ring.map(([lng, lat]) => L.latLng(lat, lng))), { ...STYLE, pmIgnore: false, snapIgnore: false, bubblingMouseEvents: true });
      layer.on("pm:markerdrag pm:drag", () => this.events.change(this.read(), false));
      layer.on("pm:edit", () => this.edited());
      layer.on("pm:dragend", () => this.edited());
      layer.on("pm:remove", () => this.edited());
      this.layers.addLayer(layer);
    }
    this.equip();
  }

  private equip(): void {
    const many = this.parts.flat(2).length > MANY_VERTICES;
    this.layers.eachLayer((item) => {
      const layer = item as L.Polygon;
      layer.pm.disable();
      layer.pm.disableLayerDrag();
      if (this.mode === "vertices")
        layer.pm.enable({ snappable: true, snapDistance: 14, allowSelfIntersection: true, draggable: false, ...(many ? { limitMarkersToCount: 80, hideMiddleMarkers: false } : {}) } as L.PM.EditModeOptions);
      if (this.mode === "drag") layer.pm.enableLayerDrag();
    });
  }

  /** What stands on the map now becomes the state: handles keep working, so nothing is drawn anew. */
  private edited(): void {
    const parts = this.read();
    if (JSON.stringify(parts) === JSON.stringify(this.parts)) return;
    this.history.push(parts);
    this.events.change(parts, true);
  }

  private read(): MultiPolygon {
    return this.layers
      .getLayers()
      .map((layer) => ((layer as L.Polygon).getLatLngs() as L.LatLng[][]).map(ringOf).filter((ring) => ring.length > 2))
      .filter((rings) => rings.length > 0);
  }
}

const ringOf = (points: L.LatLng[]): Ring => points.map((p): Position => [p.lng, p.lat]);

