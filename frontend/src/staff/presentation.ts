import type L from "leaflet";
import { getJson } from "../core/api";
import { h, icon, need } from "../core/dom";
import { t } from "../core/i18n";
import { BOOKMARKS, type Bookmark, type Opened } from "./bookmark-data";
import "./presentation.scss";

interface Around {
  maps(): L.Map[];
  open(opened: Opened): Promise<void>;
  /** How many projects the slide shows, and as of when. */
  told(): string;
  /** The same by name, as the list beside the map has it. */
  named(): HTMLElement;
  /** A presentation begins: what was being done is put away. */
  began(): void;
}

const PREVIOUS = "M15 5l-7 7 7 7";
const NEXT = "M9 5l7 7-7 7";
const SWIPE = 60; // pixels that a finger goes for another slide
const MINUTE = 60;

/** The time since the beginning as minutes and seconds. */
export const elapsed = (seconds: number): string => `${String(Math.floor(seconds / MINUTE)).padStart(2, "0")}:${String(Math.floor(seconds % MINUTE)).padStart(2, "0")}`;

/**
 * Bookmarks as slides: the map and its legend fill the screen, keys, buttons and fingers turn the pages, Escape leaves.
 * Nothing can be set or asked meanwhile. Each slide is opened anew, so it shows what the reader may see now.
 */
export class Presentation {
  active = false;
  private slides: Bookmark[] = [];
  private at = 0;
  private busy = false;
  private begun = 0;
  private clock: ReturnType<typeof setInterval> | undefined;
  private opener: HTMLElement | null = null;
  private finger: { id: number; x: number; y: number } | null = null;
  private readonly stage = need(".map-stage");
  private readonly title = h("p", { class: "slide-title", role: "status" });
  private readonly told = h("p", { class: "slide-told" });
  private readonly time = h("span", { class: "slide-time", role: "timer" });
  private readonly notes = h("div", { class: "slide-notes", id: "slide-notes", tabindex: 0, role: "region", "aria-label": t("present.notes") });
  private readonly list = h("div", { class: "slide-list", id: "slide-list", tabindex: 0, role: "region", "aria-label": t("present.list") });
  private readonly back = h("button", { type: "button", class: "slide-turn", "aria-label": t("present.previous"), onclick: () => void this.go(this.at - 1) }, icon(PREVIOUS));
  private readonly on = h("button", { type: "button", class: "slide-turn", "aria-label": t("present.next"), onclick: () => void this.go(this.at + 1) }, icon(NEXT));
  private readonly notesButton = h("button", { type: "button", class: "tool", "aria-pressed": "false", "aria-controls": "slide-notes", onclick: () => this.toggle(this.notesButton, this.notes) }, t("present.notes"));
  private readonly listButton = h("button", { type: "button", class: "tool", "aria-pressed": "false", "aria-controls": "slide-list", onclick: () => (this.name(), this.toggle(this.listButton, this.list)) }, t("present.list"));
  private readonly timeButton = h("button", { type: "button", class: "tool", "aria-pressed": "true", onclick: () => this.toggle(this.timeButton, this.time) }, t("present.time"));
  private readonly fullButton = h("button", { type: "button", class: "tool", onclick: () => void this.full() }, t("present.full"));
  private readonly bar: HTMLElement;

  constructor(private readonly around: Around) {
    this.bar = h("section", { class: "presentation", "aria-label": t("present.name") }, this.list, this.notes,
      h("div", { class: "slide-bar" }, this.back, h("div", { class: "slide-words" }, this.title, this.told), this.on,
        h("div", { class: "slide-tools" }, this.time, this.timeButton, this.listButton, this.notesButton, this.fullButton,
          h("button", { type: "button", class: "tool", onclick: () => this.leave() }, t("present.leave")))));
    document.addEventListener("keydown", (event) => this.active && this.key(event), { capture: true });
    document.addEventListener("fullscreenchange", () => {
      this.fullButton.hidden = document.fullscreenElement !== null;
      if (this.active && !document.fullscreenElement) this.leave();
    });
    this.stage.addEventListener("pointerdown", (event) => this.active && this.down(event), { capture: true });
    this.stage.addEventListener("pointerup", (event) => this.active && this.up(event), { capture: true });
    this.stage.addEventListener("pointercancel", () => (this.finger = null), { capture: true });
  }

