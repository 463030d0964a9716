import L from "leaflet";
import "../map/geoman";
import { History } from "../core/history";
import { english } from "../core/i18n";
import type { MultiPolygon, Polygon, Position, Ring } from "../core/geodesy";
import { fitsAsHole } from "./shape";
import { EMPTY, partsOf, removed, same, withHole, withParts, withPlots, type State } from "./state";

/** `split` and `strip` draw a line, `copy` and `cut` point at a feature; the rest work on the plots themselves. */
export type Mode = "idle" | "draw" | "hole" | "vertices" | "drag" | "remove" | "split" | "strip" | "copy" | "cut";
export type LineMode = "split" | "strip";
export type PickMode = "copy" | "cut";

const RINGS: Mode[] = ["draw", "hole"];
const LINES: Mode[] = ["split", "strip"];
export const sketches = (mode: Mode): boolean => RINGS.includes(mode) || LINES.includes(mode);

interface DrawTool {
  _layer?: L.Polyline;
  _hintMarker?: L.Marker & { _snapped?: boolean };
  _removeLastVertex(): void;
  _createVertex(event: { latlng: L.LatLng }): void;
}

const CHOSEN: L.PathOptions = { weight: 4, color: "#a04a00", fillColor: "#f0a84a", fillOpacity: 0.22 };
const STYLE: L.PathOptions = { color: "#0b3d91", weight: 3, fillColor: "#2f6fd0", fillOpacity: 0.12, lineJoin: "round" };
/** Above this number of vertices only those near the pointer get a handle: a red line has tens of thousands. */
export const MANY_VERTICES = 600;

export interface Events {
  /** The boundary, while a vertex is still moving (`settled` false) or after a step that undo can take back. */
  change(state: State, settled: boolean): void;
  /** The ring or line that is being drawn, empty when there is none. */
  sketch(points: Ring, mode: Mode): void;
  mode(mode: Mode): void;
  /** A ring to cut out that doesn't simply become a hole. */
  cut(ring: Ring): void;
  line(points: Position[], mode: LineMode): void;
  pick(at: Position, mode: PickMode): void;
}

