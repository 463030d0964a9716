import L from "leaflet";
import type { Finding, Severity } from "../core/check";
import { PASSIVE } from "./stage";

export const SEVERITY_COLOURS: Record<Severity, string> = { P: "#9c1c22", R: "#a04a00", C: "#6b5b00", I: "#2f6690" };
/** Each severity has a hatch of its own: told apart without colour. */
const HATCHES: Record<Severity, string> = { P: "M-2,2l4,-4M0,10l10,-10M8,12l4,-4M-2,8l4,4M0,0l10,10M8,-2l4,4", R: "M-2,2l4,-4M0,10l10,-10M8,12l4,-4", C: "M0,5h10", I: "M4.2,5a.8,.8 0 1 0 1.6,0a.8,.8 0 1 0 -1.6,0" };

const SVG = "http://www.w3.org/2000/svg";

/** Puts the hatch patterns into a page once; Leaflet's paths then fill with `url(#hatch-P)`. */
function patterns(): void {
  if (document.getElementById("hatch-P")) return;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "hatches");
  svg.setAttribute("aria-hidden", "true");
  for (const severity of ["P", "R", "C", "I"] as const) {
    const pattern = document.createElementNS(SVG, "pattern");
    const set = (node: Element, attributes: Record<string, string>): void => Object.entries(attributes).forEach(([k, v]) => node.setAttribute(k, v));
    set(pattern, { id: `hatch-${severity}`, width: "10", height: "10", patternUnits: "userSpaceOnUse" });
    const ground = document.createElementNS(SVG, "rect");
    set(ground, { width: "10", height: "10", fill: SEVERITY_COLOURS[severity], "fill-opacity": "0.05" });
    const lines = document.createElementNS(SVG, "path");
    set(lines, { d: HATCHES[severity], stroke: SEVERITY_COLOURS[severity], "stroke-width": "1.2", fill: "none" });
    pattern.append(ground, lines);
    svg.append(pattern);
  }
  document.body.append(svg);
}

/** What only informs often covers the whole site: its outline says enough, a hatch would hide the rest. */
const fill = (severity: Severity): L.PathOptions => (severity === "I" ? { fill: false } : { fillOpacity: 1, fillColor: `url(#hatch-${severity})` });

/** The pieces of the site that a check found in conflict, the gravest on top. */
export class FindingsLayer {
  private readonly group = L.featureGroup();
  private readonly renderer = L.svg({ pane: "findings", padding: 0.3 });
  private byKey = new Map<string, L.GeoJSON>();

  constructor(private readonly map: L.Map) {
    patterns();
    // A pane of its own with an SVG, which hatches need; below the boundary, and not in the way of the drawing tools.
    const pane = map.createPane("findings");
    pane.style.zIndex = "390";
    pane.style.pointerEvents = "none";
    this.group.addTo(map);
  }

  show(findings: Finding[]): void {
    this.group.clearLayers();
    this.byKey.clear();
    const grave = ["I", "C", "R", "P"];
    [...findings].sort((a, b) => grave.indexOf(a.severity) - grave.indexOf(b.severity)).forEach((finding) => {
      if (!finding.geometry) return;
      const suspect = finding.outcome === "suspect";
      const layer = L.geoJSON(finding.geometry as GeoJSON.GeoJsonObject, {
        pane: "findings",
        renderer: this.renderer,
        interactive: false,
        ...PASSIVE,
        style: { color: SEVERITY_COLOURS[finding.severity], weight: suspect ? 2.5 : 1.8, ...fill(finding.severity), ...(suspect ? { dashArray: "4 4" } : {}) },
        pointToLayer: (_, at) => L.circleMarker(at, { radius: 6, pane: "findings", ...PASSIVE }),
      } as L.GeoJSONOptions);
      this.group.addLayer(layer);
      this.byKey.set(finding.rule, layer);
    });
  }

  clear(): void {
    this.group.clearLayers();
    this.byKey.clear();
  }

  zoomTo(rule: string): void {
    const bounds = this.byKey.get(rule)?.getBounds();
    if (bounds?.isValid()) this.map.fitBounds(bounds, { maxZoom: 17, padding: [40, 40] });
  }

  bounds = (): L.LatLngBounds => this.group.getBounds();
}