  /** Begins with one of the slides. */
  start(slides: Bookmark[], id: number): void {
    if (!slides.length) return;
    this.slides = slides;
    this.around.began();
    this.active = true;
    this.opener = document.activeElement as HTMLElement | null;
    document.body.classList.add("is-presenting");
    this.stage.append(this.bar);
    this.around.maps().forEach((map) => map.closePopup());
    for (const [part, button] of [[this.notes, this.notesButton], [this.list, this.listButton]] as const) {
      part.hidden = true;
      button.setAttribute("aria-pressed", "false");
    }
    this.begun = Date.now();
    this.tick();
    clearInterval(this.clock);
    this.clock = setInterval(() => this.tick(), 1000);
    void this.full();
    this.on.focus();
    void this.go(Math.max(0, slides.findIndex((slide) => slide.id === id)));
  }

  leave(): void {
    if (!this.active) return;
    this.active = false;
    clearInterval(this.clock);
    document.body.classList.remove("is-presenting");
    this.bar.remove();
    this.around.maps().forEach((map) => map.dragging.enable());
    if (document.fullscreenElement) void document.exitFullscreen();
    this.opener?.focus({ preventScroll: true });
  }

  /** Where a browser allows it only after a press, its button stays. */
  private async full(): Promise<void> {
    try {
      await document.documentElement.requestFullscreen();
    } catch {
      this.told.textContent = t("present.notFull");
    }
  }

  /** Turns to a slide; one that is asked for while another opens is opened after it, and those between are passed. */
  private async go(to: number): Promise<void> {
    this.at = Math.min(this.slides.length - 1, Math.max(0, to));
    this.say();
    if (this.busy) return;
    this.busy = true;
    this.stage.setAttribute("aria-busy", "true");
    let shown = -1;
    while (this.active && shown !== this.at) {
      shown = this.at;
      try {
        await this.around.open(await getJson<Opened>(`${BOOKMARKS}${this.slides[shown]!.id}/`));
        this.told.textContent = this.around.told();
        this.name();
      } catch (error) {
        this.told.textContent = t("present.failed", { why: (error as Error).message });
      }
    }
    this.busy = false;
    this.stage.removeAttribute("aria-busy");
  }

  private say(): void {
    const slide = this.slides[this.at]!;
    this.title.replaceChildren(h("span", { class: "slide-number" }, t("present.number", { n: this.at + 1, of: this.slides.length })), " ", h("b", {}, slide.name));
    this.notes.textContent = slide.note || t("present.noNotes");
    // They keep the focus at the ends, or the keys would reach nobody.
    this.back.setAttribute("aria-disabled", String(this.at === 0));
    this.on.setAttribute("aria-disabled", String(this.at === this.slides.length - 1));
  }

  /** The list says what this slide shows. */
  private name(): void {
    this.list.replaceChildren(this.around.named());
  }

  private tick(): void {
    this.time.textContent = elapsed((Date.now() - this.begun) / 1000);
  }

  private toggle(button: HTMLElement, shown: HTMLElement): void {
    shown.hidden = !shown.hidden;
    button.setAttribute("aria-pressed", String(!shown.hidden));
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.target as HTMLElement;
    if (event.key === "Escape") this.leave();
    else if (target.closest('[role="slider"], input, select, textarea')) return;
    else if (event.key === "ArrowRight" || event.key === "PageDown") void this.go(this.at + 1);
    else if (event.key === "ArrowLeft" || event.key === "PageUp") void this.go(this.at - 1);
    else if (event.key === "Home") void this.go(0);
    else if (event.key === "End") void this.go(this.slides.length - 1);
    else if (event.key === " " && !target.closest("button, summary, a")) void this.go(this.at + 1);
    else return;
    event.preventDefault();
    event.stopPropagation(); // the map would pan
  }

  /** A finger turns the page, so it must not push the map; a mouse may. */
  private down(event: PointerEvent): void {
    const touch = event.pointerType === "touch";
    this.around.maps().forEach((map) => (touch ? map.dragging.disable() : map.dragging.enable()));
    this.finger = touch && !(event.target as HTMLElement).closest('[role="slider"]') ? { id: event.pointerId, x: event.clientX, y: event.clientY } : null;
  }

  private up(event: PointerEvent): void {
    const from = this.finger;
    this.finger = null;
    if (!from || from.id !== event.pointerId) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (Math.abs(dx) >= SWIPE && Math.abs(dx) > 2 * Math.abs(dy)) void this.go(this.at + (dx < 0 ? 1 : -1));
  }
}
