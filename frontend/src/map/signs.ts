import type { Shape, Sign } from "../staff/looks";

/** Traces a shape around a place; `r` is half its usual width. */
export function trace(g: CanvasRenderingContext2D, shape: Shape, x: number, y: number, r: number): void {
  g.beginPath();
  if (shape === "disc") return void g.arc(x, y, r, 0, Math.PI * 2);
  if (shape === "square") return void g.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
  if (shape === "cross") {
    const [a, b] = [r * 0.42, r * 1.05];
    const turns: [number, number][] = [[-a, -b], [a, -b], [a, -a], [b, -a], [b, a], [a, a], [a, b], [-a, b], [-a, a], [-b, a], [-b, -a], [-a, -a]];
    turns.forEach(([dx, dy], i) => (i ? g.lineTo(x + dx, y + dy) : g.moveTo(x + dx, y + dy)));
    return g.closePath();
  }
  const corners = { diamond: 4, triangle: 3, hexagon: 6, pentagon: 5 }[shape];
  const reach = { diamond: 1.25, triangle: 1.3, hexagon: 1.1, pentagon: 1.15 }[shape] * r;
  for (let i = 0; i < corners; i++) {
    const turn = -Math.PI / 2 + (i * 2 * Math.PI) / corners;
    const [px, py] = [x + reach * Math.cos(turn), y + reach * Math.sin(turn)];
    if (i) g.lineTo(px, py);
    else g.moveTo(px, py);
  }
  g.closePath();
}

/** Draws a symbol; a hollow one stands for a place that is only roughly known. */
export function drawSign(g: CanvasRenderingContext2D, sign: Sign, x: number, y: number, radius: number, hollow: boolean): void {
  const r = radius * sign.size;
  if (sign.ringed) {
    trace(g, sign.shape, x, y, r + 3);
    g.fillStyle = "#fff";
    g.fill();
    g.strokeStyle = sign.colour;
    g.lineWidth = 1.4;
    g.stroke();
  }
  trace(g, sign.shape, x, y, r);
  g.fillStyle = hollow ? "rgba(255,255,255,.9)" : sign.colour;
  g.strokeStyle = hollow ? sign.colour : "#fff";
  g.lineWidth = hollow ? 1.8 : 1;
  g.fill();
  g.stroke();
  if (sign.glyph && r > 4) {
    g.fillStyle = hollow ? sign.colour : "#fff";
    g.font = `600 ${Math.round(r * 1.35)}px system-ui,sans-serif`;
    g.textAlign = "center";
    g.textBaseline = "middle";
    g.fillText(sign.glyph, x, y + 0.5);
  }
}

/** The picture of a symbol for a legend or a list. */
export function signPicture(sign: Sign, label: string | null, hollow = false): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 44;
  canvas.className = "kind-mark";
  if (label === null) canvas.setAttribute("aria-hidden", "true");
  else canvas.setAttribute("role", "img"), canvas.setAttribute("aria-label", label);
  const g = canvas.getContext("2d", { willReadFrequently: true })!;
  g.scale(2, 2);
  drawSign(g, sign, 11, 11, 6, hollow);
  return canvas;
}
