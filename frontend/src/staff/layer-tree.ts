import { h, icon, need } from "../core/dom";
import { t, term, type Key } from "../core/i18n";
import type { CatalogueLayer } from "../map/catalogue";
import type { Stage } from "../map/stage";
import { swatch, type ClassStyle } from "../map/symbols";
import { VectorStack } from "../map/vector-stack";
import type { LayerState } from "./permalink";
import { choosable, shownAs, shownOf, stacked, stateOf, type Shown } from "./shown-layers";

const UP = "M6 15l6-6 6 6";
const DOWN = "M6 9l6 6 6-6";
const AWAY = "M6 6l12 12M18 6L6 18";

/** All layers by theme, and above them those that are shown, in the order in which they lie on the map. */
export class LayerTree {
  readonly stack = new VectorStack({ zIndex: 200, className: "tiles-layers" });
  private shown: Shown[] = [];
  private opened = new Set<string>();
  private readonly root = need("#layers");
  private readonly list = h("ol", { class: "shown-layers" });
  private readonly tree = h("div", { class: "themes" });
  private readonly asOf = h("div", { id: "as-of" });

  constructor(
    private readonly stage: Stage,
    private readonly onChange: () => void,
  ) {
    this.stack.on("failed", (event) => this.say(t("map.tilesFailed", { layer: this.nameOf((event as unknown as { code: string }).code) })));
    this.stack.on("notmade", (event) => this.waiting((event as unknown as { codes: string[] }).codes));
    this.stack.on("made", () => this.waiting([]));
    stage.map.on("zoomend", () => this.ranges());
  }

  /** What is shown, for questions about it: code, with the version where it isn't the one in force. */
  get asked(): string[] {
    return this.shown.map(({ layer }) => (layer.in_force ? layer.code : `${layer.code}:${layer.version}`));
  }

  get visible(): CatalogueLayer[] {
    return this.shown.map((s) => s.layer);
  }

  /** For the address: what differs from the catalogue. The uppermost first. */
  get state(): LayerState[] {
    return this.shown.map(stateOf);
  }

  /** For printing: all that is shown, the uppermost first. */
  get printed(): { state: LayerState; version: number; opacity: number; style: string }[] {
    const states = this.state;
    return this.shown.map(({ layer, opacity, style }, i) => ({ state: states[i]!, version: layer.version, opacity, style }));
  }

  /** Where the choice of a day goes. */
  get slot(): HTMLElement {
    return this.asOf;
  }

  /** Draws the tree; `wanted` comes from the address (the uppermost first), else what the catalogue shows by default. */
  render(wanted: (LayerState | string)[] | null): void {
    const layers = choosable(this.stage.catalogue);
    this.shown = shownOf(layers, wanted);
    const themes = new Map<string, CatalogueLayer[]>();
    for (const layer of layers) themes.set(layer.theme || t("theme.other"), [...(themes.get(layer.theme || t("theme.other")) ?? []), layer]);
    this.tree.replaceChildren(
      ...[...themes].map(([theme, members]) => h("details", { class: "theme", open: true },
        h("summary", {}, theme, h("span", { class: "theme-count" })),
        h("ul", { class: "tree" }, ...members.sort((a, b) => b.order - a.order).map((l) => this.branch(l))))),
    );
    this.root.replaceChildren(
      this.bases(), this.asOf,
      layers.length ? h("section", { class: "shown", "aria-labelledby": "shown-title" }, h("h3", { id: "shown-title" }, t("layers.shown")), this.list) : "",
      layers.length ? h("h3", {}, t("layers.all")) : h("p", { class: "empty" }, t("layers.empty")),
      this.tree,
    );
    this.update();
  }

  /** The same layers in other versions (another day): what is shown stays shown where it still exists. */
  reload(): void {
    this.render(this.state);
  }

  private nameOf = (code: string): string => this.stage.catalogue.find((l) => l.code === code)?.name ?? code;

  private say = (text: string): void => void (need("#map-status").textContent = text);

