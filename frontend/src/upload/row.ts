import { h } from "../core/dom";
import { t } from "../core/i18n";
import { bytes, type Upload } from "./state";

/** What the browser is doing with a file, beside what the server says. */
export type Doing = "" | "queued" | "checking" | "sending" | "waiting";

export interface Acts {
  resume(row: Row): void;
  cancel(row: Row): void;
}

/** One file of the list: name, state, progress and what can be done. Only what changed is written anew. */
export class Row {
  readonly element: HTMLLIElement;
  private readonly bar = h("progress", { max: 100, value: 0 });
  private readonly state = h("span", { class: "upload-state" });
  private readonly text = h("span", { class: "upload-text" });
  private readonly notes = h("div", { class: "upload-notes" });
  private readonly buttons = h("div", { class: "upload-buttons" });
  private doing: Doing = "";
  private detail = "";
  private sent = 0;
  private drawn = "";

  constructor(
    public upload: Upload,
    private readonly acts: Acts,
  ) {
    this.bar.setAttribute("aria-label", upload.filename);
    this.element = h(
      "li",
      { class: "upload-row", "data-uuid": upload.uuid },
      h("div", { class: "upload-name" }, h("a", { href: upload.page }, upload.filename), h("small", {}, bytes(upload.size)), this.state),
      h("div", { class: "upload-progress" }, this.bar, this.text),
      this.notes,
      this.buttons,
    );
    this.draw();
  }

  /** Takes what the server says; returns whether anything is new. */
  take(upload: Upload): boolean {
    const before = this.drawn;
    this.upload = upload;
    this.draw();
    return this.drawn !== before;
  }

  show(doing: Doing, detail = "", sent = this.upload.received): void {
    this.doing = doing;
    this.detail = detail;
    this.sent = sent;
    this.draw();
  }

  get busy(): boolean {
    return this.doing !== "";
  }

  private draw(): void {
    const u = this.upload;
    const receiving = u.state === "receiving";
    const share = receiving ? Math.max(this.sent, u.received) / u.size : u.percent / 100;
    const percent = Math.floor(share * 100);
    const running = receiving || u.at_work;
    const words = !running ? "" : receiving ? this.words(percent) : `${u.phase_label || u.state_label} ${percent}%${u.total > 0 && u.phase !== "inspecting" ? ` · ${u.done} / ${u.total}` : ""}`;
    const now = JSON.stringify([u.state, u.messages, percent, words, u.version_page, this.doing, u.layer]);
    if (now === this.drawn) return;
    this.drawn = now;
    this.element.dataset["state"] = u.state;
    this.state.textContent = `${u.state_label}${u.layer ? ` · ${u.layer}` : ""}`;
    this.bar.hidden = !running;
    this.bar.value = percent;
    this.text.textContent = words;
    this.notes.replaceChildren(...u.messages.map((message) => h("p", { class: "upload-note" }, message)), ...(this.detail && !running ? [h("p", { class: "upload-note" }, this.detail)] : []));
    if (receiving && this.detail && this.doing === "") this.notes.append(h("p", { class: "upload-note" }, this.detail));
    this.buttons.replaceChildren(...this.actions());
  }

  private words(percent: number): string {
    const u = this.upload;
    const amount = `${bytes(Math.max(this.sent, u.received))} / ${bytes(u.size)}`;
    if (this.doing === "queued") return t("upload.queued");
    if (this.doing === "checking") return `${t("upload.checking")} ${this.detail}`;
    if (this.doing === "waiting") return `${t("upload.waiting", { seconds: this.detail })} ${amount}`;
    if (this.doing === "sending") return `${percent}% · ${amount}`;
    return `${t("upload.paused")} ${amount}`;
  }

  private actions(): HTMLElement[] {
    const u = this.upload;
    const found: HTMLElement[] = [];
    if (u.state === "receiving" && !this.busy) found.push(h("button", { type: "button", class: "btn btn-sm btn-primary", onclick: () => this.acts.resume(this) }, t("upload.resume"), h("span", { class: "visually-hidden" }, ` ${u.filename}`)));
    if (u.state === "asking") found.push(h("a", { class: "btn btn-sm btn-primary", href: u.page }, t("upload.answer"), h("span", { class: "visually-hidden" }, ` ${u.filename}`)));
    if (u.state === "refused" || u.state === "failed") found.push(h("a", { class: "btn btn-sm btn-outline-primary", href: u.page }, t("upload.look"), h("span", { class: "visually-hidden" }, ` ${u.filename}`)));
    if (u.version_page) found.push(h("a", { class: "btn btn-sm btn-outline-primary", href: u.version_page }, t("upload.version", { number: u.number ?? "" })));
    if (u.cancellable) found.push(h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", onclick: () => this.acts.cancel(this) }, t("upload.cancel"), h("span", { class: "visually-hidden" }, ` ${u.filename}`)));
    return found;
  }
}
