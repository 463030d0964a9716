import L from "leaflet";
import { Problem } from "../core/api";
import { embedded, h, need } from "../core/dom";
import { count } from "../core/format";
import { centralMeridian, toPlane, zoneOf } from "../core/geodesy";
import { t } from "../core/i18n";
import { PASSIVE } from "../map/stage";
import { frameCorners } from "./frame";
import type { LayerState } from "./permalink";

type Windows = Record<string, Record<"landscape" | "portrait", [number, number]>>;

interface Sizes {
  windows: Windows;
  scales: number[];
}

/** A layer as the map shows it, to be printed so. */
export interface Printed {
  state: LayerState;
  version: number;
  opacity: number;
  style: string;
}

/** Projects as the map shows them, to be printed so: an address's filters, the search box, the symbols and the way. */
export interface PrintedProjects {
  query: string;
  words: string;
  look: string;
  show: string;
}

const COLOUR = "#0b57d0";

/** A frame on the map that is moved and turned, and the sheet that the server makes of it. */
export class Printing {
  active = false;
  private centre: L.LatLng | null = null;
  private readonly sizes = embedded<Sizes>("print-sizes")!;
  private readonly form = need<HTMLFormElement>("#print-form");
  private readonly frame: L.Polygon;
  private readonly handle: L.Marker;
  private readonly status = need("#print-status");