  private waiting(codes: string[]): void {
    const notice = document.getElementById("map-notice");
    if (!notice) return;
    notice.hidden = !codes.length;
    if (codes.length)
      notice.replaceChildren(t("map.notMade", { layers: codes.map(this.nameOf).join("\u3001") }), " ",
        h("button", { type: "button", class: "btn-link-plain", onclick: () => this.stack.again() }, t("map.retry")));
  }

  private bases(): HTMLElement {
    return h("fieldset", { class: "bases" }, h("legend", {}, t("base.title")),
      ...this.stage.bases.map((base) => h("label", {}, h("input", { type: "radio", name: "base", checked: base.name === this.stage.base(), onchange: () => (this.stage.setBase(base.name), this.onChange()) }), " ", base.label)));
  }

  private branch(layer: CatalogueLayer): HTMLLIElement {
    const box = h("input", { type: "checkbox", id: `layer-${layer.code}` });
    box.addEventListener("change", () => (box.checked ? this.add(layer) : this.remove(layer.code)));
    return h("li", { "data-code": layer.code },
      h("label", { class: "tree-label" }, box, layer.kind === "raster" ? h("span", { class: "swatch swatch-raster", "aria-hidden": "true" }) : layer.legend[0] ? swatch(layer.legend[0]) : null, h("span", {}, layer.name)),
      h("p", { class: "row-note range-note" }));
  }

  private add(layer: CatalogueLayer): void {
    // It comes to lie where the catalogue has it among the others.
    const at = this.shown.findIndex((s) => s.layer.order <= layer.order);
    this.shown.splice(at < 0 ? this.shown.length : at, 0, shownAs(layer, null));
    this.changed();
  }

  private remove(code: string): void {
    this.shown = this.shown.filter((s) => s.layer.code !== code);
    this.changed();
  }

  private move(shown: Shown, by: number): void {
    const from = this.shown.indexOf(shown);
    const to = from + by;
    if (to < 0 || to >= this.shown.length) return;
    this.shown.splice(from, 1);
    this.shown.splice(to, 0, shown);
    this.changed();
    this.say(t("layers.moved", { name: shown.layer.name, n: to + 1 }));
    const buttons = this.list.querySelectorAll<HTMLButtonElement>(`[data-code="${shown.layer.code}"] .move`);
    // The button that was pressed keeps the focus; at the end of the list the other one takes it.
    const pressed = buttons[by < 0 ? 0 : 1];
    (pressed?.disabled ? buttons[by < 0 ? 1 : 0] : pressed)?.focus();
  }

  private changed(): void {
    this.update();
    this.onChange();
  }

  private update(): void {
    this.list.replaceChildren(...(this.shown.length ? this.shown.map((s, i) => this.item(s, i)) : [h("li", { class: "row-note" }, t("layers.none"))]));
    const on = new Set(this.shown.map((s) => s.layer.code));
    this.tree.querySelectorAll<HTMLLIElement>("li[data-code]").forEach((item) => (item.querySelector("input")!.checked = on.has(item.dataset["code"]!)));
    this.tree.querySelectorAll<HTMLElement>(".theme").forEach((theme) => {
      const n = theme.querySelectorAll("input:checked").length;
      theme.querySelector(".theme-count")!.textContent = n ? t("layers.visible", { n }) : "";
    });
    this.ranges();
    this.draw();
  }

  private draw(): void {
    this.stack.setLayers(stacked(this.shown));
    if (!this.stage.map.hasLayer(this.stack)) this.stack.addTo(this.stage.map);
  }

  /** What this scale doesn't show is greyed out, with the zoom that does. */
  private ranges(): void {
    const zoom = this.stage.map.getZoom();
    this.root.querySelectorAll<HTMLLIElement>("li[data-code]").forEach((item) => {
      const layer = this.stage.catalogue.find((l) => l.code === item.dataset["code"]);
      const note = item.querySelector<HTMLElement>(".range-note");
      if (!layer || !note) return;
      const said = zoom < layer.min_zoom ? t("layers.minZoom", { zoom: layer.min_zoom }) : zoom > layer.max_zoom ? t("layers.maxZoom", { zoom: layer.max_zoom }) : "";
      item.classList.toggle("is-out", !!said);
      note.textContent = said;
      note.hidden = !said;
    });
  }

