// How a class of a layer looks: fill, edge, and a hatch, so that nothing is told by colour alone.

import type { Decoded, Group } from "./mvt";

export interface ClassStyle {
  class: string;
  label: string;
  fill?: string | null;
  /** 0 to 1, of the fill alone. */
  fill_opacity?: number | null;
  stroke?: string | null;
  hatch?: string | null;
  width?: number | null;
  dash?: number[] | null;
}

const SIZE = 8;
const patterns = new Map<string, CanvasPattern | null>();

/** A hatch as a repeating pattern; 8 px, so that it runs on from tile to tile. */
export function hatchPattern(hatch: string, colour: string): CanvasPattern | null {
  const key = `${hatch} ${colour}`;
  const known = patterns.get(key);
  if (known !== undefined) return known;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const g = canvas.getContext("2d", { willReadFrequently: true })!;
  g.strokeStyle = g.fillStyle = colour;
  g.lineWidth = 1.2;
  const line = (...xy: number[]): void => {
    g.beginPath();
    for (let i = 0; i < xy.length; i += 4) g.moveTo(xy[i]!, xy[i + 1]!), g.lineTo(xy[i + 2]!, xy[i + 3]!);
    g.stroke();
  };
  const slash = (): void => line(-1, 1, 1, -1, 0, 8, 8, 0, 7, 9, 9, 7);
  const back = (): void => line(7, -1, 9, 1, 0, 0, 8, 8, -1, 7, 1, 9);
  if (/cross|diag.*cross|^x$/.test(hatch)) slash(), back();
  else if (/grid|^\+$/.test(hatch)) line(0, 4, 8, 4, 4, 0, 4, 8);
  else if (/dot|^\.$/.test(hatch)) g.beginPath(), g.arc(2, 2, 1.1, 0, 7), g.arc(6, 6, 1.1, 0, 7), g.fill();
  else if (/horizontal|^-$/.test(hatch)) line(0, 4, 8, 4);
  else if (/vertical|^\|$/.test(hatch)) line(4, 0, 4, 8);
  else if (/back|^\\$/.test(hatch)) back();
  else slash();
  const pattern = g.createPattern(canvas, "repeat");
  patterns.set(key, pattern);
  return pattern;
}

const hatched = (style: ClassStyle): boolean => !!style.hatch && style.hatch !== "none" && style.hatch !== "solid";

/** Thinner lines than this would only grey the map. */
const LEAST_WIDTH = 0.2;
/** A fine mesh of parcels would turn black when it is small on the screen. */
const edgeShare = (zoom: number): number => (zoom < 11 ? 0.4 : zoom < 13 ? 0.7 : 1);
const lineShare = (zoom: number): number => (zoom < 10 ? 0.6 : zoom < 13 ? 1 : zoom < 15 ? 1.5 : 2.2);

/** `unit` is what a pixel of the screen is in the path's own units. */
export function paintPolygon(g: CanvasRenderingContext2D, path: Path2D, style: ClassStyle, zoom = 14, unit = 1, hatch?: DOMMatrix): void {
  if (style.fill) {
    const before = g.globalAlpha;
    g.globalAlpha = before * (style.fill_opacity ?? 1);
    g.fillStyle = style.fill;
    g.fill(path, "nonzero");
    g.globalAlpha = before;
  }
  if (hatched(style)) {
    const pattern = hatchPattern(style.hatch!, style.stroke ?? "#333");
    if (pattern) {
      if (hatch) pattern.setTransform(hatch);
      g.fillStyle = pattern;
      g.fill(path, "nonzero");
      if (hatch) pattern.setTransform(new DOMMatrix());
    }
  }
  const width = (style.width ?? 1) * edgeShare(zoom);
  if (style.stroke && width >= LEAST_WIDTH) {
    g.strokeStyle = style.stroke;
    g.lineWidth = width * unit;
    g.lineJoin = "miter";
    g.miterLimit = 3;
    g.setLineDash((style.dash ?? []).map((length) => length * unit));
    g.stroke(path);
    g.setLineDash([]);
  }
}

export function paintLine(g: CanvasRenderingContext2D, path: Path2D, style: ClassStyle, zoom: number, unit = 1): void {
  const width = (style.width ?? 1.5) * lineShare(zoom);
  g.lineJoin = g.lineCap = "round";
  if (style.fill && style.stroke && style.fill !== style.stroke) {
    g.strokeStyle = style.stroke;
    g.lineWidth = (width + 1.6) * unit;
    g.stroke(path);
    g.strokeStyle = style.fill;
  } else g.strokeStyle = style.stroke ?? style.fill ?? "#777";
  g.lineWidth = width * unit;
  g.setLineDash((style.dash ?? []).map((length) => length * unit));
  g.stroke(path);
  g.setLineDash([]);
}

export interface Painting {
  styles: ClassStyle[];
  hidden: ReadonlySet<string>;
  find: (code: string) => ClassStyle | null;
  zoom: number;
  /** Which corner of the tile is drawn, how much larger. */
  at: { factor: number; dx: number; dy: number };
  width: number;
  ratio: number;
}

/** Draws one layer of a tile; what stands first in the legend lies on top. */
export function paint(g: CanvasRenderingContext2D, tile: Decoded, painting: Painting): void {
  const { styles, hidden, find, zoom, at, width, ratio } = painting;
  const scale = (width / tile.extent) * at.factor;
  // The paths stay as they are; the canvas is scaled instead, and lines and hatches against it.
  g.setTransform(scale, 0, 0, scale, -at.dx * width, -at.dy * width);
  const unit = ratio / scale;
  const hatch = new DOMMatrix([unit, 0, 0, unit, (at.dx * width) / scale, (at.dy * width) / scale]);
  const order = new Map(styles.map((style, i) => [style.class, i]));
  const groups = tile.groups
    .map((group) => ({ group, style: find(group.class) }))
    .filter((one): one is { group: Group; style: ClassStyle } => !!one.style && !hidden.has(one.style.class))
    .sort((a, b) => order.get(b.style.class)! - order.get(a.style.class)!);
  for (const { group, style } of groups) {
    if (group.type === 2) paintLine(g, group.path, style, zoom, unit);
    else paintPolygon(g, group.path, style, zoom, unit, hatch);
  }
  g.setTransform(1, 0, 0, 1, 0, 0);
}

/** The legend's picture of a class, drawn by the same hand as the map. */
export function swatch(style: ClassStyle, line = false): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = 44;
  canvas.height = 28;
  canvas.className = "swatch";
  canvas.setAttribute("aria-hidden", "true");
  const g = canvas.getContext("2d", { willReadFrequently: true })!;
  g.scale(2, 2);
  const path = new Path2D();
  if (line) path.moveTo(1, 11), path.lineTo(8, 5), path.lineTo(21, 4), paintLine(g, path, style, 12);
  else path.rect(1, 1, 20, 12), paintPolygon(g, path, style);
  return canvas;
}

/** The style of a feature's class: its own, or that of the longest prefix, as codes are hierarchical. */
export function styleFinder(styles: ClassStyle[]): (code: string) => ClassStyle | null {
  const byCode = new Map(styles.map((s) => [s.class, s]));
  const found = new Map<string, ClassStyle | null>();
  return (code) => {
    let style = found.get(code);
    if (style === undefined) {
      style = null;
      for (let n = code.length; n >= 0 && !style; n--) style = byCode.get(code.slice(0, n)) ?? null;
      style ??= byCode.get("*") ?? (styles.length === 1 ? styles[0]! : null);
      found.set(code, style);
    }
    return style;
  };
}
