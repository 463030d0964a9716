import { h } from "../core/dom";
import { t } from "../core/i18n";
import { fitted, split, type Choices, type Content, type Entry, type LayerChoice, type Value } from "./content";
import { area, button, check, field, numeric, put, select, text } from "./inputs";

type Rows = Entry[];

/** The form of one rule. What is typed goes into the rule at once; `again` draws the form anew where its shape changes. */
export class RuleForm {
  constructor(
    private readonly content: Content,
    private readonly rule: Entry,
    private readonly choices: Choices,
    private readonly touched: () => void,
    private readonly again: () => void,
  ) {}

  draw(): HTMLElement {
    const layer = this.choices.layers.find((each) => each.code === this.rule["layer"]);
    return h(
      "div",
      { class: "rule-form" },
      this.group(t("rulebook.what"), this.what(layer)),
      this.group(t("rulebook.which"), this.which(layer)),
      this.group(t("rulebook.how"), this.how(layer)),
      this.group(t("rulebook.exemptions"), this.exemptions()),
      this.group(t("rulebook.law"), this.law()),
    );
  }

  private group(title: string, parts: (HTMLElement | null)[]): HTMLElement | null {
    return parts.some(Boolean) ? h("fieldset", { class: "rule-group" }, h("legend", {}, title), ...parts) : null;
  }

  private label = (name: string): string => this.choices.labels[name] ?? name;

  private said = (name: string): string => String(this.rule[name] ?? "");

  private set = (name: string, value: Value): void => {
    put(this.rule, name, value);
    this.touched();
  };

  private reshape = (): void => {
    this.touched();
    this.again();
  };

  private uses = (name: string): boolean => this.choices.settings[name]?.includes(this.said("relation")) ?? true;

  private plain(name: string, note = ""): HTMLElement {
    return field(this.label(name), text(this.said(name), (value) => this.set(name, value)), name, note);
  }

  private amount(name: string, scale = 1, note = ""): HTMLElement | null {
    return this.uses(name) ? field(this.label(name) + (scale === 100 ? " %" : ""), numeric(this.rule, name, this.touched, scale), name, note) : null;
  }

  private what(layer: LayerChoice | undefined): (HTMLElement | null)[] {
    const layers = this.choices.layers.map((each) => ({ value: each.code, label: `${each.name} ${each.code}` }));
    const raster = layer?.kind === "raster";
    const relations = this.choices.relations.filter((each) => !layer || each.raster === raster);
    return [
      this.plain("name"),
      this.plain("code"),
      field(
        this.label("layer"),
        select(layers, this.said("layer"), (value) => {
          for (const name of ["classes", "where", "distances_m"]) delete this.rule[name];
          this.set("layer", value);
          const chosen = this.choices.layers.find((each) => each.code === value);
          const fits = this.choices.relations.find((each) => each.value === this.rule["relation"])?.raster === (chosen?.kind === "raster");
          if (chosen && !fits) this.rule["relation"] = chosen.kind === "raster" ? "raster_share" : "overlaps";
          if (chosen && !this.rule["authority"]) put(this.rule, "authority", chosen.authority);
          fitted(this.rule, this.choices.settings);
          this.reshape();
        }),
        "layer",
      ),
      field(
        this.label("relation"),
        select(relations, this.said("relation"), (value) => {
          this.rule["relation"] = value;
          fitted(this.rule, this.choices.settings);
          this.reshape();
        }),
        "relation",
      ),
      field(this.label("severity"), select(this.choices.severities, this.said("severity"), (value) => this.set("severity", value)), "severity"),
    ];
  }

  private which(layer: LayerChoice | undefined): (HTMLElement | null)[] {
    if (!this.uses("where")) return [];
    return [
      layer && !layer.classes.length ? null : this.classes(layer),
      this.rule["classes"] || this.rule["distances_m"]
        ? check(t("rulebook.classRequired"), Boolean(this.rule["class_required"]), "class_required", (on) => this.set("class_required", on ? true : ""))
        : null,
      this.list("where", t("rulebook.addWhere"), { field: "", op: "is", values: [] }, (row, entry) => this.where(row, entry, layer)),
    ];
  }

  private classes(layer: LayerChoice | undefined): HTMLElement {
    const chosen = new Set((this.rule["classes"] as string[] | undefined) ?? []);
    const typed = text(
      [...chosen].join(" "),
      (value) => this.set("classes", split(value)),
      { spellcheck: "false" },
    );
    const known = (layer?.classes ?? []).map(({ code, name }) => {
      const box = h("input", { type: "checkbox", class: "form-check-input" });
      box.checked = chosen.has(code);
      box.addEventListener("change", () => {
        const now = new Set(split(typed.value));
        if (box.checked) now.add(code);
        else now.delete(code);
        typed.value = [...now].sort().join(" ");
        this.set("classes", split(typed.value));
      });
      return h("label", { class: "rule-check" }, box, ` ${code} ${name}`);
    });
    return h(
      "div",
      { class: "rule-wide" },
      field(this.label("classes"), typed, "classes", t("rulebook.classesNote")),
      known.length ? h("details", {}, h("summary", {}, t("rulebook.chooseClasses", { n: known.length })), h("div", { class: "rule-classes" }, ...known)) : null,
    );
  }

