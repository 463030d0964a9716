import L from "leaflet";
import { asCoordinateText, readCoordinates } from "../core/coordinates";
import { h, need } from "../core/dom";
import { zoneOf, type MultiPolygon, type Position } from "../core/geodesy";
import { t } from "../core/i18n";
import { sketches, type Drawing } from "./drawing";
import type { Files } from "./files";
import { zoneSelect } from "./files";
import { fromRings } from "./shape";

/** The box for typed coordinates: points of the ring being drawn, or whole rings. */
export function typedCoordinates(map: L.Map, drawing: Drawing, files: Files, added: (parts: MultiPolygon) => void): void {
  const form = need<HTMLFormElement>("#typed");
  const toggle = need<HTMLButtonElement>("#type");
  const text = need<HTMLTextAreaElement>("#typed-text");
  const result = need("#typed-result");
  const zone = need<HTMLSelectElement>("#typed-zone");
  zone.replaceChildren(...zoneSelect(0).childNodes);
  let zoneGiven = false;
  zone.addEventListener("change", () => (zoneGiven = true));

  const show = (open: boolean): void => {
    form.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
    // Options that move from one list to another lose what was chosen: the zone in view is chosen here.
    if (open && !zoneGiven) zone.value = String(zoneOf(map.getCenter().lng));
    if (open) text.focus();
    else toggle.focus();
  };
  toggle.addEventListener("click", () => show(Boolean(form.hidden)));
  need("#typed-close").addEventListener("click", () => show(false));
  form.addEventListener("keydown", (event) => {
    event.stopPropagation(); // Ctrl+Z here belongs to the text
    if (event.key === "Escape") show(false);
  });
  L.DomEvent.disableClickPropagation(form);
  L.DomEvent.disableScrollPropagation(form);

  const read = (least: number): ReturnType<typeof readCoordinates> | null => {
    if (!text.value.trim()) return result.replaceChildren(h("p", { class: "form-error" }, t("typed.none"))), null;
    const typed = readCoordinates(text.value, Number(zone.value));
    const problems = typed.errors.map((e) => t("typed.error", { line: e.line, what: t(`typed.${e.code}`), text: e.text.slice(0, 40) }));
    if (!typed.errors.length) typed.rings.forEach((ring) => ring.length < least && problems.push(t("typed.too-few")));
    const points = typed.rings.reduce((n, r) => n + r.length, 0);
    result.replaceChildren(
      problems.length ? h("ul", { class: "form-error" }, ...problems.map((p) => h("li", {}, p))) : h("p", { class: "row-note" }, t("typed.read", { rings: typed.rings.length, points }), typed.zones.length ? ` · ${t("typed.zoneUsed", { zones: typed.zones.join("、") })}` : "", typed.swapped ? ` · ${t("typed.swapped")}` : ""));
    return problems.length ? null : typed;
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = read(3);
    if (!typed) return;
    const single = typed.zones.length === 1 && typed.projected;
    if (single && !drawing.parts.length) {
      // A whole boundary in a projection: its edges are straight there, so it is read as the file it would be.
      const content = asCoordinateText(typed.projected!, typed.zones[0]!);
      void files.open(new File([content], `${t("edit.name")}.txt`, { type: "text/plain" })).then((read) => read && show(false));
      return;
    }
    const parts = fromRings(typed.rings as Position[][]);
    added(parts);
    show(false);
  });

  need("#typed-points").addEventListener("click", () => {
    const typed = read(1);
    if (!typed) return;
    if (!sketches(drawing.currentMode)) drawing.setMode("draw");
    const points = typed.rings.flat();
    for (const [lng, lat] of points) drawing.addPoint(L.latLng(lat, lng));
    const last = points[points.length - 1];
    if (last && (map.getZoom() < 13 || !map.getBounds().contains([last[1], last[0]]))) map.setView([last[1], last[0]], Math.max(map.getZoom(), 14), { animate: false });
    text.value = "";
    text.focus();
  });
}
