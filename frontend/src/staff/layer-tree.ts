import type L from "leaflet";
import { h, need } from "../core/dom";
import { t } from "../core/i18n";
import { BASE, tiles, type CatalogueLayer } from "../map/catalogue";
import type { Stage } from "../map/stage";
import { swatch } from "../map/symbols";
import type { VectorTiles } from "../map/vector-tiles";

/** The layers by theme: visibility, opacity, legend with a switch per class. */
export class LayerTree {
  private readonly on = new Map<string, VectorTiles>();
  private readonly opacity = new Map<string, number>();

  constructor(
    private readonly stage: Stage,
    private readonly onChange: () => void,
  ) {}

  get visible(): string[] {
    return [...this.on.keys()];
  }

  /** Draws the tree; `wanted` comes from the address, else what the catalogue shows by default. */
  render(wanted: string[] | null): void {
    const layers = this.stage.catalogue.filter((l) => l.tile_url && !BASE.includes(l.code));
    const themes = new Map<string, CatalogueLayer[]>();
    for (const layer of layers) themes.set(layer.theme || t("theme.other"), [...(themes.get(layer.theme || t("theme.other")) ?? []), layer]);
    const root = need("#layers");
    if (!layers.length) return root.replaceChildren(this.bases(), h("p", { class: "empty" }, t("layers.empty")));
    root.replaceChildren(
      this.bases(),
      ...[...themes].map(([theme, members]) => {
        members.sort((a, b) => a.order - b.order);
        return h("details", { class: "theme", open: true }, h("summary", {}, theme, h("span", { class: "theme-count" }, "")), h("ul", { class: "tree" }, ...members.map((l) => this.item(l, wanted ? wanted.includes(l.code) : l.visible_by_default))));
      }),
    );
    this.counts();
  }

  private bases(): HTMLElement {
    return h("fieldset", { class: "bases" }, h("legend", {}, t("base.title")),
      ...this.stage.bases.map((base, i) => h("label", {}, h("input", { type: "radio", name: "base", checked: i === 0, onchange: () => this.stage.setBase(base.name) }), " ", base.label)));
  }

  private item(layer: CatalogueLayer, visible: boolean): HTMLLIElement {
    const box = h("input", { type: "checkbox", id: `layer-${layer.code}`, checked: visible });
    const slider = h("input", { type: "range", class: "form-range", min: 10, max: 100, step: 5, value: 70, "aria-label": t("layers.opacity", { name: layer.name }) });
    slider.addEventListener("input", () => {
      this.opacity.set(layer.code, Number(slider.value) / 100);
      this.on.get(layer.code)?.setOpacity(Number(slider.value) / 100);
    });
    const hidden = new Set<string>();
    const more = h("details", { class: "legend" },
      h("summary", {}, h("span", { class: "visually-hidden" }, `${layer.name} `), t("layers.legend")),
      slider,
      h("ul", {}, ...layer.legend.map((style) => {
        const check = h("input", { type: "checkbox", checked: true });
        check.addEventListener("change", () => {
          if (check.checked) hidden.delete(style.class);
          else hidden.add(style.class);
          this.on.get(layer.code)?.toggleClass(style.class, check.checked);
        });
        return h("li", {}, h("label", {}, check, swatch(style), h("span", {}, style.label || style.class)));
      })),
      h("p", { class: "row-note" }, t("layers.details", { authority: layer.authority, version: layer.version, date: layer.source_date ?? "" }), layer.min_zoom > this.stage.map.getMinZoom() ? h("span", {}, ` · ${t("layers.minZoom", { zoom: layer.min_zoom })}`) : ""));
    const item = h("li", {}, h("label", { class: "tree-label" }, box, layer.legend[0] ? swatch(layer.legend[0]) : null, h("span", {}, layer.name)), more);
    const apply = (): void => {
      if (box.checked && !this.on.has(layer.code)) {
        const made = tiles(layer, 500 - layer.order, { pane: "tilePane", opacity: this.opacity.get(layer.code) ?? 0.7 });
        hidden.forEach((code) => made.toggleClass(code, false));
        made.on("failed", () => (need("#map-status").textContent = t("map.tilesFailed", { layer: layer.name })));
        made.addTo(this.stage.map as L.Map);
        this.on.set(layer.code, made);
      } else if (!box.checked) {
        this.on.get(layer.code)?.remove();
        this.on.delete(layer.code);
      }
      this.counts();
    };
    box.addEventListener("change", () => (apply(), this.onChange()));
    if (visible) apply();
    return item;
  }

  private counts(): void {
    document.querySelectorAll<HTMLElement>("#layers .theme").forEach((theme) => {
      const n = theme.querySelectorAll(".tree-label input:checked").length;
      theme.querySelector(".theme-count")!.textContent = n ? t("layers.visible", { n }) : "";
    });
  }
}
