import { embedded, h, need } from "../core/dom";
import { t, type Key } from "../core/i18n";
import { wanToYuan, YUAN_PER_WAN } from "../core/money";
import type { Choices } from "./project-data";

/** Those that the page has a field for; the others came from the list page and stay in the address. */
const FIELDS = ["region", "industry", "level", "stage", "library", "year_from", "year_to", "planned_from", "planned_to"] as const;

/** The list page's filters beside the map, in the address: `?region=150207&stage=construction`. */
export class Filters {
  private readonly form = need<HTMLFormElement>("#project-filters");
  private readonly params: URLSearchParams;
  /** Those that the address came with: from then on they are switches, and stand behind the #. */
  readonly kinds: string[];
  /** Which kinds the list page is to show; none for all four. */
  shownKinds: () => string[] = () => this.kinds;

  constructor(
    private readonly regions: Record<string, string>,
    private readonly choices: Choices,
    private readonly onChange: () => void,
  ) {
    this.params = filtersIn(new URLSearchParams(location.search));
    this.kinds = this.params.getAll("kind");
    this.params.delete("kind");
    this.build();
    this.say();
  }

  /** What narrows map and list, but for the kinds, which are switches. */
  get query(): URLSearchParams {
    return new URLSearchParams(this.params);
  }

  /** Narrows to one region, as a click on the map does. */
  setRegion(code: string): void {
    need<HTMLSelectElement>('[name="region"]', this.form).value = code;
    this.take();
  }

  /** Takes over the filters of an address in the place of all there are, and asks nobody. */
  set(query: URLSearchParams): void {
    for (const name of [...this.params.keys()]) this.params.delete(name);
    for (const [name, value] of filtersIn(query)) if (name !== "kind") this.params.append(name, value);
    for (const name of FIELDS) need<HTMLInputElement | HTMLSelectElement>(`[name="${name}"]`, this.form).value = shown(this.params.get(name), name.startsWith("planned") ? YUAN_PER_WAN : 1);
    this.address();
    this.say();
  }

  private build(): void {
    const select = (name: string, label: Key, options: [string, string][]): HTMLElement =>
      h("div", {}, h("label", { for: `filter-${name}` }, t(label)),
        h("select", { class: "form-select form-select-sm", id: `filter-${name}`, name }, h("option", { value: "" }, t("filter.any")),
          ...options.map(([value, text]) => h("option", { value, ...(this.params.get(name) === value ? { selected: true } : {}) }, text))));
    const pair = (label: Key, names: [string, string], attributes: Record<string, string>, per: number): HTMLElement =>
      h("fieldset", { class: "filter-pair" }, h("legend", {}, t(label)), ...names.map((name, i) =>
        h("input", { class: "form-control form-control-sm", type: "number", name, "aria-label": `${t(label)} ${t(i ? "filter.to" : "filter.from")}`, placeholder: t(i ? "filter.to" : "filter.from"), value: shown(this.params.get(name), per), ...attributes })));
    this.form.replaceChildren(
      select("region", "filter.region", Object.entries(this.regions)),
      select("industry", "filter.industry", this.choices.industry),
      select("level", "filter.level", this.choices.level),
      select("stage", "filter.stage", this.choices.stage),
      select("library", "filter.library", this.choices.library),
      pair("filter.year", ["year_from", "year_to"], { min: "1990", max: "2100", step: "1" }, 1),
      pair("filter.amount", ["planned_from", "planned_to"], { min: "0", step: "any" }, YUAN_PER_WAN),
    );
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("change", () => this.take());
    need<HTMLButtonElement>("#filters-clear").addEventListener("click", () => {
      for (const name of [...this.params.keys()]) this.params.delete(name);
      this.form.querySelectorAll<HTMLInputElement | HTMLSelectElement>("input, select").forEach((one) => (one.value = ""));
      this.changed();
    });
  }

  private take(): void {
    if (!this.form.reportValidity()) return;
    for (const name of FIELDS) {
      const value = need<HTMLInputElement | HTMLSelectElement>(`[name="${name}"]`, this.form).value;
      if (!value) this.params.delete(name);
      else this.params.set(name, name.startsWith("planned") ? wanToYuan(value) : value);
    }
    this.changed();
  }

  private changed(): void {
    this.address();
    this.say();
    this.onChange();
  }

  private address(): void {
    history.replaceState(null, "", `${location.pathname}${this.params.size ? `?${this.params}` : ""}${location.hash}`);
  }

  /** How many filters there are, those without a field by their names; the list page with the same ones. */
  say(): void {
    const active = [...new Set(this.params.keys())];
    need("#filters-count").textContent = active.length ? t("filter.count", { n: active.length }) : "";
    need("#filters-clear").hidden = !active.length;
    const foreign = [...this.params].filter(([name]) => !(FIELDS as readonly string[]).includes(name)).map(([name, value]) => `${name}=${value}`);
    const note = need("#list-filter");
    note.hidden = !foreign.length;
    note.textContent = foreign.length ? t("projects.filtered", { filters: foreign.join(" · ") }) : "";
    const list = need<HTMLAnchorElement>("#to-list");
    const query = this.query;
    this.shownKinds().forEach((kind) => query.append("kind", kind));
    list.href = `${list.dataset["base"]}${query.size ? `?${query}` : ""}`;
  }
}

const shown = (value: string | null, per: number): string => (!value ? "" : per === 1 ? value : String(Number(value) / per));

/** What an address says besides (which project is open) is no filter. */
function filtersIn(query: URLSearchParams): URLSearchParams {
  const known = embedded<string[]>("filter-names") ?? [];
  return new URLSearchParams([...query].filter(([name, value]) => value && known.includes(name)));
}
