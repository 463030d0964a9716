import { postForm, postJson, Problem } from "../core/api";
import { h, need } from "../core/dom";
import { t } from "../core/i18n";
import type { Answers } from "./files";
import type { Newer } from "./newer";
import { EMPTY, toDrawing, type State } from "./state";

interface Saved {
  id: number;
  number: number;
}

const NOTHING = JSON.stringify(EMPTY);

const ANSWERS = new Set(["epsg", "central_meridian", "width_m", "layer"]);
const asksAgain = (error: unknown): boolean => error instanceof Problem && error.items.some((item) => ANSWERS.has(item.field ?? ""));

/** Saving as a new version, then the check that is kept. An unedited file is saved as the file it was. */
export class Saving {
  file: File | null = null;
  version: number | null;
  dirty = false;
  private number: number;
  private answers: Answers = {};
  private fileState = "";
  private savedState = NOTHING;
  private factsTouched = false;
  private busy = false;
  private readonly line = need("#save-state");

  constructor(
    private readonly page: HTMLElement,
    private readonly facts: Record<string, string>,
    private readonly state: () => State,
    private readonly done: () => void,
    private readonly overtaken: (newer: Newer, detail: string, again: () => void) => void,
  ) {
    this.version = page.dataset["version"] ? Number(page.dataset["version"]) : null;
    this.number = Number(page.dataset["number"] ?? 0);
    need("#save").addEventListener("click", () => void this.save(false));
    need("#save-check").addEventListener("click", () => void this.save(true));
    window.addEventListener("beforeunload", (event) => {
      if (this.dirty) event.preventDefault();
    });
  }

  start(state: State): void {
    this.savedState = JSON.stringify(state);
  }

  keepFile(file: File, answers: Answers, state: State): void {
    this.file = file;
    this.answers = answers;
    this.fileState = JSON.stringify(state);
  }

  touch(): void {
    this.factsTouched = true;
    this.update();
  }

  changed(state: State): void {
    this.update(JSON.stringify(state), state.plots.length > 0);
  }

  private update(now = JSON.stringify(this.state()), any = this.state().plots.length > 0): void {
    this.dirty = (now !== this.savedState || this.factsTouched) && any;
    const notes = [this.dirty ? t("edit.unsaved") : ""];
    if (this.dirty && this.file) notes.push(now === this.fileState ? t("edit.original", { name: this.file.name }) : t("edit.originalChanged"));
    this.line.textContent = notes.filter(Boolean).join(" · ");
  }

  private async save(thenCheck: boolean): Promise<void> {
    const now = this.state();
    if (this.busy) return;
    if (!now.plots.length) return void (this.line.textContent = t("save.needBoundary"));
    this.busy = true;
    this.buttons(true);
    try {
      if (this.dirty || this.version === null) await this.store(now);
      else this.say(thenCheck ? t("save.alreadySaved", { number: this.number }) : t("save.saved", { number: this.number }));
      if (thenCheck) await this.check();
    } catch (error) {
      const newer = error instanceof Problem && error.status === 409 ? (error.body["newer"] as Newer | undefined) : undefined;
      if (newer) {
        this.complain("save.failed", error);
        this.overtaken(newer, (error as Problem).detail, () => {
          this.version = newer.id;
          void this.save(thenCheck);
        });
      } else this.complain("save.failed", error);
    } finally {
      this.busy = false;
      this.buttons(false);
    }
  }

  private async store(state: State): Promise<void> {
    this.progress(t("save.saving"));
    const now = JSON.stringify(state);
    const url = `/api/v1/projects/${this.page.dataset["project"]}/site-versions/`;
    const facts = Object.fromEntries(Object.entries(this.facts).filter(([, v]) => v !== ""));
    const opened = this.file && now === this.fileState ? this.file : null;
    const file = opened ?? (await this.originalIfUntouched(now));
    const drawn = (): Promise<Saved> => postJson<Saved>(url, { geometry: toDrawing(state), facts, based_on: this.version });
    let saved: Saved;
    if (file) {
      const form = new FormData();
      form.set("file", file, file.name);
      form.set("facts", JSON.stringify(facts));
      form.set("based_on", this.version === null ? "" : String(this.version));
      for (const [name, value] of Object.entries(this.answers)) form.set(name, value);
      // A file that was kept asks again what was answered when it was opened; the boundary itself knows the answer.
      saved = await postForm<Saved>(url, form).catch((error: unknown) => (!opened && asksAgain(error) ? drawn() : Promise.reject(error)));
    } else saved = await drawn();
    this.version = saved.id;
    this.number = saved.number;
    need("#version-number").textContent = ` · ${t("edit.version", { number: saved.number })}`;
    this.savedState = now;
    this.factsTouched = false;
    this.dirty = false;
    this.done();
    this.say(t("save.saved", { number: saved.number }));
  }

  /** Only the answers changed: the boundary goes in again as the file that it came from. */
  private async originalIfUntouched(now: string): Promise<File | null> {
    const url = this.page.dataset["original"];
    if (!url || now !== this.savedState) return null;
    const response = await fetch(url, { credentials: "same-origin" });
    if (!response.ok) throw new Error(`${response.status}`);
    return new File([await response.blob()], this.page.dataset["source"] || "boundary");
  }

  /** The work goes on from another version: a draft's own, or one that was saved meanwhile. */
  rebase(version: number | null): void {
    this.version = version;
  }

  private async check(): Promise<void> {
    this.progress(t("save.checking"));
    try {
      const check = await postJson<{ url: string }>(`/api/v1/site-versions/${this.version}/checks/`, {});
      location.assign(check.url);
    } catch (error) {
      this.complain("save.checkFailed", error);
    }
  }

  private complain(key: "save.failed" | "save.checkFailed", error: unknown): void {
    if (error instanceof Problem) {
      const why = error.items.map((i) => i.message ?? i.text ?? "").filter(Boolean).join(" ") || error.detail || error.title;
      this.say(t(key, { why }));
    } else this.say(t("save.unreachable"));
    this.line.classList.add("is-error");
  }

  private progress(text: string): void {
    this.line.classList.remove("is-error");
    this.line.replaceChildren(h("span", { class: "busy" }, text));
  }
  private say(text: string): void {
    this.line.classList.remove("is-error");
    this.line.textContent = text;
  }
  private buttons(disabled: boolean): void {
    document.querySelectorAll<HTMLButtonElement>("#save, #save-check").forEach((b) => (b.disabled = disabled));
  }
}
