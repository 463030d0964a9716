import L from "leaflet";
import type { Finding, Severity } from "./core/check";
import { embedded, h, need } from "./core/dom";
import { t } from "./core/i18n";
import { FindingsLayer, SEVERITY_COLOURS } from "./map/findings";
import { createStage, PASSIVE } from "./map/stage";

/** The map of a check that was kept: the boundary and every conflict piece; the table beside it says the same. */
async function start(): Promise<void> {
  const { map } = await createStage(need("#map"), { scrollWheelZoom: false });
  const geometry = embedded<GeoJSON.Geometry>("site");
  const findings = embedded<Finding[]>("findings") ?? [];
  const site = L.geoJSON(geometry as GeoJSON.GeoJsonObject, { interactive: false, ...PASSIVE, style: { color: "#0b3d91", weight: 3, fillColor: "#2f6fd0", fillOpacity: 0.06 } }).addTo(map);
  const pieces = new FindingsLayer(map);
  pieces.show(findings);
  const bounds = site.getBounds();
  if (bounds.isValid()) map.fitBounds(bounds, { padding: [40, 40], maxZoom: 17, animate: false });
  document.querySelectorAll<HTMLButtonElement>("[data-rule]").forEach((button) => {
    button.addEventListener("click", () => {
      pieces.zoomTo(button.dataset["rule"]!);
      need("#map").scrollIntoView({ block: "nearest" });
    });
  });
  const present = (["P", "R", "C", "I"] as Severity[]).filter((s) => findings.some((f) => f.severity === s && f.geometry));
  need("#legend").replaceChildren(h("li", {}, key("#0b3d91", ""), t("check.mapSite")), ...present.map((s) => h("li", {}, key(SEVERITY_COLOURS[s], `url(#hatch-${s})`), t(`severity.${s}`))));
}

function key(colour: string, fill: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 14");
  svg.setAttribute("class", "swatch");
  svg.setAttribute("aria-hidden", "true");
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [k, v] of Object.entries({ x: "1", y: "1", width: "22", height: "12", stroke: colour, "stroke-width": "2", fill: fill || "none" })) rect.setAttribute(k, v);
  svg.append(rect);
  return svg;
}

void start();