  private item(s: Shown, at: number): HTMLLIElement {
    const { layer } = s;
    const { name, code } = layer;
    const button = (path: string, label: string, press: () => void, disabled = false): HTMLButtonElement =>
      h("button", { type: "button", class: path === AWAY ? "tiny" : "tiny move", title: label, "aria-label": `${label} ${name}`, disabled, onclick: press }, icon(path));
    const more = h("details", { class: "legend", open: this.opened.has(code) },
      h("summary", {}, h("span", { class: "shown-name" }, name), layer.in_force ? null : h("span", { class: "version-mark" }, t("layers.version", { n: layer.version }))),
      this.slider(s), this.looks(s), this.classes(s),
      h("p", { class: "row-note" }, t("layers.details", { authority: layer.authority, version: layer.version, date: layer.source_date ?? "" }), " ",
        h("a", { href: `/layers/${code}/` }, t("layers.page"))));
    more.addEventListener("toggle", () => (more.open ? this.opened.add(code) : this.opened.delete(code)));
    return h("li", { "data-code": code },
      more,
      h("span", { class: "shown-tools" },
        button(UP, t("layers.up"), () => this.move(s, -1), at === 0),
        button(DOWN, t("layers.down"), () => this.move(s, 1), at === this.shown.length - 1),
        button(AWAY, t("layers.off"), () => this.remove(code))),
      h("p", { class: "row-note range-note" }));
  }

  private slider(s: Shown): HTMLElement {
    const percent = h("output", {}, `${Math.round(s.opacity * 100)}%`);
    const slider = h("input", { type: "range", class: "form-range", min: 10, max: 100, step: 5, value: Math.round(s.opacity * 100), "aria-label": t("layers.opacity", { name: s.layer.name }) });
    slider.addEventListener("input", () => {
      s.opacity = Number(slider.value) / 100;
      percent.textContent = `${slider.value}%`;
      this.draw();
      this.onChange();
    });
    return h("div", { class: "opacity" }, h("span", { "aria-hidden": "true" }, t("layers.opacityShort")), slider, percent);
  }

  private looks(s: Shown): HTMLElement | null {
    if (s.layer.raster_styles.length < 2) return null;
    const select = h("select", { class: "form-select form-select-sm", "aria-label": t("layers.look", { name: s.layer.name }) },
      ...s.layer.raster_styles.map((style) => h("option", { value: style, selected: style === s.style }, term("look", style))));
    select.addEventListener("change", () => {
      s.style = select.value;
      this.draw();
      this.onChange();
    });
    return select;
  }

  private classes(s: Shown): HTMLElement | null {
    if (s.layer.kind === "raster") return null;
    const boxes: HTMLInputElement[] = [];
    const toggle = (style: ClassStyle, on: boolean): void => void (on ? s.hidden.delete(style.class) : s.hidden.add(style.class));
    const apply = (): void => {
      this.draw();
      this.onChange();
    };
    const rows = s.layer.legend.map((style) => {
      const box = h("input", { type: "checkbox", checked: !s.hidden.has(style.class), value: style.class });
      boxes.push(box);
      box.addEventListener("change", () => (toggle(style, box.checked), apply()));
      return h("li", {}, h("label", {}, box, swatch(style), h("span", {}, style.class && style.label !== style.class ? h("span", { class: "class-code" }, style.class) : null, style.label || style.class)));
    });
    const all = (on: boolean): void => {
      s.layer.legend.forEach((style, i) => (toggle(style, on), (boxes[i]!.checked = on)));
      apply();
    };
    const both: [Key, boolean][] = [["layers.allClasses", true], ["layers.noClasses", false]];
    return h("div", {},
      rows.length > 3 ? h("p", { class: "class-tools" }, ...both.map(([key, on]) => h("button", { type: "button", class: "btn-link-plain", onclick: () => all(on) }, t(key)))) : null,
      h("ul", {}, ...rows));
  }
}
