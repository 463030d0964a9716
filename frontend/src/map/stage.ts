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
  /** The name of the base map that is shown. */
  base(): string;
}

/** What the page opens with: a view, a day, versions by number. */
export interface Start {
  view?: { lat: number; lon: number; zoom: number } | null;
  asOf?: string | null;
  versions?: Record<string, number>;
}

/** The map of the pages for staff: our own base map, names, and the catalogue of layers that the user may see. */
export async function createStage(element: HTMLElement, options: L.MapOptions = {}, start: Start = {}): Promise<Stage> {
  const made = createMap(element, options, start.view);
  basePane(made.map);
  let catalogue: CatalogueLayer[] = [];
  let failure: unknown = null;
  try {
    catalogue = await loadCatalogue(start);
  } catch (error) {
    failure = error;
  }
  const base = baseMap(catalogue);
  const own = L.layerGroup([
    base,
    new Labels(base, [
      { code: "XZQ", colour: "#5a5346", font: `600 14px ${FONT}`, minZoom: 7, maxZoom: 13 },
      { code: "SX", colour: "#2f6a8c", font: `italic 12px ${FONT}`, minZoom: 10, maxZoom: 16 },
    ]),
  ]);
  let current: L.Layer | null = null;
  let shown = "own";
  const setBase = (name: string): void => {
    current?.remove();
    shown = name;
    current = name === "own" ? own : (made.services.find((s) => s.label === name)?.layer ?? null);
    current?.addTo(made.map);
  };
  setBase("own");
  if (failure) {
    element.append(h("p", { class: "map-failure", role: "alert" }, t("map.failed", { what: t("layers.legend") }),
      h("button", { type: "button", class: "btn btn-sm btn-outline-primary", onclick: () => location.reload() }, t("map.retry"))));
  }
  const bases = [{ name: "own", label: t("base.own") }, ...made.services.map((s) => ({ name: s.label, label: s.label })), { name: "none", label: t("base.none") }];
  return { ...made, catalogue, setBase, bases, base: () => shown };
}

/** Draws nothing that Geoman may edit or snap to. */
export const PASSIVE = { pmIgnore: true, snapIgnore: true } as const;