/** The boundary on the map. Geoman moves the points; the state, its history and every ring are ours. */
export class Drawing {
  readonly history = new History<State>(EMPTY);
  /** Indexes of the plots that the list has chosen. */
  private chosen = new Set<number>();
  private readonly layers = L.featureGroup();
  private readonly plotOf = new Map<L.Layer, number>();
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
      const points = (layer as L.Polyline).getLatLngs() as L.LatLng[] | L.LatLng[][];
      this.finished(ringOf(points.flat()));
    });
    map.on("pm:drawend", () => setTimeout(() => sketches(this.mode) && !map.pm.globalDrawModeEnabled() && this.setMode("idle")));
    map.on("click", (event: L.LeafletMouseEvent) => {
      const at: Position = [event.latlng.lng, event.latlng.lat];
      if (this.mode === "copy" || this.mode === "cut") return this.events.pick(at, this.mode);
      if (this.mode !== "remove") return;
      const rest = removed(this.state, at);
      if (rest) this.commit(rest);
    });
  }

  get state(): State {
    return this.history.current;
  }
  get parts(): MultiPolygon {
    return partsOf(this.state);
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
    const draw = (this.map.pm as unknown as { Draw: { Polygon: DrawTool; Line: DrawTool } }).Draw;
    return LINES.includes(this.mode) ? draw.Line : draw.Polygon;
  }
  private get sketching(): boolean {
    return this.map.pm.globalDrawModeEnabled() && this.sketchPoints().length > 0;
  }
  private sketchPoints(): L.LatLng[] {
    return this.map.pm.globalDrawModeEnabled() ? ((this.tool._layer?.getLatLngs() as L.LatLng[] | undefined) ?? []).flat() : [];
  }

  /** Starts from a boundary, without a past. */
  load(state: State): void {
    this.setMode("idle");
    this.history.reset(state);
    this.rebuild();
    this.events.change(state, true);
  }

  /** One step that undo takes back; what is still being drawn is given up. */
  commit(state: State): void {
    if (sketches(this.mode)) this.setMode("idle");
    this.history.push(state);
    this.rebuild();
    this.events.change(state, true);
  }

  /** One step that moves nothing on the map: a name, a use. */
  rename(state: State): void {
    this.history.push(state);
    this.events.change(state, true);
  }

  add(polygons: Polygon[]): void {
    this.commit(withPlots(this.state, polygons));
  }

  choose(chosen: Set<number>): void {
    this.chosen = chosen;
    this.layers.eachLayer((layer) => (layer as L.Polygon).setStyle(this.style(this.plotOf.get(layer)!)));
  }

  plotBounds(index: number): L.LatLngBounds | null {
    const bounds = L.latLngBounds((this.state.plots[index]?.parts ?? []).flatMap((part) => part[0]!.map(([lng, lat]) => L.latLng(lat, lng))));
    return bounds.isValid() ? bounds : null;
  }

  private style = (plot: number): L.PathOptions => (this.chosen.has(plot) ? { ...STYLE, ...CHOSEN } : STYLE);

  setMode(mode: Mode): void {
    this.mode = mode;
    this.undonePoints = [];
    if (this.map.pm.globalDrawModeEnabled()) this.map.pm.disableDraw();
    this.map.doubleClickZoom[sketches(mode) ? "disable" : "enable"]();
    this.equip();
    if (sketches(mode)) this.startSketch();
    this.map.getContainer().classList.toggle("is-removing", mode === "remove");
    this.map.getContainer().classList.toggle("is-picking", mode === "copy" || mode === "cut");
    this.events.sketch([], mode);
    this.events.mode(mode);
  }

  private startSketch(): void {
    const colour = this.mode === "hole" || this.mode === "split" ? "#9c1c22" : "#0b3d91";
    this.map.pm.enableDraw(LINES.includes(this.mode) ? "Line" : "Polygon", {
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
        this.mode = mode; // Geoman's end of drawing has set none
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

  private travel(state: State | null): boolean {
    if (!state) return false;
    this.rebuild();
    this.events.change(state, true);
    return true;
  }

  private sketched(): void {
    this.events.sketch(this.sketchPoints().map((p): Position => [p.lng, p.lat]), this.mode);
  }

  private finished(points: Ring): void {
    const mode = this.mode;
    this.setMode("idle");
    if (mode === "split" || mode === "strip") return this.events.line(points, mode);
    if (mode !== "hole") return this.add([[points]]);
    const holed = withHole(this.state, points, fitsAsHole);
    if (holed) this.commit(holed);
    else this.events.cut(points);
  }

  /** Draws the state anew; handles come back if the mode has some. */
  private rebuild(): void {
    this.layers.eachLayer((layer) => (layer as L.Polygon).pm?.disable());
    this.layers.clearLayers();
    this.plotOf.clear();
    this.state.plots.forEach((plot, index) => plot.parts.forEach((part) => {
      const layer = L.polygon(part.map((ring) => ring.map(([lng, lat]) => L.latLng(lat, lng))), { ...this.style(index), pmIgnore: false, snapIgnore: false, bubblingMouseEvents: true });
      layer.on("pm:markerdrag pm:drag", () => this.events.change(this.read(), false));
      layer.on("pm:edit", () => this.edited());
      layer.on("pm:dragend", () => this.edited());
      layer.on("pm:remove", () => this.edited());
      this.plotOf.set(layer, index);
      this.layers.addLayer(layer);
    }));
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
    const state = this.read();
    if (same(state, this.state)) return;
    const gone = state.plots.length !== this.state.plots.length;
    this.history.push(state);
    if (gone) this.rebuild(); // plots count anew
    this.events.change(state, true);
  }

  private read(): State {
    const parts: MultiPolygon[] = this.state.plots.map(() => []);
    this.layers.eachLayer((layer) => {
      const rings = ((layer as L.Polygon).getLatLngs() as L.LatLng[][]).map(ringOf).filter((ring) => ring.length > 2);
      if (rings.length) parts[this.plotOf.get(layer)!]!.push(rings);
    });
    return withParts(this.state, parts);
  }
}

const ringOf = (points: L.LatLng[]): Ring => points.map((p): Position => [p.lng, p.lat]);