  constructor(
    private readonly map: L.Map,
    private readonly shown: { layers(): Printed[]; projects(): PrintedProjects | null },
    private readonly show: () => void,
    private readonly onChange: () => void,
  ) {
    this.frame = L.polygon([], { color: COLOUR, weight: 2, dashArray: "8 4", fillColor: COLOUR, fillOpacity: 0.06, className: "print-frame", bubblingMouseEvents: false, ...PASSIVE });
    this.handle = L.marker([0, 0], { icon: L.divIcon({ className: "print-handle", html: h("span", { "aria-hidden": "true" }, "\u21BB"), iconSize: [30, 30] }), draggable: true, keyboard: false, title: t("print.turn"), ...PASSIVE });
    this.fill();
    this.form.addEventListener("input", () => this.draw());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.print();
    });
    need("#print-here").addEventListener("click", () => {
      this.centre = map.getCenter();
      this.draw();
    });
    this.handle.on("drag", () => this.turnTo(this.handle.getLatLng()));
    this.frame.on("mousedown", (event) => this.drag(event as L.LeafletMouseEvent));
    map.on("zoomend moveend", () => this.active && this.draw());
    map.getContainer().addEventListener("keydown", (event) => this.key(event));
    // A finger drags the frame as a pointer does.
    this.frame.on("add", () => this.frame.getElement()?.addEventListener("touchstart", (event) => this.touch(event as TouchEvent), { passive: false }));
  }

  start(): void {
    this.active = true;
    this.centre ??= this.map.getCenter();
    if (!this.map.getBounds().contains(this.centre)) this.centre = this.map.getCenter();
    this.frame.addTo(this.map);
    this.handle.addTo(this.map);
    this.fit();
    this.draw();
    this.show();
    this.pressed(true);
    this.onChange();
  }

  private pressed = (on: boolean): void => need('[data-tool="print"]').setAttribute("aria-pressed", String(on));

  stop(): void {
    if (!this.active) return;
    this.active = false;
    this.frame.remove();
    this.handle.remove();
    this.pressed(false);
    this.onChange();
  }

  private value = (name: string): string => (this.form.elements.namedItem(name) as HTMLInputElement).value;
  private set = (name: string, value: string): void => void ((this.form.elements.namedItem(name) as HTMLInputElement).value = value);

  private get turned(): number {
    return Number(this.value("turned")) || 0;
  }

  private get window(): [number, number] {
    return this.sizes.windows[this.value("paper")]![this.value("side") as "landscape" | "portrait"];
  }

  private fill(): void {
    const scale = this.form.elements.namedItem("scale") as HTMLSelectElement;
    scale.replaceChildren(...this.sizes.scales.map((s) => h("option", { value: s }, `1 : ${count(s)}`)));
  }

  /** The largest scale whose frame still fits into the view. */
  private fit(): void {
    const [width, height] = this.window;
    const view = this.map.getBounds();
    const fits = this.sizes.scales.filter((scale) => frameCorners([this.centre!.lng, this.centre!.lat], width, height, scale, 0).every(([lon, lat]) => view.contains([lat, lon])));
    this.set("scale", String(fits[fits.length - 1] ?? this.sizes.scales[0]));
  }

  private draw(): void {
    if (!this.active || !this.centre) return;
    const [width, height] = this.window;
    const corners = frameCorners([this.centre.lng, this.centre.lat], width, height, Number(this.value("scale")), this.turned);
    const places = corners.map(([lon, lat]) => L.latLng(lat, lon));
    this.frame.setLatLngs(places);
    const [a, b] = places as [L.LatLng, L.LatLng];
    this.handle.setLatLng(L.latLng((a.lat + b.lat) / 2, (a.lng + b.lng) / 2));
    need("#print-frame-note").textContent = t("print.frame", { width: Math.round(width), height: Math.round(height), zone: zoneOf(this.centre.lng) });
  }

  private turnTo(place: L.LatLng): void {
    const meridian = centralMeridian(zoneOf(this.centre!.lng));
    const from = toPlane([this.centre!.lng, this.centre!.lat], meridian);
    const to = toPlane([place.lng, place.lat], meridian);
    const turned = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
    this.set("turned", String(Math.round(turned)));
    this.draw();
  }

  private drag(event: L.LeafletMouseEvent): void {
    const start = event.latlng;
    const from = this.centre!;
    this.map.dragging.disable();
    const move = (e: L.LeafletMouseEvent): void => this.moveTo(from, start, e.latlng);
    this.map.on("mousemove", move);
    this.map.once("mouseup", () => {
      this.map.off("mousemove", move);
      this.map.dragging.enable();
    });
  }

  private touch(event: TouchEvent): void {
    const at = (e: TouchEvent): L.LatLng => this.map.mouseEventToLatLng(e.touches[0] as unknown as MouseEvent);
    if (event.touches.length !== 1) return;
    event.preventDefault();
    event.stopPropagation();
    const start = at(event);
    const from = this.centre!;
    const move = (e: TouchEvent): void => this.moveTo(from, start, at(e));
    document.addEventListener("touchmove", move);
    document.addEventListener("touchend", () => document.removeEventListener("touchmove", move), { once: true });
  }

  private moveTo(from: L.LatLng, start: L.LatLng, now: L.LatLng): void {
    this.centre = L.latLng(from.lat + now.lat - start.lat, from.lng + now.lng - start.lng);
    this.draw();
  }

  /** Shift and arrows move the frame, comma and full stop turn it; the arrows alone move the map as ever. */
  private key(event: KeyboardEvent): void {
    if (!this.active || event.target !== this.map.getContainer()) return;
    const step: Record<string, [number, number]> = { ArrowLeft: [-20, 0], ArrowRight: [20, 0], ArrowUp: [0, -20], ArrowDown: [0, 20] };
    const by = step[event.key];
    if (by && event.shiftKey) this.centre = this.map.containerPointToLatLng(this.map.latLngToContainerPoint(this.centre!).add(by));
    else if (event.key === "," || event.key === ".") this.set("turned", String(this.turned + (event.key === "." ? 5 : -5)));
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.draw();
  }

  private async print(): Promise<void> {
    const layers = this.shown.layers();
    const [base, withProjects] = ["base", "projects"].map((name) => (this.form.elements.namedItem(name) as HTMLInputElement).checked);
    const projects = withProjects ? this.shown.projects() : null;
    if (!layers.length && !base && !projects) return void (this.status.textContent = t("print.noLayers"));
    const button = need<HTMLButtonElement>("#print-make");
    button.disabled = true;
    this.status.replaceChildren(h("span", { class: "busy" }, t("print.busy")));
    try {
      const token = document.querySelector<HTMLInputElement>('#print-form input[name="csrfmiddlewaretoken"]')?.value ?? "";
      const answer = await fetch("/api/v1/print/", {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        body: JSON.stringify({
          lon: this.centre!.lng, lat: this.centre!.lat, scale: Number(this.value("scale")), turned: this.turned,
          paper: this.value("paper"), landscape: this.value("side") === "landscape", title: this.value("title"), approval: this.value("approval"),
          base, projects,
          layers: layers.map(({ state, version, opacity, style }) => ({ code: state.code, version, opacity, hidden: state.hidden, ...(style ? { look: style } : {}) })),
        }),
      });
      if (!answer.ok) {
        const problem = (await answer.json()) as { title?: string; detail?: string; errors?: { message?: string }[] };
        throw new Problem(answer.status, problem.title ?? "", problem.errors?.[0]?.message ?? problem.detail ?? "", []);
      }
      const url = URL.createObjectURL(await answer.blob());
      const name = `${this.value("title") || t("print.file")}.pdf`;
      const link = h("a", { href: url, download: name }, t("print.download", { name }));
      this.status.replaceChildren(link);
      link.click();
    } catch (error) {
      this.status.replaceChildren(h("span", { role: "alert" }, t("print.failed", { why: (error as Error).message })));
    } finally {
      button.disabled = false;
    }
  }
}
