import { h } from "../core/dom";
import { t } from "../core/i18n";
import "./asof.scss";

export interface AsOf {
  /** The day that is shown (YYYY-MM-DD); null for the versions in force. */
  readonly day: string | null;
  /** Shows a day, or what is in force; asks nobody. */
  set(day: string | null): void;
}

const today = (): string => new Date().toLocaleDateString("sv-SE", { timeZone: "Asia/Shanghai" });

/**
 * The map as of a day: a date field in `slot` and, while a day is chosen, a banner over the map that says so and
 * leads back. `choose` gets the day (null: what is in force) and loads the layers; the choice stands when it has.
 */
export function mountAsOf(slot: HTMLElement, over: HTMLElement, start: string | null, choose: (day: string | null) => Promise<void> | void): AsOf {
  let day = start;
  const input = h("input", { type: "date", id: "as-of-day", class: "form-control form-control-sm", max: today(), "aria-describedby": "as-of-note" });
  const back = h("button", { type: "button", class: "btn btn-sm btn-outline-secondary" }, t("asOf.now"));
  const text = h("span");
  const leave = h("button", { type: "button", class: "btn btn-sm btn-light" }, t("asOf.back"));
  const banner = h("div", { class: "as-of-banner", role: "status" }, text, leave);
  const note = h("p", { class: "row-note", id: "as-of-note" }, t("asOf.note"));
  slot.replaceChildren(h("div", { class: "as-of" }, h("label", { for: "as-of-day" }, t("asOf.label")), h("div", { class: "as-of-row" }, input, back), note));
  over.append(banner);

  const show = (): void => {
    input.value = day ?? "";
    back.disabled = day === null;
    banner.hidden = day === null;
    text.textContent = day === null ? "" : t("asOf.banner", { day });
  };
  const pick = async (wanted: string | null): Promise<void> => {
    if (wanted === day) return;
    const before = day;
    day = wanted;
    show();
    try {
      await choose(wanted);
    } catch (error) {
      day = before;
      show();
      throw error;
    }
  };
  input.addEventListener("change", () => {
    // half a date, or one to come, is none
    if (input.value && input.value <= today()) void pick(input.value);
    else if (!input.value) void pick(null);
    else show();
  });
  for (const button of [back, leave]) button.addEventListener("click", () => void pick(null).then(() => input.focus({ preventScroll: true })));
  for (const event of ["click", "dblclick", "pointerdown", "wheel"]) banner.addEventListener(event, (e) => e.stopPropagation());
  show();
  return { get day() { return day; }, set(wanted) { day = wanted; show(); } };
}
