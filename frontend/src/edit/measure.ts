import { h, need } from "../core/dom";
import { area, edgeLength, type MultiPolygon, type Ring } from "../core/geodesy";
import { hectares, metres, mu, squareMetres } from "../core/format";
import { t } from "../core/i18n";
import { counts } from "./shape";

export interface ServerAreas {
  area_m2: number;
  planar_area_m2: number;
  declared_area_m2: number | null;
  declared_matches?: string | null;
}

/** The area in m², 亩 and 公顷: our own figure at once, the server's as soon as it is there, each by its name. */
export function measure(parts: MultiPolygon, plots: number, sketch: Ring, hole: boolean, server: ServerAreas | null): void {
  const box = need("#measure");
  const sketched = sketch.length > 2 ? area([[sketch]]) * (hole ? -1 : 1) : 0;
  const own = area(parts) + sketched;
  if (!parts.length && sketch.length < 2) return box.replaceChildren(h("p", { class: "measure-empty" }, t("edit.empty")));
  const m2 = server && !sketch.length ? server.area_m2 : Math.max(own, 0);
  const perimeter = parts.flat().reduce((sum, ring) => sum + ring.reduce((s, p, i) => s + edgeLength(p, ring[(i + 1) % ring.length]!), 0), 0);
  const n = { ...counts(parts), parts: plots };
  box.replaceChildren(
    h("p", { class: "measure-area" }, h("b", {}, `${squareMetres(m2)} m²`), h("span", {}, `${mu(m2)} ${t("unit.mu")}`), h("span", {}, `${hectares(m2)} ${t("unit.hectares")}`)),
    h("p", { class: "row-note" }, sketch.length ? t("edit.areaDrawing") : server ? t("edit.areaServer") : t("edit.areaDrawn")),
    server && !sketch.length ? h("p", { class: "row-note" }, `${t("edit.planar")} ${squareMetres(server.planar_area_m2)} m²`) : "",
    server && !sketch.length && server.declared_area_m2 !== null ? h("p", { class: "row-note" }, `${t("edit.declared")} ${squareMetres(server.declared_area_m2)} m²`, ` ${matching(server.declared_matches)}`) : "",
    parts.length ? h("p", { class: "row-note" }, t("edit.parts", n), " · ", t("edit.perimeter", { m: metres(perimeter) })) : "",
  );
}

function matching(which: string | null | undefined): string {
  if (which === "ellipsoidal" || which === "planar" || which === "both") return t("edit.declaredMatches", { which: t(`edit.matches.${which}`) });
  return which === "neither" ? t("edit.declaredDiffers") : "";
}
