import type { ProblemItem } from "../core/api";
import { h } from "../core/dom";
import { degrees } from "../core/format";
import { t } from "../core/i18n";

/** Complaints as a list: each with its line, field and place, and a way to see the place. */
export function problemList(items: ProblemItem[], showPlace: (place: [number, number]) => void): HTMLUListElement {
  return h("ul", { class: "problems" }, ...items.map((item) =>
    h("li", {},
      item.line ? h("b", {}, `${t("file.line", { line: item.line })} `) : "",
      item.field && item.field !== "file" && item.field !== "geometry" ? h("b", {}, `${t("file.field", { field: item.field })} `) : "",
      item.message ?? item.text ?? item.code ?? "",
      item.place ? h("button", { type: "button", class: "btn-link-plain", onclick: () => showPlace(item.place!) }, ` ${t("file.place", { place: item.place.map(degrees).join(", ") })} · ${t("file.show")}`) : "")));
}
