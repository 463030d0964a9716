import { postForm, postJson, Problem } from "../core/api";
import { h, need } from "../core/dom";
import type { MultiPolygon } from "../core/geodesy";
import { t } from "../core/i18n";
import { toGeoJson } from "./shape";

interface Saved {
  id: number;
  number: number;
}

/** Saving as a new version, then the check that is kept. An unedited file is saved as the file it was. */
export class Saving {
  file: File | null = null;
  version: number | null;
  dirty = false;
  private number: number;
  private meridian: number | null = null;
  private fileParts = "";
  private savedParts = "[]";
  private factsTouched = false;
  private busy = false;
  private readonly state = need("#save-state");

  constructor(
    private readonly page: HTMLElement,
    private readonly facts: Record<string, string>,
    private readonly parts: () => MultiPolygon,
    private readonly done: () => void,
  ) {
    this.version = page.dataset["version"] ? Number(page.dataset["version"]) : null;
    this.number = Number(page.dataset["number"] ?? 0);
    need("#save").addEventListener("click", () => void this.save(false));
    need("#save-check").addEventListener("click", () => void this.save(true));
    window.addEventListener("beforeunload", (event) => {
      if (this.dirty) event.preventDefault();
    });
  }

  start(parts: MultiPolygon): void {
    this.savedParts = JSON.stringify(parts);
  }

  keepFile(file: File, meridian: number | null, parts: MultiPolygon): void {
    this.file = file;
    this.meridian = meridian;
    this.fileParts = JSON.stringify(parts);
  }

  touch(): void {
    this.factsTouched = true;
    this.update();
  }

  changed(parts: MultiPolygon): void {
    this.update(JSON.stringify(parts));
  }

  private update(now = JSON.stringify(this.parts())): void {
    this.dirty = (now !== this.savedParts || this.factsTouched) && now !== "[]";
    const notes = [this.dirty ? t("edit.unsaved") : ""];
    if (this.dirty && this.file) notes.push(now === this.fileParts ? t("edit.original", { name: this.file.name }) : t("edit.originalChanged"));
    this.state.textContent = notes.filter(Boolean).join(" · ");
  }

  private async save(thenCheck: boolean): Promise<void> {
    const parts = this.parts();
    if (this.busy) return;
    if (!parts.length) return void (this.state.textContent = t("save.needBoundary"));
    this.busy = true;
    this.buttons(true);
    try {
      if (this.dirty || this.version === null) await this.store(parts);
      else this.say(thenCheck ? t("save.alreadySaved", { number: this.number }) : t("save.saved", { number: this.number }));
      if (thenCheck) await this.check();
    } catch (error) {
      this.complain("save.failed", error);
    } finally {
      this.busy = false;
      this.buttons(false);
    }
  }

  private async store(parts: MultiPolygon): Promise<void> {
    this.progress(t("save.saving"));
    const now = JSON.stringify(parts);
    const url = `/api/v1/projects/${this.page.dataset["project"]}/site-versions/`;
    const facts = Object.fromEntries(Object.entries(this.facts).filter(([, v]) => v !== ""));
    const file = this.file && now === this.fileParts ? this.file : await this.originalIfUntouched(now);
    let saved: Saved;
    if (file) {
      const form = new FormData();
      form.set("file", file, file.name);
      form.set("facts", JSON.stringify(facts));
      if (this.meridian !== null) form.set("central_meridian", String(this.meridian));
      saved = await postForm<Saved>(url, form);
    } else saved = await postJson<Saved>(url, { geometry: toGeoJson(parts), facts });
    this.version = saved.id;
    this.number = saved.number;
    this.savedParts = now;
    this.factsTouched = false;
    this.dirty = false;
    this.done();
    this.say(t("save.saved", { number: saved.number }));
  }

  /** Only the answers changed: the boundary goes in again as the file that it came from. */
  private async originalIfUntouched(now: string): Promise<File | null> {
    const url = this.page.dataset["original"];
    if (!url || now !== this.savedParts) return null;
    const response = await fetch(url, { credentials: "same-origin" });
    if (!response.ok) throw new Error(`${response.status}`);
    return new File([await response.blob()], this.page.dataset["source"] || "boundary");
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
    this.state.classList.add("is-error");
  }

  private progress(text: string): void {
    this.state.classList.remove("is-error");
    this.state.replaceChildren(h("span", { class: "busy" }, text));
  }
  private say(text: string): void {
    this.state.classList.remove("is-error");
    this.state.textContent = text;
  }
  private buttons(disabled: boolean): void {
    document.querySelectorAll<HTMLButtonElement>("#save, #save-check").forEach((b) => (b.disabled = disabled));
  }
}
