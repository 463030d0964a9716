import { getJson } from "../core/api";
import { h, need } from "../core/dom";
import { t } from "../core/i18n";

interface Days {
  days: string[];
  told_from: string | null;
}

const PAUSE = 1200; // a frame stays so long, and as long as its answer takes

/** The library as of a day: a slider over the days on which something was recorded, played or moved by hand. */
export class Timeline {
  /** The day that is shown (YYYY-MM-DD); null for today. */
  day: string | null;
  private days: string[] = [];
  private toldFrom: string | null = null;
  private playing = false;
  private turn = 0;
  private readonly bar = need("#timeline");
  private readonly slider = h("input", { type: "range", class: "form-range", id: "timeline-slider", min: 0, step: 1, "aria-label": t("when.slider") });
  private readonly date = h("input", { type: "date", class: "form-control form-control-sm", id: "timeline-date", "aria-label": t("when.date"), max: today() });
  private readonly play = h("button", { type: "button", class: "btn btn-sm btn-outline-primary", id: "timeline-play" });
  private readonly note = h("p", { class: "row-note", role: "status" });

  constructor(
    start: string | null,
    private readonly show: (day: string | null) => Promise<void>,
  ) {
    this.day = start;
    this.slider.addEventListener("input", () => {
      this.halt();
      this.date.value = this.days[Number(this.slider.value)] ?? today();
      this.slider.setAttribute("aria-valuetext", this.date.value);
    });
    this.slider.addEventListener("change", () => this.take(this.days[Number(this.slider.value)] ?? null));
    this.date.addEventListener("change", () => this.date.value && this.date.value <= today() && (this.halt(), this.take(this.date.value)));
    this.play.addEventListener("click", () => (this.playing ? this.stop() : void this.run()));
    this.bar.replaceChildren(
      h("div", { class: "timeline-row" }, this.play, this.slider, this.date,
        h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", onclick: () => this.close() }, t("when.now"))),
      this.note);
    for (const event of ["click", "dblclick", "pointerdown", "wheel", "keydown"]) this.bar.addEventListener(event, (e) => e.stopPropagation());
    this.say();
    if (start) void this.open(false);
  }

  get isOpen(): boolean {
    return !this.bar.hidden;
  }

  async open(focus = true): Promise<void> {
    this.bar.hidden = false;
    try {
      if (!this.days.length) {
        const found = await getJson<Days>("/api/v1/projects/days/");
        // Today is always the last stop.
        this.days = [...found.days.filter((day) => day < today()), today()];
        this.toldFrom = found.told_from;
      }
      this.say();
      if (focus) this.slider.focus();
    } catch (error) {
      this.note.textContent = t("when.failed", { why: (error as Error).message });
    }
  }

  /** Back to today. */
  close(): void {
    this.stop();
    this.bar.hidden = true;
    this.take(null);
  }

  /** Takes over the day of an address, and asks nobody. */
  set(day: string | null): void {
    this.halt();
    this.day = day !== null && day < today() ? day : null;
    this.bar.hidden = this.day === null;
    if (this.day) void this.open(false);
    this.say();
  }

  private take(day: string | null): void {
    void this.go(day);
  }

  private async go(day: string | null): Promise<void> {
    const wanted = day !== null && day < today() ? day : null;
    if (wanted === this.day) return this.say();
    this.day = wanted;
    this.say();
    await this.show(wanted);
  }

  private async run(): Promise<void> {
    const turn = ++this.turn;
    this.playing = true;
    this.say();
    let at = this.index();
    if (at >= this.days.length - 1) at = -1;
    while (this.playing && this.turn === turn && at < this.days.length - 1) {
      await this.go(this.days[++at] ?? null);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    if (this.turn === turn) this.stop();
  }

  private stop(): void {
    this.halt();
    this.say();
  }

  /** Plays no further, and leaves the fields as somebody is setting them. */
  private halt(): void {
    this.playing = false;
    this.turn++;
  }

  /** The last stop that is not after the day that is shown. */
  private index(): number {
    const day = this.day ?? today();
    return Math.max(0, this.days.filter((one) => one <= day).length - 1);
  }

  private say(): void {
    this.slider.max = String(Math.max(0, this.days.length - 1));
    this.slider.value = String(this.index());
    this.slider.setAttribute("aria-valuetext", this.day ?? today());
    this.date.value = this.day ?? today();
    this.play.textContent = t(this.playing ? "when.pause" : "when.play");
    this.play.disabled = this.days.length < 2;
    const told = this.toldFrom ? t("when.toldFrom", { day: this.toldFrom }) : "";
    this.note.textContent = `${this.day ? t("when.shown", { day: this.day }) : t("when.today")} ${told}`.trim();
    document.querySelector('[data-panel-tool="timeline"]')?.setAttribute("aria-pressed", String(this.isOpen));
  }
}

const today = (): string => new Date().toLocaleDateString("sv-SE", { timeZone: "Asia/Shanghai" });
