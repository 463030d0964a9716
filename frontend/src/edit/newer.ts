// Somebody saved a newer version meanwhile: shown beside one's own, which stays. Loaded when that happens.
import L from "leaflet";
import { getJson } from "../core/api";
import { h } from "../core/dom";
import { squareMetres } from "../core/format";
import { area } from "../core/geodesy";
import { t } from "../core/i18n";
import { PASSIVE } from "../map/stage";
import { fromDrawing, partsOf, type Drawn, type State } from "./state";

export interface Newer {
  id: number;
  number: number;
  by: string;
  at: string;
  area_m2: number;
}

export interface Choices {
  map: L.Map;
  mine(): State;
  /** Save one's own on top of the newer version, knowingly. */
  saveOnTop(): void;
  /** Take the newer version as the state; one's own stays one undo away. */
  take(state: State): void;
}

/** A box that says who was faster, compares, and lets one choose. */
export async function newerVersion(newer: Newer, detail: string, choices: Choices): Promise<HTMLElement> {
  const overlay = L.geoJSON(undefined, { style: { color: "#a04a00", weight: 3, dashArray: "3 5", fill: false }, interactive: false, ...PASSIVE } as L.GeoJSONOptions).addTo(choices.map);
  const figures = h("p", { class: "row-note", id: "newer-figures" });
  const served = async (): Promise<State> => fromDrawing((await getJson<{ drawing: Drawn }>(`/api/v1/site-versions/${newer.id}/`)).drawing);
  const box = h("div", { class: "alert alert-warning", role: "alert", id: "newer-version" }, h("p", {}, h("b", {}, detail)), figures);
  const close = (): void => {
    overlay.remove();
    box.remove();
  };
  const failed = (): void => void (figures.textContent = t("check.network"));
  const compare = async (): Promise<void> => {
    try {
      const { drawing } = await getJson<{ drawing: Drawn }>(`/api/v1/site-versions/${newer.id}/`);
      overlay.clearLayers().addData(drawing);
      const [theirs, mine] = [area(partsOf(fromDrawing(drawing))), area(partsOf(choices.mine()))];
      figures.textContent = t("newer.figures", { number: newer.number, theirs: squareMetres(theirs), mine: squareMetres(mine), delta: `${mine >= theirs ? "+" : ""}${squareMetres(mine - theirs)}` });
    } catch {
      failed();
    }
  };
  box.append(
    h("button", { type: "button", class: "btn btn-sm btn-outline-primary", id: "newer-compare", onclick: () => void compare() }, t("newer.compare")), " ",
    h("button", { type: "button", class: "btn btn-sm btn-primary", id: "newer-save", onclick: () => (close(), choices.saveOnTop()) }, t("newer.saveOnTop", { number: newer.number })), " ",
    h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", id: "newer-take", onclick: () => void served().then((state) => (close(), choices.take(state)), failed) }, t("newer.take", { number: newer.number })));
  return box;
}
