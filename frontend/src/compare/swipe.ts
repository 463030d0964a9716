import L from "leaflet";
import { h } from "../core/dom";
import { Divider } from "./divider";

/** Two panes of one map with a divider between them: left of it the one, right of it the other. */
export class Swipe {
  private readonly divider: Divider;
  private readonly names: [HTMLElement, HTMLElement];

  constructor(
    private readonly map: L.Map,
    private readonly left: HTMLElement,
    private readonly right: HTMLElement,
    labels: [string, string],
  ) {
    this.names = [h("span", { class: "swipe-name swipe-left" }, labels[0]), h("span", { class: "swipe-name swipe-right" }, labels[1])];
    this.divider = new Divider(() => map.getContainer(), () => this.clip());
  }

  show(): void {
    this.map.getContainer().append(...this.names, this.divider.element);
    this.map.on("move zoom resize viewreset", this.clip);
    this.clip();
  }

  hide(): void {
    this.divider.element.remove();
    this.names.forEach((name) => name.remove());
    this.map.off("move zoom resize viewreset", this.clip);
    for (const pane of [this.left, this.right]) pane.style.clip = "";
  }

  private readonly clip = (): void => {
    const size = this.map.getSize();
    const from = this.map.containerPointToLayerPoint([0, 0]);
    const to = this.map.containerPointToLayerPoint([size.x, size.y]);
    const at = from.x + Math.round((size.x * this.divider.share) / 100);
    this.left.style.clip = `rect(${from.y}px, ${at}px, ${to.y}px, ${from.x}px)`;
    this.right.style.clip = `rect(${from.y}px, ${to.x}px, ${to.y}px, ${at}px)`;
  };
}
