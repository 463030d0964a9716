import { h } from "../core/dom";
import { count, metres, percent, squareMetres } from "../core/format";
import { t, type Key } from "../core/i18n";
import { DECISIONS, type Attached, type Decision, type Item, type Mark, type Review } from "./data";

/** What a finding's article can ask the page to do. */
export interface Acts {
  choose(index: number): void;
  zoom(rule: string): void;
  say(rule: string, decision: Decision): void;
  typed(rule: string, text: string): void;
  bring(rule: string, files: FileList): void;
}

export const markLine = (mark: Mark): HTMLElement =>
  h("li", {}, h("span", { class: `decision decision-${mark.decision}` }, mark.label), mark.text === null ? h("small", {}, ` ${t("review.withheld")}`) : mark.text ? h("span", { class: "said" }, ` ${mark.text}`) : null,
    h("small", {}, ` ${mark.by} ${mark.at}`));

export const fileLine = (file: Attached): HTMLElement =>
  h("li", {}, h("a", { href: file.url }, file.name), h("small", {}, ` ${size(file.size)} · ${file.by} ${file.at}`));

const size = (bytes: number): string => (bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`);

/** The file button beside a finding, or beside the whole. */
export function fileInput(id: string, endings: string, bring: (files: FileList) => void): HTMLElement {
  const input = h("input", { type: "file", class: "visually-hidden", id, accept: endings, multiple: true, onchange: () => {
    if (input.files?.length) bring(input.files);
  } });
  return h("span", { class: "review-file" }, input, h("label", { class: "btn btn-sm btn-outline-secondary", for: id }, t("review.attach")));
}

/** One finding: what was found, what it stands on, what was said of it, and the means to say something. */
export function article(item: Item, index: number, review: Review, acts: Acts, draft: string, endings: string, current: boolean): HTMLElement {
  const id = `item-${index}`;
  const speaks = review.may.review || review.may.reply;
  return h("li", { class: `review-item${current ? " is-current" : ""}${item.severity ? ` finding-${item.severity}` : " is-open"}`, "data-rule": item.rule },
    h("article", { id, tabindex: "-1", "aria-labelledby": `${id}-name`, "aria-current": current ? "true" : null, onfocus: () => acts.choose(index), onclick: () => acts.choose(index) },
      head(item, index, id, acts),
      h("p", { class: "finding-size" }, sizeOf(item)),
      changed(item),
      h("p", { class: "finding-basis" }, item.basis, item.authority ? h("small", {}, ` · ${item.authority}`) : null, item.advice ? h("small", {}, ` · ${item.advice}`) : null),
      item.reason ? h("p", { class: "row-note" }, item.reason) : null,
      item.earlier ? earlier(item.earlier) : null,
      item.marks.length ? history(item, current) : null,
      item.attachments.length ? h("ul", { class: "review-files" }, ...item.attachments.map(fileLine)) : null,
      item.attachments_withheld ? h("p", { class: "row-note" }, t("review.filesWithheld")) : null,
      current && speaks ? form(item, index, review, acts, draft, endings) : null));
}

function head(item: Item, index: number, id: string, acts: Acts): HTMLElement {
  const standing = item.decision;
  return h("header", { class: "finding-head" },
    h("span", { class: "review-number", "aria-hidden": "true" }, String(index + 1)),
    item.severity ? h("span", { class: `sev sev-${item.severity}` }, item.severity_label) : null,
    item.outcome === "hit" ? null : h("span", { class: `sev ${item.outcome === "suspect" ? "sev-suspect" : "verdict-not_checked"}` }, item.outcome_label),
    item.required && item.outcome === "not_checked" ? h("span", { class: "sev sev-R sev-plain" }, t("review.required")) : null,
    h("h3", { id: `${id}-name` }, item.name),
    standing ? h("span", { class: `decision decision-${standing.decision}` }, standing.label) : item.needs_decision ? h("span", { class: "decision decision-none" }, t("review.undecided")) : null,
    item.has_geometry ? h("button", { type: "button", class: "btn-link-plain zoom-to", onclick: () => acts.zoom(item.rule) }, t("review.zoom"), h("span", { class: "visually-hidden" }, ` ${item.name}`)) : null);
}

function sizeOf(item: Item): string {
  const area = item.outcome === "suspect" ? item.raw_area_m2 : item.area_m2;
  const parts = [item.layer_name ? `${item.layer_name} ${item.layer}` : item.layer];
  if (area) parts.push(`${squareMetres(area)} m²`, percent(item.share));
  else if (item.length_m) parts.push(t("review.length", { m: metres(item.length_m) }));
  if (item.count > 1) parts.push(t("review.places", { n: count(item.count) }));
  for (const part of item.classes) parts.push(`${part.name} ${part.code} ${squareMetres(part.area_m2)} m²`);
  return parts.join(" · ");
}

function changed(item: Item): HTMLElement | null {
  if (!item.change) return null;
  const { kind, label, grown_m2: by } = item.change;
  return h("p", { class: "review-change" }, t("review.since"), " ", h("span", { class: `change change-${kind}` }, label), by && (kind === "grown" || kind === "shrunk") ? ` ${by > 0 ? "+" : ""}${squareMetres(by)} m²` : null);
}

const earlier = (mark: NonNullable<Item["earlier"]>): HTMLElement =>
  h("p", { class: "review-earlier" }, t("review.earlier"), " ", h("span", { class: `decision decision-${mark.decision}` }, mark.label), mark.text ? ` ${mark.text}` : null,
    h("small", {}, ` ${mark.by} ${mark.at} · ${t(mark.unchanged ? "review.unchanged" : "review.changedSince")}`));

function history(item: Item, open: boolean): HTMLElement {
  return h("details", { class: "review-history", open: open || item.marks.length === 1 }, h("summary", {}, t("review.history", { n: item.marks.length })), h("ul", {}, ...item.marks.map(markLine)));
}

function form(item: Item, index: number, review: Review, acts: Acts, draft: string, endings: string): HTMLElement {
  const decisions: readonly Decision[] = review.may.review ? DECISIONS : ["reply"];
  const text = h("textarea", { class: "form-control", id: `words-${index}`, rows: "2", maxlength: "4000", oninput: () => acts.typed(item.rule, text.value),
    onkeydown: (event: KeyboardEvent) => leave(event, index) });
  text.value = draft;
  return h("form", { class: "review-form", onsubmit: (event: Event) => event.preventDefault() },
    h("label", { class: "form-label", for: text.id }, t(review.may.review ? "review.words" : "review.replyWords")), text,
    item.confidential && review.may.review ? h("p", { class: "row-note" }, t("review.confidential")) : null,
    h("p", { class: "form-error", id: `error-${index}`, role: "alert", hidden: true }),
    h("div", { class: "review-buttons" },
      ...decisions.map((decision, at) => h("button", { type: "button", class: `btn btn-sm btn-outline-primary say-${decision}`, "data-say": decision, "aria-pressed": item.decision?.decision === decision ? "true" : "false", onclick: () => acts.say(item.rule, decision) },
        review.may.review ? h("kbd", { "aria-hidden": "true" }, String(at + 1)) : null, t(`decision.${decision}` as Key))),
      review.may.attach ? fileInput(`file-${index}`, endings, (files) => acts.bring(item.rule, files)) : null));
}

/** Escape leads from the words back to the finding, where the single keys work again. */
function leave(event: KeyboardEvent, index: number): void {
  if (event.key !== "Escape") return;
  event.preventDefault();
  document.getElementById(`item-${index}`)?.focus();
}
