import L from "leaflet";
import { getJson } from "../core/api";
import { h, need } from "../core/dom";
import { degrees, plane } from "../core/format";
import { zoneOf } from "../core/geodesy";
import { t } from "../core/i18n";
import { Latest } from "../core/latest";
import { PASSIVE } from "../map/stage";
import { typedPlace, type TypedPlace } from "./typed-place";

interface Hit {
  layer: string;
  layer_name: string;
  version: number;
  key: string;
  class: string;
  class_name: string;
  name: string;
  area_m2: number;
  bbox: [number, number, number, number];
}

interface ProjectHit {
  id: number;
  code: string;
  name: string;
  lon: number | null;
  lat: number | null;
}

interface Answer {
  features: Hit[];
  projects: ProjectHit[];
  more: string[];
}

/** The search box: names, keys and coordinates; what it finds stands in a list and, by the same numbers, on the map. */
export class Search {
  private readonly input = need<HTMLInputElement>("#find");
  private readonly panel = need("#search-results");
  private readonly marks = L.layerGroup();
  private readonly latest: Latest<string, Answer>;

  constructor(
    private readonly map: L.Map,
    private readonly show: () => void,
    private readonly choose: { feature(layer: string, key: string, version: number): void; project(id: number): void; place(at: L.LatLng): void },
    private readonly onChange: () => void,
  ) {
    this.marks.addTo(map);
    this.latest = new Latest<string, Answer>(
      (words, signal) => getJson<Answer>(`/api/v1/search/?${new URLSearchParams({ q: words })}`, signal),
      {
        start: () => this.panel.replaceChildren(h("p", { class: "busy" }, t("find.busy"))),
        answer: (answer) => this.answered(answer),
        failure: (error) => this.panel.replaceChildren(h("p", { class: "empty", role: "alert" }, t("find.failed", { why: (error as Error).message }))),
      },
      300,
    );
    this.input.addEventListener("input", () => this.run());
    need<HTMLFormElement>("#find-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.run();
      this.panel.querySelector<HTMLButtonElement>("button")?.focus();
    });
  }

  get words(): string {
    return this.input.value.trim();
  }

  set(words: string): void {
    this.input.value = words;
    this.run();
  }

  clear(): void {
    this.latest.cancel();
    this.marks.clearLayers();
    this.input.value = "";
    this.panel.replaceChildren(h("p", { class: "empty" }, t("find.help")));
    this.onChange();
  }

  private run(): void {
    this.marks.clearLayers();
    this.latest.cancel();
    this.onChange();
    const words = this.words;
    if (!words) return this.clear();
    this.show();
    const place = typedPlace(words, zoneOf(this.map.getCenter().lng));
    if (place) return this.coordinates(place);
    this.latest.schedule(words);
  }

  private coordinates({ lon, lat, notes }: TypedPlace): void {
    const at = L.latLng(lat, lon);
    const p = plane(lon, lat);
    this.mark(at, 1);
    this.map.setView(at, Math.max(this.map.getZoom(), 15));
    this.panel.replaceChildren(h("ul", { class: "rows" }, h("li", { class: "row-item" },
      h("button", { type: "button", class: "row-main find-row", onclick: () => (this.map.setView(at, Math.max(this.map.getZoom(), 15)), this.choose.place(at)) },
        h("span", { class: "find-number" }, "1"),
        h("span", { class: "row-name" }, `${degrees(lon)}°, ${degrees(lat)}°`),
        h("span", { class: "row-note" }, t("map.plane", { zone: p.zone, x: p.x, y: p.y })),
        ...notes.map(({ key, zone }) => h("span", { class: "row-note" }, t(key, { zone: zone ?? "" })))))));
  }

  private answered({ features, projects, more }: Answer): void {
    let n = 0;
    const rows: (HTMLElement | string)[] = [];
    if (features.length) {
      rows.push(h("h3", {}, t("find.features")), h("ul", { class: "rows" }, ...features.map((hit) => {
        const [west, south, east, north] = hit.bbox;
        this.mark(L.latLng((south + north) / 2, (west + east) / 2), ++n, () => this.choose.feature(hit.layer, hit.key, hit.version));
        const kind = hit.class_name && hit.class_name !== hit.name ? `${hit.layer_name} · ${hit.class_name}` : hit.layer_name;
        return this.row(n, hit.name || hit.key, hit.name ? `${kind} · ${hit.key}` : kind, () => this.choose.feature(hit.layer, hit.key, hit.version));
      })), more.includes("features") ? h("p", { class: "row-note" }, t("find.more")) : "");
    }
    if (projects.length) {
      rows.push(h("h3", {}, t("projects.what")), h("ul", { class: "rows" }, ...projects.map((project) => {
        n++;
        if (project.lon !== null && project.lat !== null) this.mark(L.latLng(project.lat, project.lon), n, () => this.choose.project(project.id));
        return this.row(n, project.name, project.code || "", () => this.choose.project(project.id));
      })), more.includes("projects") ? h("p", { class: "row-note" }, t("find.more")) : "");
    }
    this.panel.replaceChildren(...(rows.length ? rows : [h("p", { class: "empty" }, t("find.none"))]));
    need("#map-status").textContent = t("find.count", { n });
  }

  private row(n: number, name: string, note: string, press: () => void): HTMLLIElement {
    return h("li", { class: "row-item" }, h("button", { type: "button", class: "row-main find-row", onclick: press },
      h("span", { class: "find-number" }, String(n)), h("span", { class: "row-name" }, name), h("span", { class: "row-note" }, note)));
  }

  /** The same number as in the list. The list does it all by keyboard, so the mark needs no place in the tab order. */
  private mark(at: L.LatLng, n: number, press?: () => void): void {
    const marker = L.marker(at, { icon: L.divIcon({ className: "find-mark", html: h("span", {}, String(n)), iconSize: [22, 22] }), keyboard: false, ...PASSIVE });
    if (press) marker.on("click", press);
    this.marks.addLayer(marker);
  }
}
