import L from "leaflet";
import { h } from "../core/dom";
import { t } from "../core/i18n";
import { baseMap, basePane, loadCatalogue, type CatalogueLayer } from "./catalogue";
import { createMap, type TheMap } from "./create";
import { Labels } from "./labels";

const FONT = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif';

export interface Stage extends TheMap {
  catalogue: CatalogueLayer[];
  /** Switches the base map: "own", "none", or the label of a service. */
  setBase(name: string): void;
  bases: { name: string; label: string }[];
}

/** The map of the pages for staff: our own base map, names, and the catalogue of layers that the user may see. */
export async function createStage(element: HTMLElement, options: L.MapOptions = {}): Promise<Stage> {
  const made = createMap(element, options);
  basePane(made.map);
  let catalogue: CatalogueLayer[] = [];
  let failure: unknown = null;
  try {
    catalogue = await loadCatalogue();
  } catch (error) {
    failure = error;
  }
  const { group, regions, water } = baseMap(catalogue);
  const own = L.layerGroup([group]);
  if (regions) {
    const sources = [{ tiles: regions, colour: "#5a5346", font: `600 14px ${FONT}`, minZoom: 7, maxZoom: 13 }];
    if (water) sources.push({ tiles: water, colour: "#2f6a8c", font: `italic 12px ${FONT}`, minZoom: 10, maxZoom: 16 });
    own.addLayer(new Labels(sources));
  }
  let current: L.Layer | null = null;
  const setBase = (name: string): void => {
    current?.remove();
    current = name === "own" ? own : (made.services.find((s) => s.label === name)?.layer ?? null);
    current?.addTo(made.map);
  };
  setBase("own");
  if (failure) {
    element.append(h("p", { class: "map-failure", role: "alert" }, t("map.failed", { what: t("layers.legend") }),
      h("button", { type: "button", class: "btn btn-sm btn-outline-primary", onclick: () => location.reload() }, t("map.retry"))));
  }
  const bases = [{ name: "own", label: t("base.own") }, ...made.services.map((s) => ({ name: s.label, label: s.label })), { name: "none", label: t("base.none") }];
  return { ...made, catalogue, setBase, bases };
}

/** Draws nothing that Geoman may edit or snap to. */
export const PASSIVE = { pmIgnore: true, snapIgnore: true } as const;
