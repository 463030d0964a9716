import L from "leaflet";
import { Divider } from "../compare/divider";
import { h, need } from "../core/dom";
import { t, type Key } from "../core/i18n";
import { Together } from "../map/together";
import { Beside } from "./beside";
import { sideOf, type Compare, type Permalink } from "./permalink";
import type { Choices } from "./project-data";

export type Side = "left" | "right";
const other = (side: Side): Side => (side === "left" ? "right" : "left");

interface Around {
  choices: Choices;
  /** What the map that is set shows. */
  state(): Permalink;
  /** Makes it show another state. */
  apply(state: Permalink): Promise<void>;
  /** The filters, which both sides share. */
  query(): URLSearchParams;
  changed(): void;
}

/**
 * Two sides of the one map, beside each other or one over the other. The page's own map, with its panels, is always the
 * side that is being set; the other one shows its state as it is. To set that one, the two change places.
 */
export class Panes {
  mode: Compare["mode"] | null = null;
  active: Side = "left";
  /** Whether clicks on the other side are no wish to set it. */
  locked: () => boolean = () => false;
  private beside: Beside | null = null;
  private readonly together = new Together();
  private readonly divider: Divider;
  private readonly names: Record<Side, HTMLElement> = { left: h("p", { class: "side-name side-name-left" }), right: h("p", { class: "side-name side-name-right" }) };
  private readonly stage = need(".map-stage");
  private readonly main: HTMLElement;
  private readonly bar = need("#compare-bar");

  constructor(
    private readonly map: L.Map,
    private readonly around: Around,
  ) {
    this.main = map.getContainer();
    this.divider = new Divider(() => this.stage, () => (this.clip(), this.around.changed()));
    this.bar.querySelectorAll<HTMLButtonElement>("[data-compare]").forEach((button) =>
      button.addEventListener("click", () => void this.start(button.dataset["compare"] as Compare["mode"])));
    this.bar.querySelectorAll<HTMLButtonElement>("[data-side]").forEach((button) => button.addEventListener("click", () => void this.set(button.dataset["side"] as Side)));
    need("#compare-end").addEventListener("click", () => this.end());
    // A phone's map has no room for it; its head stays.
    if (matchMedia("(max-width: 760px)").matches) need<HTMLDetailsElement>("#beside-legend").open = false;
    need('[data-panel-tool="compare"]').addEventListener("click", () => (this.mode ? this.end() : void this.start(matchMedia("(max-width: 760px)").matches ? "swipe" : "panes")));
  }

  /** The maps that are shown. */
  get maps(): L.Map[] {
    return this.mode && this.beside ? [this.map, this.beside.map] : [this.map];
  }

  /** Compares: the other side begins as the one that is there, or as an address has it. */
  async start(mode: Compare["mode"], right: Permalink | null = null, share?: number): Promise<void> {
    const begun = this.mode !== null;
    this.mode = mode;
    const view = this.map.getCenter();
    if (!this.beside) {
      this.beside = await Beside.make(this.main, { lat: view.lat, lon: view.lng, zoom: this.map.getZoom() }, { choices: this.around.choices, clicked: (at) => void this.clicked(at) });
      this.together.add(this.map);
      this.together.add(this.beside.map);
    }
    if (!begun || right) this.beside.state = right ?? sideOf(this.around.state());
    if (right) this.active = "left";
    this.layout();
    if (share !== undefined) this.divider.move(share);
    this.together.quietly(() => this.beside!.map.setView(this.map.getCenter(), this.map.getZoom(), { animate: false }));
    if (!begun || right) await this.beside.show(this.beside.state, this.around.query());
    this.say();
    this.around.changed();
  }

  /** What is being set stays. */
  end(): void {
    if (!this.mode) return;
    this.mode = null;
    this.active = "left";
    this.layout();
    this.around.changed();
  }

  /** Lets the panels set the other side: the two maps change places. */
  async set(side: Side): Promise<void> {
    if (!this.mode || !this.beside || side === this.active) return;
    const [mine, its] = [sideOf(this.around.state()), this.beside.state];
    this.active = side;
    this.layout();
    this.stage.setAttribute("aria-busy", "true");
    try {
      await Promise.all([this.around.apply(its), this.beside.show(mine, this.around.query())]);
    } catch {
      need("#map-status").textContent = t("map.failed", { what: t("layers.legend") });
      return;
    } finally {
      this.stage.removeAttribute("aria-busy");
      this.say();
    }
    need("#map-status").textContent = t("sides.setting", { side: t(`sides.${side}`) });
    this.around.changed();
  }

