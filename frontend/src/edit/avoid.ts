// Avoidance (避让): loaded when conflicts are first chosen for it.
import L from "leaflet";
import { postJson, Problem } from "../core/api";
import type { Verdict } from "../core/check";
import { h, need } from "../core/dom";
import { hectares, metres, mu, squareMetres } from "../core/format";
import { english, t } from "../core/i18n";
import { PASSIVE } from "../map/stage";
import { problemList } from "./problems";
import { fromDrawing, toDrawing, type Drawn, type State } from "./state";

interface Result {
  drawing: Drawn;
  areas: { area_m2: number };
  verdict: Verdict;
  conflicts: string[];
  not_checked: string[];
}

interface CutAway extends Result {
  lost: { area_m2: number };
  parts_m2: number[];
  parts: number;
  dropped_m2: number[];
  dropped: number;
  still: string[];
}

interface Shift extends Result {
  north_m: number;
  east_m: number;
  distance_m: number;
}

export interface AvoidQuestion {
  state: State;
  rules: string[];
  facts: Record<string, string>;
  project: number;
  /** Version numbers of the layers that the check read. */
  versions: Record<string, number>;
}

/** Shows what avoiding the chosen conflicts would cost, and takes it as one step when told to. */
export class Avoidance {
  private readonly box = need("#avoid-result");
  private readonly preview: L.GeoJSON;
  private turn = 0;

  constructor(
    map: L.Map,
    private readonly nameOf: (rule: string) => string,
    private readonly on: { apply(state: State, from: State): boolean; showPlace(place: [number, number]): void },
  ) {
    this.preview = L.geoJSON(undefined, { style: { color: "#0a6b2d", weight: 3, dashArray: "7 4", fillColor: "#2fa35d", fillOpacity: 0.18 }, interactive: false, ...PASSIVE } as L.GeoJSONOptions).addTo(map);
  }

  clear(): void {
    this.turn++;
    this.preview.clearLayers();
    this.box.replaceChildren();
  }

  async cutAway(question: AvoidQuestion, clearance: number): Promise<void> {
    const done = await this.ask<CutAway>("/api/v1/checks/avoid/", question, { clearance_m: clearance });
    if (!done) return;
    const shown = done.parts_m2.slice(0, 8).map((m2) => `${squareMetres(m2)} m²`).join(english ? ", " : "、");
    this.show(question, done, [
      h("p", {}, h("b", {}, t("avoid.lost")), ` ${sizes(done.lost.area_m2)}`),
      h("p", {}, h("b", {}, t("avoid.remains", { n: done.parts })), ` ${sizes(done.areas.area_m2)}`, done.parts > 1 ? h("span", { class: "row-note" }, ` (${shown}${done.parts > 8 ? " …" : ""})`) : ""),
      done.dropped ? h("p", {}, t("avoid.dropped", { n: done.dropped, area: squareMetres(done.dropped_m2.reduce((a, b) => a + b, 0)) })) : "",
      done.still.length ? h("p", { class: "form-error" }, t("avoid.still", { rules: done.still.map(this.nameOf).join("、") })) : h("p", {}, t("avoid.clears")),
    ]);
  }

  async shift(question: AvoidQuestion, bound: number): Promise<void> {
    const answer = await this.ask<{ shift: Shift | null }>("/api/v1/checks/shift/", question, { bound_m: bound });
    if (!answer) return;
    if (!answer.shift) return this.box.replaceChildren(h("div", { class: "alert alert-warning", role: "status" }, t("avoid.noShift", { bound })));
    const { shift } = answer;
    this.show(question, shift, [
      h("p", {}, h("b", {}, t("avoid.shift")), ` ΔX ${signed(shift.north_m)} m, ΔY ${signed(shift.east_m)} m (${metres(shift.distance_m)} m)`),
      h("p", {}, t("avoid.clears")),
    ]);
  }

  private async ask<T>(url: string, { state, ...question }: AvoidQuestion, more: Record<string, number>): Promise<T | null> {
    this.clear();
    const turn = this.turn;
    this.box.replaceChildren(h("p", { class: "busy" }, t("avoid.busy")));
    try {
      const answer = await postJson<T>(url, { geometry: toDrawing(state), ...question, ...more });
      return turn === this.turn ? answer : null;
    } catch (error) {
      if (turn !== this.turn) return null;
      const items = error instanceof Problem ? error.items : [];
      this.box.replaceChildren(h("div", { class: "alert alert-danger", role: "alert" }, items.length ? problemList(items, this.on.showPlace) : error instanceof Problem ? error.message : t("check.network")));
      return null;
    }
  }

  private show(question: AvoidQuestion, result: Result, lines: (HTMLElement | string)[]): void {
    this.preview.clearLayers().addData(result.drawing);
    this.box.replaceChildren(
      h("div", { class: "avoid-result", role: "status" }, ...lines,
        h("p", {}, t("avoid.verdict"), " ", h("span", { class: `verdict verdict-${result.verdict}` }, t(`verdict.${result.verdict}`))),
        result.conflicts.length ? h("p", { class: "row-note" }, t("avoid.others", { rules: result.conflicts.map(this.nameOf).join(english ? ", " : "、") })) : "",
        h("div", { class: "page-actions" },
          h("button", { type: "button", class: "btn btn-sm btn-primary", id: "avoid-apply", onclick: () => this.apply(question.state, result) }, t("avoid.apply")),
          h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", onclick: () => this.clear() }, t("avoid.cancel")))));
  }

  private apply(from: State, result: Result): void {
    const taken = this.on.apply(fromDrawing(result.drawing), from);
    this.clear();
    if (!taken) this.box.replaceChildren(h("div", { class: "alert alert-warning", role: "alert" }, t("tool.overtaken")));
  }
}

const signed = (m: number): string => `${m > 0 ? "+" : ""}${m.toFixed(2)}`;
const sizes = (m2: number): string => `${squareMetres(m2)} m² · ${mu(m2)} ${t("unit.mu")} · ${hectares(m2)} ${t("unit.hectares")}`;
