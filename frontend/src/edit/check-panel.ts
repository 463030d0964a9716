import { Problem } from "../core/api";
import { gravestFirst, reasonText, type CheckDocument, type Finding, type RuleBook } from "../core/check";
import { h, need } from "../core/dom";
import { hectares, metres, mu, percent, squareMetres } from "../core/format";
import { english, t } from "../core/i18n";
import { problemList } from "./problems";

export interface Preview {
  check: CheckDocument;
  layers: Record<string, string>;
  inside_region: boolean | null;
  region_name: string;
  notices: { text: string; place?: [number, number] | null }[];
}

/** The live answer beside the map: verdict, findings, what was not checked, questions; and one sentence for a screen reader. */
export class CheckPanel {
  private readonly body = need("#check-body");
  private readonly live = need("#check-live");
  private readonly verdict = need("#check-verdict");
  private readonly state = need("#check-state");
  private readonly region = need("#check-region");
  private readonly questions = need("#check-questions");
  private spoken = "";
  /** Rules whose conflicts are to be avoided; kept while the boundary changes, as long as they are in conflict. */
  private readonly toAvoid = new Set<string>();

  constructor(
    private readonly book: RuleBook,
    readonly facts: Record<string, string>,
    private readonly ownRegion: string,
    private readonly on: { zoomTo(rule: string): void; factsChanged(): void; again(): void; showPlace(place: [number, number]): void; avoid(rules: string[]): void },
  ) {}

  private rule = (code: string): RuleBook["rules"][number] | undefined => this.book.rules.find((r) => r.code === code);
  readonly ruleName = (code: string): string => this.nameOf({ rule: code });
  private nameOf = (item: { rule: string; name?: string }): string => item.name ?? this.rule(item.rule)?.name ?? item.rule;

  waiting(): void {
    this.toAvoid.clear();
    this.on.avoid([]);
    this.badge("none", "—");
    this.state.replaceChildren();
    this.region.replaceChildren();
    this.body.replaceChildren(h("p", { class: "empty" }, t("check.waiting")));
    this.questions.replaceChildren();
  }

  busy(): void {
    this.state.replaceChildren(h("span", { class: "busy" }, t("check.busy")));
    this.body.classList.add("is-stale");
  }

  failed(error: unknown): void {
    this.body.classList.add("is-stale");
    this.badge("none", "—");
    const again = h("button", { type: "button", class: "btn btn-sm btn-outline-primary", onclick: () => this.on.again() }, t("check.again"));
    if (error instanceof Problem) {
      this.state.replaceChildren(h("div", { class: "alert alert-danger" }, h("p", {}, error.items.length ? t("check.refused") : `${error.title} ${error.detail}`), problemList(error.items, this.on.showPlace), again));
      this.body.replaceChildren();
      this.speak(`${t("check.refused")} ${error.items.map((i) => i.message ?? i.text).join(" ") || error.message}`);
    } else {
      this.state.replaceChildren(h("div", { class: "alert alert-warning" }, h("p", {}, t("check.network")), again));
      this.speak(t("check.network"));
    }
  }

  show(preview: Preview): void {
    const { check } = preview;
    this.body.classList.remove("is-stale");
    this.badge(check.verdict, t(`verdict.${check.verdict}`));
    const notes = preview.notices.filter((n) => n.text);
    this.state.replaceChildren(notes.length ? h("ul", { class: "notes" }, ...notes.map((n) => h("li", {}, n.text, n.place ? h("button", { type: "button", class: "btn-link-plain", onclick: () => this.on.showPlace(n.place!) }, ` ${t("file.show")}`) : null))) : "");
    const region =
      preview.inside_region === false
        ? h("span", { class: "region-out" }, this.ownRegion ? t("check.outsideOf", { region: this.ownRegion }) : t("check.outside"))
        : h("span", { class: "region-in" }, preview.inside_region ? t("check.inside", { region: preview.region_name }) : t("check.regionUnknown"));
    this.region.replaceChildren(region);
    const names = (layer: string): string => preview.layers[layer] ?? layer;
    const avoidable = new Set(check.findings.filter((f) => f.geometry).map((f) => f.rule));
    for (const rule of this.toAvoid) if (!avoidable.has(rule)) this.toAvoid.delete(rule);
    this.on.avoid([...this.toAvoid]);
    this.body.replaceChildren(
      h("h3", {}, t("check.findings", { n: check.findings.length })),
      check.findings.length ? h("ul", { class: "findings" }, ...gravestFirst(check.findings).map((f) => this.finding(f, names(f.layer)))) : h("p", { class: "row-note" }, t("check.noFindings")),
      h("h3", {}, t("check.notChecked", { n: check.not_checked.length })),
      check.not_checked.length
        ? h("ul", { class: "not-checked" }, ...check.not_checked.map((n) => h("li", {}, h("b", {}, this.nameOf(n)), (n.required ?? this.rule(n.rule)?.required) ? h("span", { class: "sev sev-R sev-plain" }, t("check.required")) : "", h("span", {}, reasonText(n.reason)))))
        : h("p", { class: "row-note" }, t("check.notCheckedNone")),
      h("details", { class: "clear-rules" }, h("summary", {}, t("check.clearRules", { n: check.clear.length })), h("ul", {}, ...check.clear.map((code) => h("li", {}, this.nameOf({ rule: code }))))),
    );
    this.ask(check.questions);
    this.speak(t("check.summary", { verdict: t(`verdict.${check.verdict}`), findings: check.findings.length, notChecked: check.not_checked.length, region: region.textContent ?? "" }));
  }

