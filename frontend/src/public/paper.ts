const NAMES = "http://www.w3.org/2000/svg";

/** What a symbol is drawn with: the screen's canvas, or paper. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  "beginPath" | "moveTo" | "lineTo" | "closePath" | "rect" | "arc" | "fill" | "stroke" | "clip" | "save" | "restore" | "fillText" | "fillStyle" | "strokeStyle" | "lineWidth" | "globalAlpha" | "font" | "textAlign" | "textBaseline"
>;

const n = (value: number): string => String(Math.round(value * 100) / 100);

/**
 * A pen whose strokes are SVG: sharp on paper at any size. A canvas can't be printed above other things: browsers replay
 * its strokes, and what cleared it before the first one becomes a white sheet over the base map.
 */
export class SvgPen implements Pen {
  fillStyle: string | CanvasGradient | CanvasPattern = "#000";
  strokeStyle: string | CanvasGradient | CanvasPattern = "#000";
  lineWidth = 1;
  globalAlpha = 1;
  font = "";
  textAlign: CanvasTextAlign = "start";
  textBaseline: CanvasTextBaseline = "alphabetic";
  private path = "";
  private clips = 0;
  /** Where things go now, the whole drawing first. */
  private readonly groups: Element[];

  constructor(svg: SVGSVGElement) {
    this.groups = [svg];
  }

  beginPath(): void {
    this.path = "";
  }
  moveTo(x: number, y: number): void {
    this.path += `M${n(x)} ${n(y)}`;
  }
  lineTo(x: number, y: number): void {
    this.path += `L${n(x)} ${n(y)}`;
  }
  closePath(): void {
    this.path += "Z";
  }
  rect(x: number, y: number, width: number, height: number): void {
    this.path += `M${n(x)} ${n(y)}h${n(width)}v${n(height)}h${n(-width)}Z`;
  }
  /** Clockwise; a whole turn is two halves, as one arc of SVG that ends where it began is nothing. */
  arc(x: number, y: number, radius: number, from: number, to: number): void {
    const at = (angle: number): string => `${n(x + radius * Math.cos(angle))} ${n(y + radius * Math.sin(angle))}`;
    const part = (end: number, start: number): string => `A${n(radius)} ${n(radius)} 0 ${end - start > Math.PI ? 1 : 0} 1 ${at(end)}`;
    const whole = to - from >= 2 * Math.PI - 1e-9;
    this.path += `M${at(from)}${whole ? part(from + Math.PI, from) + part(from + 2 * Math.PI, from + Math.PI) : part(to, from)}`;
  }
  fill(rule?: unknown): void {
    this.put("path", { d: this.path, fill: String(this.fillStyle), "fill-opacity": n(this.globalAlpha), "fill-rule": rule === "evenodd" ? "evenodd" : "nonzero" });
  }
  stroke(): void {
    this.put("path", { d: this.path, fill: "none", stroke: String(this.strokeStyle), "stroke-width": n(this.lineWidth), "stroke-opacity": n(this.globalAlpha) });
  }
  fillText(text: string, x: number, y: number): void {
    const [weight = "", size = ""] = this.font.split(" ");
    const put = this.put("text", { x: n(x), y: n(y), fill: String(this.fillStyle), "font-weight": weight, "font-size": size, "font-family": "sans-serif", "text-anchor": this.textAlign === "center" ? "middle" : "start", "dominant-baseline": this.textBaseline === "middle" ? "central" : "auto" });
    put.textContent = text;
  }
  /** What follows shows inside the path only, until `restore`. */
  clip(): void {
    const id = `paper-clip-${(this.clips += 1)}`;
    const clip = this.put("clipPath", { id });
    this.groups.push(clip);
    this.put("path", { d: this.path });
    this.groups.pop();
    this.groups[this.groups.length - 1] = this.put("g", { "clip-path": `url(#${id})` });
  }
  save(): void {
    this.groups.push(this.groups[this.groups.length - 1]!);
  }
  restore(): void {
    if (this.groups.length > 1) this.groups.pop();
  }

  private put(tag: string, attributes: Record<string, string>): Element {
    const element = document.createElementNS(NAMES, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    this.groups[this.groups.length - 1]!.append(element);
    return element;
  }
}

/** An empty drawing of so many pixels. */
export function sheet(width: number, height: number): SVGSVGElement {
  const svg = document.createElementNS(NAMES, "svg");
  for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" })) svg.setAttribute(name, String(value));
  return svg;
}
