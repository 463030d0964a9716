import L from "leaflet";
import { h } from "../core/dom";
import { t } from "../core/i18n";
import "./divider.scss";

const STEPS: Record<string, number> = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10 };

/** A handle over the whole height of what it divides: by mouse, finger or keyboard. Says its place in per cent. */
export class Divider {
  readonly element: HTMLElement;
  private at: number;

  constructor(
    private readonly within: () => HTMLElement,
    private readonly moved: (share: number) => void,
    start = 50,
  ) {
    this.at = start;
    this.element = h(
      "div",
      {
        class: "swipe-divider", role: "slider", tabindex: 0, "aria-orientation": "horizontal", "aria-valuemin": 0, "aria-valuemax": 100,
        "aria-label": t("compare.divider"),
      },
      h("span", { class: "swipe-grip", "aria-hidden": "true" }, "‹›"),
    );
    L.DomEvent.disableClickPropagation(this.element);
    L.DomEvent.disableScrollPropagation(this.element);
    this.element.addEventListener("pointerdown", (event) => this.drag(event));
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.say();
  }

  /** Per cent of the width that lies left of it. */
  get share(): number {
    return this.at;
  }

  move(share: number): void {
    this.at = Math.min(100, Math.max(0, share));
    this.say();
    this.moved(this.at);
  }

  private say(): void {
    this.element.style.left = `${this.at}%`;
    this.element.setAttribute("aria-valuenow", String(Math.round(this.at)));
    this.element.setAttribute("aria-valuetext", t("compare.dividerAt", { share: Math.round(this.at) }));
  }

  private drag(event: PointerEvent): void {
    event.preventDefault();
    this.element.focus({ preventScroll: true });
    this.element.setPointerCapture(event.pointerId);
    const follow = (moved: PointerEvent): void => {
      const box = this.within().getBoundingClientRect();
      this.move(((moved.clientX - box.left) / box.width) * 100);
    };
    const end = (): void => {
      this.element.removeEventListener("pointermove", follow);
      this.element.removeEventListener("pointerup", end);
      this.element.removeEventListener("pointercancel", end);
    };
    this.element.addEventListener("pointermove", follow);
    this.element.addEventListener("pointerup", end);
    this.element.addEventListener("pointercancel", end);
  }

  private key(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    if (event.key === "Home") this.move(0);
    else if (event.key === "End") this.move(100);
    else if (step !== undefined) this.move(this.at + step);
    else return;
    event.preventDefault();
    event.stopPropagation(); // the map would pan
  }
}
