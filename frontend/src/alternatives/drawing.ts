import L from "leaflet";
import "../map/geoman";
import { english } from "../core/i18n";
import { createStage } from "../map/stage";

/** A map on which one polygon is drawn: the next one takes its place. */
export class OnePolygon {
  geometry: GeoJSON.Geometry | null = null;
  private map: L.Map | null = null;
  private layer: L.Layer | null = null;

  constructor(
    private readonly element: HTMLElement,
    private readonly around: L.LatLngBounds | null = null,
  ) {}

  async start(): Promise<void> {
    if (!this.map) {
      const { map } = await createStage(this.element, { scrollWheelZoom: false });
      this.map = map;
      map.pm.setLang(english ? "en" : "zh");
      if (this.around?.isValid()) map.fitBounds(this.around.pad(1), { maxZoom: 16 });
      map.on("pm:create", ({ layer }) => {
        this.layer?.remove();
        this.layer = layer;
        this.geometry = (layer as L.Polygon).toGeoJSON().geometry;
      });
    }
    this.map.pm.enableDraw("Polygon", { snappable: false, continueDrawing: false });
    this.element.focus();
  }
}
