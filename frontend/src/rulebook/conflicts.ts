import { h } from "../core/dom";
import { t } from "../core/i18n";
import type { Content, Entry } from "./content";
import { taken, type Conflict } from "./merge";

/** What two people did differently to the same rule, for the one who comes second to decide, one by one. */
export function conflictList(content: Content, mine: Content, conflicts: Conflict[], decided: () => void): HTMLElement {
  const open = new Set(conflicts);
  const list = h("ul", { class: "rule-conflicts" });
  for (const conflict of conflicts) {
    const item = h("li", {}, h("p", {}, h("b", {}, nameOf(conflict))), h("div", { class: "rule-sides" }, side(t("rulebook.theirs"), conflict.theirs), side(t("rulebook.mine"), conflict.mine)));
    const decide = (own: boolean): void => {
      if (own) taken(content, mine, conflict);
      open.delete(conflict);
      item.replaceChildren(h("p", {}, `${nameOf(conflict)}: ${own ? t("rulebook.keptMine") : t("rulebook.keptTheirs")}`));
      if (!open.size) decided();
    };
    item.append(
      h(
        "div",
        { class: "page-actions" },
        h("button", { type: "button", class: "btn btn-sm btn-outline-primary", onclick: () => decide(false) }, t("rulebook.keepTheirs")),
        h("button", { type: "button", class: "btn btn-sm btn-outline-primary", onclick: () => decide(true) }, t("rulebook.keepMine")),
      ),
    );
    list.append(item);
  }
  return h("div", { class: "alert alert-warning" }, h("p", {}, t("rulebook.conflicts", { n: conflicts.length })), list);
}

const nameOf = (conflict: Conflict): string => {
  const either = (conflict.mine ?? conflict.theirs) as Entry | string | null;
  return either !== null && typeof either === "object" ? String(either["name"] ?? conflict.key) : conflict.key;
};

function side(title: string, value: unknown): HTMLElement {
  return h("div", {}, h("p", { class: "row-note" }, title), value === null ? h("p", {}, t("rulebook.takenOut")) : h("pre", {}, typeof value === "string" ? value : JSON.stringify(value, null, 1)));
}
