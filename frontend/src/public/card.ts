import { h } from "../core/dom";
import { KINDS, type Mark } from "./tile";
import { amount, say, wordOf } from "./words";

/** What the card beside the map says of one project, and where its page is. */
export interface Said {
  slug: string;
  name: string;
  kinds: string[];
  facts: string[];
}

export function ofMark(mark: Mark): Said {
  const done = mark.planned && mark.completed !== null ? Math.min(100, Math.floor((mark.completed * 100) / mark.planned)) : null;
  return {
    slug: mark.slug,
    name: mark.name,
    kinds: KINDS.filter((kind) => mark.kinds[kind]),
    facts: [
      mark.region,
      mark.stage && wordOf("stage", mark.stage),
      mark.planned === null ? "" : say("card.planned", { amount: amount(mark.planned) }),
      done === null ? "" : say("card.share", { n: done }),
    ].filter(Boolean),
  };
}

/** From the list's row, which says the same. */
export function ofRow(row: HTMLElement): Said {
  return {
    slug: row.dataset["slug"] ?? "",
    name: row.querySelector(".row-title")?.textContent ?? "",
    kinds: KINDS.filter((kind) => row.querySelector(`.kind-${kind}`)),
    facts: [...row.querySelectorAll(".row-facts > span:not(.kind), .row-progress > span")].map((span) => span.textContent ?? ""),
  };
}

export function fill(card: HTMLElement, said: Said, address: string, closed: () => void): void {
  card.replaceChildren(
    h("button", { type: "button", class: "card-close", "aria-label": say("card.close"), onclick: closed }, "×"),
    h("h2", { id: "card-title" }, said.name),
    h("p", { class: "row-facts" }, ...said.kinds.map((kind) => h("span", { class: `kind kind-${kind}` }, wordOf("kind", kind))), ...said.facts.map((fact) => h("span", {}, fact))),
    h("p", { class: "card-open" }, h("a", { class: "btn btn-primary", href: address.replace("SLUG", encodeURIComponent(said.slug)) }, say("card.open"))),
  );
  card.hidden = false;
}