  private finding(f: Finding, layer: string): HTMLLIElement {
    const name = this.nameOf(f);
    return h("li", { class: `finding finding-${f.severity}` },
      h("div", { class: "finding-head" },
        f.geometry ? this.avoidBox(f.rule, name) : "",
        h("span", { class: `sev sev-${f.severity}` }, t(`severity.${f.severity}`)),
        f.outcome === "suspect" ? h("span", { class: "sev sev-suspect" }, t("outcome.suspect")) : "",
        f.geometry ? h("button", { type: "button", class: "btn-link-plain", "aria-label": t("check.zoomTo", { name }), onclick: () => this.on.zoomTo(f.rule) }, name) : h("b", {}, name)),
      h("div", { class: "finding-size" },
        f.area_m2 > 0 ? h("span", {}, h("b", {}, `${squareMetres(f.area_m2)} m²`), english ? ` (${hectares(f.area_m2)} ha) · ${percent(f.share)}` : ` (${mu(f.area_m2)} 亩) · ${percent(f.share)}`) : "",
        f.length_m > 0 && f.area_m2 === 0 ? h("span", {}, ` · ${t("check.length")} ${metres(f.length_m)} m`) : "",
        f.count > 1 ? h("span", {}, ` · ${t("check.pieces", { n: f.count })}`) : ""),
      h("details", {}, h("summary", {}, `${layer} · ${t("check.basis")}`),
        h("p", { class: "row-note" }, f.basis || this.rule(f.rule)?.basis || ""),
        f.authority ? h("p", { class: "row-note" }, t("check.authority", { name: f.authority })) : "",
        (f.advice ?? this.rule(f.rule)?.advice) ? h("p", { class: "row-note" }, f.advice ?? this.rule(f.rule)!.advice) : "",
        f.classes.length ? h("ul", { class: "classes" }, ...f.classes.map((c) => h("li", {}, `${c.name} ${c.code} ${squareMetres(c.area_m2)} m²`))) : ""));
  }

  private avoidBox(rule: string, name: string): HTMLInputElement {
    const box = h("input", { type: "checkbox", class: "avoid-box", checked: this.toAvoid.has(rule), "data-avoid": rule, "aria-label": t("avoid.choose", { name }) });
    box.addEventListener("change", () => {
      if (box.checked) this.toAvoid.add(rule);
      else this.toAvoid.delete(rule);
      this.on.avoid([...this.toAvoid]);
    });
    return box;
  }

  /** Questions stay where they are while they are being answered: a control that has the focus is not rebuilt. */
  private ask(open: string[]): void {
    const wanted = this.book.facts.filter((f) => open.includes(f.name) || (this.facts[f.name] ?? "") !== "");
    const key = wanted.map((f) => f.name).join(",");
    if (this.questions.dataset["key"] === key) return;
    this.questions.dataset["key"] = key;
    const focused = (document.activeElement as HTMLElement | null)?.id;
    this.questions.replaceChildren(
      ...(wanted.length
        ? [h("details", { open: true }, h("summary", {}, h("h3", {}, t("check.questions", { n: wanted.length }))), h("p", { class: "row-note" }, t("check.questionsWhy")),
            ...wanted.map((fact) => {
              const id = `fact-${fact.name}`;
              const select = h("select", { id, class: "form-select form-select-sm" }, h("option", { value: "" }, t("check.unanswered")), ...fact.choices.map((c) => h("option", { value: c.value, selected: this.facts[fact.name] === c.value }, c.label)));
              select.addEventListener("change", () => {
                this.facts[fact.name] = select.value;
                this.on.factsChanged();
              });
              return h("div", { class: "question" }, h("label", { for: id }, fact.question), select);
            }))]
        : []),
    );
    if (focused?.startsWith("fact-")) document.getElementById(focused)?.focus();
  }

  /** The verdict stands at the head of the panel and, on a phone, on the tab that opens it. */
  private badge(verdict: string, word: string): void {
    for (const element of [this.verdict, need("#tab-verdict")]) {
      element.className = `verdict verdict-${verdict}`;
      element.textContent = word;
    }
  }

  private speak(text: string): void {
    if (text === this.spoken) return;
    this.spoken = text;
    this.live.textContent = text;
  }
}
