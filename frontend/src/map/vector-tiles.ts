import type L from "leaflet";
import type { ClassStyle } from "./symbols";
import { VectorStack, type StackLayer } from "./vector-stack";

export interface VectorTileOptions extends L.GridLayerOptions {
  layer: string;
  styles: ClassStyle[];
  keepNames?: boolean;
  /** Tells versions of one layer apart in what the page keeps. */
  version?: number;
  /** The tiles' property that the styles go by, "class" if nothing is said. */
  property?: string;
}

/** Vector tiles of one layer, as a map layer of its own (previews, comparisons). */
export class VectorTiles extends VectorStack {
  private readonly one: StackLayer;
  private readonly hiddenClasses = new Set<string>();

  constructor(url: string, options: VectorTileOptions) {
    super(options);
    const { layer, styles, keepNames, version = 0, property } = options;
    this.one = {
      source: { code: layer, version, url, ...(keepNames ? { keepNames } : {}), ...(property ? { property } : {}) },
      kind: "vector",
      styles,
      opacity: 1,
      hidden: this.hiddenClasses,
      minZoom: 0,
      maxZoom: 30,
    };
    this.setLayers([this.one]);
  }

  /** Shows or hides one class of the legend. */
  toggleClass(code: string, visible: boolean): void {
    if (visible) this.hiddenClasses.delete(code);
    else this.hiddenClasses.add(code);
    this.repaint();
  }

  isHidden = (code: string): boolean => this.hiddenClasses.has(code);
}
