import L from "leaflet";
import { h } from "../core/dom";
import { t } from "../core/i18n";

const STEPS: Record<string, number> = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10 };

/** Two panes of one map with a divider between them: left of it the one, right of it the other. */
export class Swipe {
  private share = 50; // per cent of the map's width
  private readonly divider: HTMLElement;
  private readonly names: [HTMLElement, HTMLElement];

  constructor(
    private readonly map: L.Map,
    private readonly left: HTMLElement,
    private readonly right: HTMLElement,
    labels: [string, string],
  ) {
    this.names = [h("span", { class: "swipe-name swipe-left" }, labels[0]), h("span", { class: "swipe-name swipe-right" }, labels[1])];
    this.divider = h(
      "div",
      {
        class: "swipe-divider", role: "slider", tabindex: 0, "aria-orientation": "horizontal", "aria-valuemin": 0, "aria-valuemax": 100,
        "aria-label": t("compare.divider"),
      },
      h("span", { class: "swipe-grip", "aria-hidden": "true" }, "‹›"),
    );
    L.DomEvent.disableClickPropagation(this.divider);
    L.DomEvent.disableScrollPropagation(this.divider);
    this.divider.addEventListener("pointerdown", (event) => this.drag(event));
    this.divider.addEventListener("keydown", (event) => this.key(event));
  }

  show(): void {
    const container = this.map.getContainer();
    container.append(...this.names, this.divider);
    this.map.on("move zoom resize viewreset", this.clip);
    this.clip();
  }

  hide(): void {
    this.divider.remove();
    this.names.forEach((name) => name.remove());
    this.map.off("move zoom resize viewreset", this.clip);
    for (const pane of [this.left, this.right]) pane.style.clip = "";
  }

  private readonly clip = (): void => {
    const size = this.map.getSize();
    const x = Math.round((size.x * this.share) / 100);
    const from = this.map.containerPointToLayerPoint([0, 0]);
    const to = this.map.containerPointToLayerPoint([size.x, size.y]);
    const at = from.x + x;
    this.left.style.clip = `rect(${from.y}px, ${at}px, ${to.y}px, ${from.x}px)`;
    this.right.style.clip = `rect(${from.y}px, ${to.x}px, ${to.y}px, ${at}px)`;
    this.divider.style.left = `${x}px`;
    this.divider.setAttribute("aria-valuenow", String(Math.round(this.share)));
    this.divider.setAttribute("aria-valuetext", t("compare.dividerAt", { share: Math.round(this.share) }));
  };

  private move(share: number): void {
    this.share = Math.min(100, Math.max(0, share));
    this.clip();
  }

  private drag(event: PointerEvent): void {
    event.preventDefault();
    this.divider.focus({ preventScroll: true });
    this.divider.setPointerCapture(event.pointerId);
    const follow = (moved: PointerEvent): void => {
      const box = this.map.getContainer().getBoundingClientRect();
      this.move(((moved.clientX - box.left) / box.width) * 100);
    };
    const end = (): void => {
      this.divider.removeEventListener("pointermove", follow);
      this.divider.removeEventListener("pointerup", end);
      this.divider.removeEventListener("pointercancel", end);
    };
    this.divider.addEventListener("pointermove", follow);
    this.divider.addEventListener("pointerup", end);
    this.divider.addEventListener("pointercancel", end);
  }

  private key(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    if (event.key === "Home") this.move(0);
    else if (event.key === "End") this.move(100);
    else if (step !== undefined) this.move(this.share + step);
    else return;
    event.preventDefault();
    event.stopPropagation(); // the map would pan
  }
}