  /** The filters are others: the other side shows what they leave. */
  async reload(): Promise<void> {
    if (this.mode && this.beside) await this.beside.show(this.beside.state, this.around.query());
  }

  /** The whole address: what is set, and the other side in its place. */
  said(state: Permalink): Permalink {
    if (!this.mode || !this.beside) return state;
    const compare = { mode: this.mode, share: this.divider.share };
    if (this.active === "left") return { ...state, compare, right: this.beside.state };
    const { more, ...left } = this.beside.state;
    const whole = Object.fromEntries(Object.entries(state.more ?? {}).filter(([name]) => name === "pick" || name === "within"));
    return { ...state, layers: left.layers, kinds: left.kinds, asOf: left.asOf, base: left.base, more: { ...more, ...whole }, compare, right: sideOf(state) };
  }

  /** Both names, and on every panel which side it is about. */
  say(): void {
    const both: Side[] = ["left", "right"];
    for (const side of both) {
      const state = side === this.active ? this.around.state() : (this.beside?.state ?? null);
      const days = state ? [state.more?.["when"] ? t("sides.projectsOf", { day: state.more["when"] }) : "", state.asOf ? t("sides.layersOf", { day: state.asOf }) : ""].filter(Boolean) : [];
      this.names[side].textContent = [t(`sides.${side}`), days.length ? days.join(" ") : t("sides.today")].join(" · ");
    }
    const mark = this.mode ? t(`sides.${this.active}`) : "";
    document.querySelectorAll<HTMLElement>("[data-side-mark]").forEach((one) => (one.textContent = mark && ` · ${mark}`));
    need("#beside-side").textContent = t(`sides.legend.${other(this.active)}` as Key);
    this.main.setAttribute("aria-label", mark ? `${mark} ${t("map.name")}` : t("map.name"));
    this.beside?.element.setAttribute("aria-label", `${t(`sides.${other(this.active)}`)} ${t("map.name")}`);
  }

  private async clicked(at: L.LatLng): Promise<void> {
    if (this.locked()) return;
    await this.set(other(this.active));
    this.map.fire("click", { latlng: at, containerPoint: this.map.latLngToContainerPoint(at), layerPoint: this.map.latLngToLayerPoint(at) });
  }

  private layout(): void {
    const { mode, stage } = this;
    this.together.on = mode !== null;
    if (mode) [stage.dataset["compare"], stage.dataset["active"]] = [mode, this.active];
    else delete stage.dataset["compare"], delete stage.dataset["active"];
    this.bar.hidden = need("#beside-legend").hidden = !mode;
    if (this.beside) this.beside.element.hidden = !mode;
    if (mode) stage.append(this.names.left, this.names.right);
    else this.names.left.remove(), this.names.right.remove();
    if (mode === "swipe") stage.append(this.divider.element);
    else this.divider.element.remove();
    document.querySelector('[data-panel-tool="compare"]')?.setAttribute("aria-pressed", String(mode !== null));
    this.bar.querySelectorAll<HTMLButtonElement>("[data-compare]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset["compare"] === mode)));
    this.bar.querySelectorAll<HTMLButtonElement>("[data-side]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset["side"] === this.active)));
    this.clip();
    this.say();
    for (const map of this.maps) map.invalidateSize({ animate: false });
  }

  /** One over the other: each shows its side of the divider, and takes the clicks there. */
  private clip(): void {
    const share = this.mode === "swipe" ? this.divider.share : 50;
    this.stage.style.setProperty("--share", `${share}%`);
    const parts: Record<Side, string> = { left: `inset(0 ${100 - share}% 0 0)`, right: `inset(0 0 0 ${share}%)` };
    this.main.style.clipPath = this.mode === "swipe" ? parts[this.active] : "";
    if (this.beside) this.beside.element.style.clipPath = this.mode === "swipe" ? parts[other(this.active)] : "";
  }
}
