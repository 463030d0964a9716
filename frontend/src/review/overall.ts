import { h } from "../core/dom";
import { t } from "../core/i18n";
import type { Review } from "./data";
import { fileInput, fileLine, markLine } from "./item";

export interface OverallActs {
  say(decision: "opinion" | "submitted" | "reply"): void;
  typed(field: "" | "sign" | "withdraw", text: string): void;
  bring(files: FileList): void;
  sign(): void;
  withdraw(): void;
  verify(): void;
  take(take: boolean): void;
}

/** What there is to show of these. */
const those = (...nodes: (Node | null)[]): Node[] => nodes.filter((node): node is Node => node !== null);

const area = (id: string, label: string, value: string, typed: (text: string) => void): HTMLElement[] => {
  const text = h("textarea", { class: "form-control", id, rows: "2", maxlength: "4000", oninput: () => typed(text.value) });
  text.value = value;
  return [h("label", { class: "form-label", for: id }, label), text, h("p", { class: "form-error", id: `error-${id}`, role: "alert", hidden: true })];
};

/** What is said of the check as a whole, by both sides. */
export function overall(review: Review, draft: string, endings: string, acts: OverallActs): Node[] {
  const { marks, attachments } = review.overall;
  const button = (decision: "opinion" | "submitted" | "reply", label: string, main: boolean): HTMLElement =>
    h("button", { type: "button", class: `btn btn-sm ${main ? "btn-primary" : "btn-outline-primary"}`, "data-say": decision, onclick: () => acts.say(decision) }, label);
  const speaks = review.may.review || review.may.reply;
  return [
    marks.length ? h("ul", { class: "review-said" }, ...marks.map(markLine)) : h("p", { class: "row-note" }, t("review.nothingSaid")),
    ...(attachments.length ? [h("ul", { class: "review-files" }, ...attachments.map(fileLine))] : []),
    ...(speaks
      ? [h("form", { class: "review-form", onsubmit: (event: Event) => event.preventDefault() },
          ...area("overall-words", t("review.overallWords"), draft, (text) => acts.typed("", text)),
          h("div", { class: "review-buttons" },
            review.may.review ? button("opinion", t("review.giveOpinion"), true) : null,
            review.may.submit ? button("submitted", t("review.submit"), true) : null,
            review.may.reply && !review.may.review ? button("reply", t("review.giveReply"), false) : null,
            review.may.attach ? fileInput("file-overall", endings, (files) => acts.bring(files)) : null))]
      : []),
  ];
}

/** The signature: made, in the way, or taken back. */
export function signing(review: Review, drafts: { opinion: string; reason: string }, acts: OverallActs): Node[] {
  const verify = h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", id: "verify", onclick: () => acts.verify() }, t("review.verify"));
  const verdict = h("p", { id: "verify-result", class: "row-note", role: "status" });
  const signed = review.sign_off;
  if (signed) {
    return those(
      h("p", {}, h("strong", {}, t("review.signedBy", { who: signed.signer, at: signed.at })), " ", h("a", { href: signed.url }, t("review.record"))),
      h("p", { class: "digest" }, signed.digest),
      signed.withdrawn ? h("p", { class: "alert alert-warning" }, t("review.withdrawnBy", { who: signed.withdrawn.by, at: signed.withdrawn.at, reason: signed.withdrawn.reason })) : review.is_newest ? null : h("p", { class: "alert alert-warning" }, t("review.outdated")),
      ...(review.may.withdraw
        ? [h("details", {}, h("summary", {}, t("review.withdraw")), h("form", { class: "review-form", onsubmit: (event: Event) => event.preventDefault() }, ...area("withdraw-words", t("review.withdrawWords"), drafts.reason, (text) => acts.typed("withdraw", text)),
            h("button", { type: "button", class: "btn btn-sm btn-outline-danger", id: "withdraw", onclick: () => acts.withdraw() }, t("review.withdraw"))))]
        : []),
      verify, verdict,
    );
  }
  if (!review.may.sign && !review.obstacles.length) return [h("p", { class: "row-note" }, t("review.notSigned")), verify, verdict];
  return [
    ...(review.obstacles.length ? [h("ul", { class: "notes", id: "obstacles" }, ...review.obstacles.map((text) => h("li", {}, text)))] : []),
    ...(review.may.sign
      ? [h("p", { class: "row-note" }, t("review.signNote")),
          h("form", { class: "review-form", onsubmit: (event: Event) => event.preventDefault() }, ...area("sign-words", t("review.signWords"), drafts.opinion, (text) => acts.typed("sign", text)),
            h("button", { type: "button", class: "btn btn-primary", id: "sign-button", onclick: () => acts.sign() }, t("review.sign")))]
      : []),
    verify, verdict,
  ];
}

/** Who looks after the check, and the button to change that. */
export function assignment(review: Review, acts: OverallActs): Node[] {
  return those(
    h("span", { class: "row-note" }, review.assignee ? t("review.takenBy", { who: review.assignee }) : t("review.free")),
    review.may.take ? h("button", { type: "button", class: "btn btn-outline-primary", id: "take", onclick: () => acts.take(true) }, t("review.take")) : null,
    review.may.release && review.mine ? h("button", { type: "button", class: "btn btn-outline-secondary", id: "release", onclick: () => acts.take(false) }, t("review.release")) : null,
  );
}
