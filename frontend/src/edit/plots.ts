import { count, hectares, mu, squareMetres } from "../core/format";
import { area } from "../core/geodesy";
import { h, icon, need } from "../core/dom";
import { english, t } from "../core/i18n";
import type { Plot, State } from "./state";

export interface Use {
  value: string;
  label: string;
}

const MOST = 200;
const ZOOM = "M9 3H3v6M15 3h6v6M21 15v6h-6M9 21H3v-6";
const BIN = "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13";

/** The plots beside the map: chosen for the tools, numbered, named, given a use, looked at, taken away. */
export class PlotList {
  readonly chosen = new Set<number>();
  private readonly box = need("#plots");
  private state: State = { plots: [], plane: 4490 };

  constructor(
    private readonly uses: Use[],
    private readonly on: { change(index: number, change: Partial<Plot>): void; remove(index: number): void; zoom(index: number): void; choose(chosen: Set<number>): void },
  ) {}

  choose(indexes: Iterable<number>): void {
    this.chosen.clear();
    for (const index of indexes) if (index < this.state.plots.length) this.chosen.add(index);
    this.show(this.state);
  }

  show(state: State): void {
    this.state = state;
    for (const index of [...this.chosen]) if (index >= state.plots.length) this.chosen.delete(index);
    const focused = this.box.contains(document.activeElement) ? document.activeElement!.id : "";
    const { plots } = state;
    this.box.hidden = !plots.length;
    this.box.replaceChildren(
      h("div", { class: "plots-head" }, h("h3", { id: "plots-title" }, t("plots.title", { n: plots.length })), this.chosenNote()),
      h("ol", { class: "plots", "aria-labelledby": "plots-title" }, ...plots.slice(0, MOST).map((plot, index) => this.row(plot, index))),
      plots.length > MOST ? h("p", { class: "row-note" }, t("plots.more", { n: count(plots.length - MOST) })) : "",
    );
    if (focused) document.getElementById(focused)?.focus();
    this.on.choose(this.chosen);
  }

  private chosenNote(): HTMLElement {
    return h("span", { class: "row-note", id: "plots-chosen" }, this.chosen.size ? t("plots.chosen", { n: this.chosen.size }) : t("plots.allMeant"));
  }

  private row(plot: Plot, index: number): HTMLLIElement {
    const name = plot.name || plot.number || String(index + 1);
    const field = (key: "number" | "name", label: string, most: number): HTMLInputElement => {
      const input = h("input", { id: `plot-${index}-${key}`, class: `form-control form-control-sm plot-${key}`, value: plot[key], maxlength: most, "aria-label": `${label} ${index + 1}`, placeholder: label, autocomplete: "off" });
      input.addEventListener("change", () => input.value.trim() !== plot[key] && this.on.change(index, { [key]: input.value.trim() }));
      return input;
    };
    const use = h("select", { id: `plot-${index}-use`, class: "form-select form-select-sm plot-use", "aria-label": `${t("plots.use")} ${index + 1}` },
      h("option", { value: "" }, t("plots.noUse")),
      // A use more exact than the list, or none of it, stays as the file says it.
      ...(plot.use && !this.uses.some((one) => one.value === plot.use) ? [h("option", { value: plot.use, selected: true }, plot.use)] : []),
      ...this.uses.map((one) => h("option", { value: one.value, selected: one.value === plot.use }, one.label)));
    use.addEventListener("change", () => this.on.change(index, { use: use.value }));
    const chosen = h("input", { type: "checkbox", id: `plot-${index}-chosen`, checked: this.chosen.has(index), "aria-label": t("plots.choose", { name }) });
    chosen.addEventListener("change", () => {
      if (chosen.checked) this.chosen.add(index);
      else this.chosen.delete(index);
      need("#plots-chosen").replaceWith(this.chosenNote());
      chosen.closest("li")!.classList.toggle("is-chosen", chosen.checked);
      this.on.choose(this.chosen);
    });
    const m2 = area(plot.parts);
    return h("li", { class: this.chosen.has(index) ? "plot is-chosen" : "plot" },
      chosen, field("number", t("plots.number"), 60), field("name", t("plots.name"), 200),
      h("button", { type: "button", class: "tiny", id: `plot-${index}-zoom`, title: t("plots.zoom"), "aria-label": `${t("plots.zoom")} ${name}`, onclick: () => this.on.zoom(index) }, icon(ZOOM)),
      h("button", { type: "button", class: "tiny", id: `plot-${index}-remove`, title: t("plots.remove"), "aria-label": `${t("plots.remove")} ${name}`, onclick: () => this.on.remove(index) }, icon(BIN)),
      use, h("span", { class: "plot-area" }, `${squareMetres(m2)} m²`, h("small", {}, english ? ` ${hectares(m2)} ha` : ` ${mu(m2)} 亩`), plot.line ? h("small", {}, ` ${t("plots.line", { w: plot.line.width_m })}`) : ""));
  }
}
