import { h } from "../core/dom";
import { t } from "../core/i18n";
import type { Choices, Content, Entry } from "./content";
import { area, button, field, put, text } from "./inputs";

/** The rulebook's own entries and the questions that it asks of projects. */
export function heading(content: Content, choices: Choices, touched: () => void, again: () => void): HTMLElement {
  const plain = (name: string, label: string, more: Record<string, string> = {}): HTMLElement =>
    field(label, text(String(content[name] ?? ""), (value) => (put(content, name, value), touched()), more), name);
  return h(
    "details",
    { class: "rule-head" },
    h("summary", {}, t("rulebook.head")),
    h("div", { class: "rule-group" }, plain("name", t("rulebook.name")), plain("valid_from", choices.labels["valid_from"] ?? "", { type: "date" }), plain("valid_to", choices.labels["valid_to"] ?? "", { type: "date" })),
    h("h3", {}, t("rulebook.facts")),
    ...content.fact.map((fact, place) => factRow(content, fact, place, touched, again)),
    button(t("rulebook.addFact"), () => {
      content.fact.push({ name: `fact_${content.fact.length + 1}`, question: "" });
      touched();
      again();
    }),
  );
}

function factRow(content: Content, fact: Entry, place: number, touched: () => void, again: () => void): HTMLElement {
  const said = ((fact["choices"] as [string, string][] | undefined) ?? []).map(([value, label]) => `${value} = ${label}`).join("\n");
  const set = (name: string, value: string): void => {
    fact[name] = value;
    touched();
  };
  return h(
    "div",
    { class: "rule-row" },
    field(t("rulebook.factName"), text(String(fact["name"] ?? ""), (value) => set("name", value)), `fact[${place}].name`),
    field(t("rulebook.question"), text(String(fact["question"] ?? ""), (value) => set("question", value)), `fact[${place}].question`),
    field(
      t("rulebook.choices"),
      area(said, (value) => {
        const rows = value.split("\n").map((row) => row.trim()).filter(Boolean);
        put(fact, "choices", rows.map((row) => row.split(/\s*=\s*/, 2)).map(([one, other]) => [one ?? "", other ?? ""]));
        touched();
      }),
      `fact[${place}].choices`,
      t("rulebook.choicesNote"),
    ),
    button(t("rulebook.remove"), () => {
      content.fact.splice(place, 1);
      touched();
      again();
    }),
  );
}
