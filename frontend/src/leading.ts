import L from "leaflet";
import { getJson } from "./core/api";
import { embedded, h, need } from "./core/dom";
import { count } from "./core/format";
import { t } from "./core/i18n";
import { createMap } from "./map/create";
import { GatheredMarkers } from "./map/gathered-markers";
import { PASSIVE } from "./map/stage";
import { MOST, moreOf, titleOf, toldOf, worstOf, type Concern, type Weight } from "./staff/concerns";
import "./staff/leading.scss";

type Placed = Concern & { at: L.LatLng };

interface Region {
  code: string;
  name: string;
  geometry?: GeoJSON.Geometry;
}

const SIGNS: Record<Weight, string> = { overdue: "!", blocked: "▲", stale: "…" };
const ROOM = 90; // pixels that a region's name takes
const NARROW = matchMedia("(max-width: 760px)");

/** One screen at a time on a phone, chosen at its foot; all of them one after the other where there is room. */
class Screens {
  private readonly root = need("#leading");
  private readonly bar = need("#thumb-bar");
  /** Told when the map came into sight. */
  onMap: () => void = () => undefined;

  constructor() {
    this.bar.hidden = false;
    this.root.classList.add("is-screened");
    this.bar.addEventListener("click", (event) => {
      const name = (event.target as HTMLElement).closest<HTMLElement>("[data-screen]")?.dataset["screen"];
      if (name) this.show(name);
    });
    // A receipt that somebody comes back to, or a screen that was left, is there again.
    const asked = /^#screen-(\w+)$/.exec(location.hash)?.[1];
    this.show(asked && document.getElementById(`screen-${asked}`) ? asked : "concerns", false);
  }

  show(name: string, moved = true): void {
    this.root.dataset["screen"] = name;
    this.bar.querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset["screen"] === name)));
    if (moved) history.replaceState(null, "", `${location.pathname}${location.search}#screen-${name}`);
    if (moved && NARROW.matches) scrollTo({ top: 0 });
    if (name === "map") this.onMap();
  }
}

/** The regions in outline and what goes wrong in them: no tiles, one answer. */
class ConcernMap {
  private readonly map: L.Map;
  private readonly card = need("#concern-card");
  private readonly places: Placed[];
  private fitted = false;
  private readonly regions: [L.Layer, L.LatLngBounds][] = [];

  constructor(element: HTMLElement, private readonly address: string) {
    const { map } = createMap(element, { maxZoom: 16 });
    this.map = map;
    this.places = (embedded<Concern[]>("concerns-on-map") ?? []).map((one) => ({ ...one, at: L.latLng(one.lat, one.lon) }));
    new GatheredMarkers<Placed>(map, (members) => this.pin(members), (members) => this.open(members)).show(this.places);
    map.createPane("names").style.zIndex = "450"; // below the pins
    map.on("click", () => this.close());
    map.on("zoomend", () => this.names());
    void this.outlines();
  }

  /** A region has its name where the name has room. */
  private names(): void {
    for (const [layer, bounds] of this.regions) {
      const wide = this.map.latLngToContainerPoint(bounds.getNorthEast()).x - this.map.latLngToContainerPoint(bounds.getSouthWest()).x;
      if (wide > ROOM) layer.openTooltip();
      else layer.closeTooltip();
    }
  }

  /** A map that was laid out while hidden knows its size only now. */
  appear(): void {
    this.map.invalidateSize({ animate: false });
    if (!this.map.getSize().x) return; // another screen is open: it has no size yet
    this.names();
    if (this.fitted || !this.places.length) return;
    this.fitted = true;
    this.map.fitBounds(L.latLngBounds(this.places.map((p) => p.at)), { padding: [40, 40], maxZoom: 13, animate: false });
  }

  locate(id: number): void {
    const place = this.places.find((p) => p.id === id);
    if (!place) return;
    this.fitted = true;
    this.map.setView(place.at, 14, { animate: false });
    this.open([place]);
  }

  private pin(members: Placed[]): { content: HTMLElement; title: string; size: number } {
    const worst = worstOf(members);
    const many = members.length > 1;
    return {
      content: h("span", { class: `pin pin-${worst}${many ? " pin-many" : ""}` }, many ? count(members.length) : SIGNS[worst]),
      title: titleOf(members),
      size: many ? 44 : 36,
    };
  }

  private open(members: Placed[]): void {
    const close = h("button", { type: "button", class: "side-fold", onclick: () => this.close() }, h("span", { class: "visually-hidden" }, t("leading.close")), h("span", { "aria-hidden": "true" }, "×"));
    this.card.replaceChildren(close, ...members.slice(0, MOST).map((one) =>
      h("article", { class: `concern concern-${one.weight}` },
        h("h3", {}, h("a", { href: one.project }, one.name)),
        h("ul", { class: "causes" }, ...one.said.slice(0, 3).map((said) => h("li", {}, said))),
        h("p", { class: "concern-actions" },
          one.instruct ? h("a", { class: "btn btn-primary", href: one.instruct }, t("leading.instruct")) : null,
          h("a", { class: "btn btn-outline-secondary", href: one.project }, t("projects.open"))))));
    if (moreOf(members)) this.card.append(h("p", { class: "concern row-note" }, moreOf(members)));
    this.card.hidden = false;
    need("#leading-status").textContent = toldOf(members);
  }

  private close(): void {
    this.card.hidden = true;
  }

  private async outlines(): Promise<void> {
    try {
      const { rows } = await getJson<{ rows: Region[] }>(this.address);
      const features = rows.flatMap((row): GeoJSON.Feature[] => (row.geometry ? [{ type: "Feature", geometry: row.geometry, properties: { name: row.name } }] : []));
      L.geoJSON({ type: "FeatureCollection", features } as GeoJSON.FeatureCollection, {
        style: { color: "#8d877a", weight: 1.4, fillColor: "#fbfaf5", fillOpacity: 1 },
        interactive: false,
        onEachFeature: (feature, layer) => {
          layer.bindTooltip(String(feature.properties?.["name"] ?? ""), { permanent: true, direction: "center", className: "region-name", pane: "names" });
          this.regions.push([layer, (layer as L.Polygon).getBounds()]);
        },
        ...PASSIVE,
      }).addTo(this.map);
      this.names();
    } catch {
      need("#leading-status").textContent = t("map.failed", { what: t("region.number") });
      this.map.getContainer().append(h("p", { class: "map-failure", role: "alert" }, t("leading.noOutlines")));
    }
  }
}

const screens = new Screens();
const frame = need(".leading-map");
const map = new ConcernMap(need("#map"), frame.dataset["regions"]!);
screens.onMap = () => map.appear();
map.appear();
need("#screen-concerns").addEventListener("click", (event) => {
  const link = (event.target as HTMLElement).closest<HTMLElement>("[data-locate]");
  if (!link) return;
  event.preventDefault();
  screens.show("map");
  if (!NARROW.matches) frame.scrollIntoView({ block: "nearest" });
  map.locate(Number(link.dataset["locate"]));
});