  /** Rows of a list, each with its inputs and a way to take it out. */
  private list(name: string, add: string, fresh: Entry, inputs: (row: Entry, entry: string, place: number) => (HTMLElement | null)[]): HTMLElement {
    const rows = (this.rule[name] as Rows | undefined) ?? [];
    return h(
      "div",
      { class: "rule-wide rule-list", "data-entry": name, tabindex: "-1" },
      h("span", { class: "rule-list-title" }, this.label(name)),
      ...rows.map((row, place) =>
        h(
          "div",
          { class: "rule-row" },
          ...inputs(row, `${name}[${place}]`, place),
          button(t("rulebook.remove"), () => {
            rows.splice(place, 1);
            put(this.rule, name, rows);
            this.reshape();
          }),
        ),
      ),
      button(add, () => {
        this.rule[name] = [...rows, JSON.parse(JSON.stringify(fresh)) as Entry];
        this.reshape();
      }),
    );
  }

  private where(row: Entry, entry: string, layer: LayerChoice | undefined): HTMLElement[] {
    const fields = (layer?.fields ?? []).map(({ name }) => ({ value: name, label: name }));
    return [
      field(t("rulebook.field"), select(fields, String(row["field"] ?? ""), (value) => this.inRow(row, "field", value)), `${entry}.field`),
      field(t("rulebook.comparison"), select(this.choices.comparisons, String(row["op"] ?? ""), (value) => this.inRow(row, "op", value)), `${entry}.op`),
      field(t("rulebook.values"), text(((row["values"] as string[] | undefined) ?? []).join("、"), (value) => this.inRow(row, "values", value.split(/[、,，]/).map((v) => v.trim()).filter(Boolean))), `${entry}.values`, t("rulebook.valuesNote")),
    ];
  }

  private inRow(row: Entry, name: string, value: Value): void {
    row[name] = value;
    this.touched();
  }

  private how(layer: LayerChoice | undefined): (HTMLElement | null)[] {
    const measured = !["nearest_distance", "count", "raster_mean"].includes(this.said("relation"));
    const areal = measured && this.said("relation") !== "raster_share";
    return [
      this.uses("distances_m") ? this.table("distances_m", t("rulebook.addDistance"), layer) : null,
      this.amount("share", 100),
      this.amount("nearest_at_least_m"),
      this.amount("nearest_at_most_m"),
      this.amount("count_at_least"),
      this.amount("count_at_most"),
      this.amount("within_m", 1, t("rulebook.withinNote")),
      this.amount("raster_threshold"),
      this.amount("raster_min_share", 100),
      this.uses("crosswalk") ? this.table("crosswalk", t("rulebook.addUse"), layer) : null,
      measured ? this.amount("tolerance_m2") : null,
      measured ? this.amount("tolerance_share", 100) : null,
      areal ? field(this.label("sliver_width_m"), numeric(this.rule, "sliver_width_m", this.touched), "sliver_width_m", t("rulebook.sliverNote")) : null,
      areal ? check(this.label("keep_slivers"), Boolean(this.rule["keep_slivers"]), "keep_slivers", (on) => this.set("keep_slivers", on ? true : "")) : null,
      check(t("rulebook.required"), this.rule["required"] !== false, "required", (on) => {
        if (on) delete this.rule["required"];
        else this.rule["required"] = false;
        this.touched();
      }),
    ];
  }

