import type { ProblemItem } from "../core/api";
import { h } from "../core/dom";
import { degrees } from "../core/format";
import { t } from "../core/i18n";

/** Complaints as a list: each with its line, field and place, and a way to see the place. A field of a file has a Chinese name; what the address calls its own fields is told to nobody. */
export function problemList(items: ProblemItem[], showPlace: (place: [number, number]) => void): HTMLUListElement {
  return h("ul", { class: "problems" }, ...items.map((item) =>
    h("li", {},
      item.line ? h("b", {}, `${t("file.line", { line: item.line })} `) : "",
      item.field && /[\u3400-\u9fff]/.test(item.field) ? h("b", {}, `${t("file.field", { field: item.field })} `) : "",
      item.message ?? item.text ?? item.code ?? "",
      item.place ? h("button", { type: "button", class: "btn-link-plain", onclick: () => showPlace(item.place!) }, ` ${t("file.place", { place: item.place.map(degrees).join(", ") })} · ${t("file.show")}`) : "")));
}
