import L from "leaflet";
import { gathered } from "./clusters";
import { PASSIVE } from "./stage";

/** What a marker shows, and what it is called. */
export interface Shown {
  content: HTMLElement;
  title: string;
  size: number;
}

const CELL = 64; // pixels: two markers next to each other don't touch

/**
 * Things with a place as markers that a finger or the keyboard reaches; those too near each other are one marker. It
 * comes nearer while that takes them apart, and opens them all where it doesn't.
 */
export class GatheredMarkers<T extends { at: L.LatLng }> {
  private items: readonly T[] = [];
  private readonly group = L.layerGroup();

  constructor(
    private readonly map: L.Map,
    private readonly shown: (members: T[]) => Shown,
    private readonly open: (members: T[]) => void,
  ) {
    this.group.addTo(map);
    map.on("zoomend", this.draw, this);
  }

  show(items: readonly T[]): void {
    this.items = items;
    this.draw();
  }

  remove(): void {
    this.map.off("zoomend", this.draw, this);
    this.group.remove();
  }

  /** How many markers there are at the present zoom, each with its members: they sum to the items. */
  clusters(): T[][] {
    const zoom = this.map.getZoom();
    const spots = this.items.map((item) => ({ ...this.world(item.at, zoom), classes: [] }));
    return gathered(spots, CELL).map((cluster) => cluster.members.map((index) => this.items[index]!));
  }

  private draw(): void {
    this.group.clearLayers();
    for (const members of this.clusters()) {
      const { content, title, size } = this.shown(members);
      const middle = L.latLngBounds(members.map((m) => m.at)).getCenter();
      const marker = L.marker(middle, { icon: L.divIcon({ className: "gathered-marker", html: content, iconSize: [size, size] }), title, alt: title, keyboard: true, riseOnHover: true, ...PASSIVE });
      marker.on("click", () => this.choose(members));
      marker.on("add", () => marker.getElement()?.setAttribute("aria-label", title));
      this.group.addLayer(marker);
    }
  }

  private choose(members: T[]): void {
    const { map } = this;
    const bounds = L.latLngBounds(members.map((m) => m.at));
    // Tools and legends lie over the map's edges: what comes apart is to stand free of them.
    const nearer = Math.min(map.getBoundsZoom(bounds, false, map.getSize().multiplyBy(0.5)), map.getMaxZoom());
    if (members.length > 1 && nearer > map.getZoom() && !bounds.getNorthEast().equals(bounds.getSouthWest())) map.setView(bounds.getCenter(), nearer);
    else this.open(members);
  }

  private world(at: L.LatLng, zoom: number): { x: number; y: number } {
    const { x, y } = this.map.project(at, zoom);
    return { x, y };
  }
}
