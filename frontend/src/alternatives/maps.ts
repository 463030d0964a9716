import L from "leaflet";
import type { Finding } from "../core/check";
import { need } from "../core/dom";
import { FindingsLayer } from "../map/findings";
import { createStage, PASSIVE } from "../map/stage";
import { Together } from "../map/together";

export interface Drawn {
  id: number;
  name: string;
  geometry: GeoJSON.Geometry;
  findings: Finding[];
}

interface Linked {
  map: L.Map;
  anchor: L.LatLng;
  bounds: L.LatLngBounds;
}

/** A map for each alternative: all show the same extent around their own site, and move together. */
export class LinkedMaps {
  private readonly linked = new Map<number, Linked>();
  private readonly moving = new Together();

  async show(alternatives: Drawn[]): Promise<void> {
    const stages = await Promise.all(alternatives.map((one) => createStage(need(`#map-${one.id}`), { scrollWheelZoom: false })));
    alternatives.forEach((one, index) => {
      const { map } = stages[index]!;
      const site = L.geoJSON(one.geometry as GeoJSON.GeoJsonObject, { interactive: false, ...PASSIVE, style: { color: "#0b3d91", weight: 3, fillColor: "#2f6fd0", fillOpacity: 0.06 } }).addTo(map);
      new FindingsLayer(map).show(one.findings);
      const bounds = site.getBounds();
      this.linked.set(one.id, { map, anchor: bounds.getCenter(), bounds });
      this.moving.add(map, bounds.getCenter());
    });
    this.together();
  }

  /** Every site in the middle of its map, all at the scale of the largest. */
  together(): void {
    const all = [...this.linked.values()];
    all.forEach(({ map }) => map.invalidateSize({ animate: false }));
    // On a phone all but one are hidden and have no size: the one that is seen says how large.
    const seen = all.find(({ map }) => map.getSize().x > 0)?.map;
    if (!seen) return;
    const zoom = Math.min(16, ...all.map(({ bounds }) => seen.getBoundsZoom(bounds.pad(0.6))));
    this.moving.quietly(() => all.forEach(({ map, anchor }) => map.setView(anchor, zoom, { animate: false })));
  }
}