  /** A table from class to metres, or from use to zones. */
  private table(name: "distances_m" | "crosswalk", add: string, layer: LayerChoice | undefined): HTMLElement {
    const rows = Object.entries((this.rule[name] as Record<string, Value> | undefined) ?? {});
    const write = (next: [string, Value][]): void => {
      put(this.rule, name, Object.fromEntries(next));
      this.touched();
    };
    const keys = name === "distances_m" ? (layer?.classes ?? []) : this.choices.uses;
    const options = keys.map((each) => ({ value: each.code, label: `${each.code} ${each.name}` }));
    return h(
      "div",
      { class: "rule-wide rule-list", "data-entry": name, tabindex: "-1" },
      h("span", { class: "rule-list-title" }, this.label(name)),
      ...rows.map(([key, value], place) => {
        const renamed = (next: string): void => {
          rows[place] = [next, rows[place]![1]];
          write(rows);
        };
        const said = (given: string): void => {
          const metres = given.trim() !== "" && Number.isFinite(Number(given)) ? Number(given) : given;
          rows[place] = [rows[place]![0], name === "distances_m" ? metres : split(given)];
          write(rows);
        };
        const typed = Array.isArray(value) ? value.join(" ") : String(value);
        return h(
          "div",
          { class: "rule-row" },
          field(name === "distances_m" ? t("rulebook.class") : t("rulebook.use"), select(options, key, renamed, name === "distances_m" ? t("rulebook.anyClass") : ""), `${name}-key`),
          field(name === "distances_m" ? t("rulebook.metres") : t("rulebook.zones"), text(typed, said), `${name}.${key}`),
          button(t("rulebook.remove"), () => {
            rows.splice(place, 1);
            write(rows);
            this.again();
          }),
        );
      }),
      button(add, () => {
        const free = ["", ...keys.map((each) => each.code)].find((code) => (name === "distances_m" || code) && !rows.some(([key]) => key === code)) ?? "";
        write([...rows, [free, name === "distances_m" ? 100 : [free]]]);
        this.again();
      }),
      name === "crosswalk" ? this.useFact() : null,
    );
  }

  private useFact(): HTMLElement {
    return field(this.label("use_fact"), select(this.facts(), this.said("use_fact") || "intended_use", (value) => this.set("use_fact", value)), "use_fact");
  }

  private facts = (): { value: string; label: string }[] =>
    this.content.fact.map((fact) => ({ value: String(fact["name"]), label: String(fact["question"]) }));

  private exemptions(): HTMLElement[] {
    const first = this.content.fact[0];
    const fresh = { fact: String(first?.["name"] ?? ""), values: [], severity: "R", approval: "", note: "" };
    return [
      h("p", { class: "row-note rule-wide" }, t("rulebook.exemptionsNote")),
      this.list("clauses", t("rulebook.addClause"), fresh, (row, entry) => this.clause(row, entry)),
    ];
  }

  private clause(row: Entry, entry: string): HTMLElement[] {
    const fact = this.content.fact.find((each) => each["name"] === row["fact"]);
    const answers = (fact?.["choices"] as [string, string][] | undefined) ?? [["yes", t("rulebook.yes")], ["no", t("rulebook.no")]];
    const chosen = new Set((row["values"] as string[] | undefined) ?? []);
    const severities = [...this.choices.severities, { value: "none", label: t("rulebook.notApplying") }];
    return [
      field(
        t("rulebook.fact"),
        select(this.facts(), String(row["fact"] ?? ""), (value) => {
          row["fact"] = value;
          row["values"] = [];
          this.reshape();
        }),
        `${entry}.fact`,
      ),
      h(
        "div",
        { class: "rule-field", role: "group", "aria-label": t("rulebook.answers"), "data-entry": `${entry}.values`, tabindex: "-1" },
        h("span", {}, t("rulebook.answers")),
        ...answers.map(([value, label]) =>
          check(label, chosen.has(value), `${entry}.values.${value}`, (on) => {
            if (on) chosen.add(value);
            else chosen.delete(value);
            this.inRow(row, "values", [...chosen]);
          }),
        ),
      ),
      field(t("rulebook.then"), select(severities, String(row["severity"] || "none"), (value) => this.inRow(row, "severity", value === "none" ? "" : value)), `${entry}.severity`),
      field(t("rulebook.approval"), text(String(row["approval"] ?? ""), (value) => this.inRow(row, "approval", value)), `${entry}.approval`, t("rulebook.approvalNote")),
      field(t("rulebook.note"), text(String(row["note"] ?? ""), (value) => this.inRow(row, "note", value)), `${entry}.note`),
    ];
  }

  private law(): HTMLElement[] {
    const day = (name: string): HTMLElement => field(this.label(name), text(this.said(name), (value) => this.set(name, value), { type: "date" }), name);
    const consult = ((this.rule["consult"] as string[] | undefined) ?? []).join("、");
    return [
      this.plain("basis"),
      this.plain("article"),
      field(this.label("basis_status"), select(this.choices.statuses, this.said("basis_status"), (value) => this.set("basis_status", value), "—"), "basis_status"),
      day("valid_from"),
      day("valid_to"),
      this.plain("authority"),
      field(this.label("consult"), text(consult, (value) => this.set("consult", value.split(/[、,，]/).map((v) => v.trim()).filter(Boolean))), "consult", t("rulebook.valuesNote")),
      h("div", { class: "rule-wide" }, field(this.label("advice"), area(this.said("advice"), (value) => this.set("advice", value)), "advice")),
    ];
  }
}
