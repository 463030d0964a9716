import { h, need } from "../core/dom";
import type { Position } from "../core/geodesy";
import { t } from "../core/i18n";
import type { Drawing, LineMode, PickMode } from "./drawing";
import type { Operations } from "./operations";
import type { FormName } from "./tool-forms";

/** The menu of tools: each by a click, by Tab and arrows, or by its letter. */
export class Tools {
  private width = 20;
  private readonly menu = need("#tools-menu");
  private readonly toggle = need<HTMLButtonElement>("#tools");
  private readonly form = need<HTMLFormElement>("#tool-form");

  constructor(
    private readonly drawing: Drawing,
    private readonly operations: Operations,
    /** Codes of the layers that are shown: what a click may copy or cut out. */
    private readonly layers: () => string[],
    private readonly chosen: () => Set<number>,
    private readonly say: (text: string) => void,
  ) {
    this.toggle.addEventListener("click", () => this.open(Boolean(this.menu.hidden)));
    this.menu.addEventListener("click", (event) => {
      const tool = (event.target as HTMLElement).closest<HTMLElement>("[data-tool]")?.dataset["tool"];
      if (tool) this.use(tool);
    });
    this.menu.addEventListener("keydown", (event) => {
      if (event.key === "Escape") return this.open(false), this.toggle.focus();
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const items = [...this.menu.querySelectorAll<HTMLButtonElement>("button:not(:disabled)")];
      items[(items.indexOf(document.activeElement as HTMLButtonElement) + step + items.length) % items.length]?.focus();
      event.preventDefault();
    });
    document.addEventListener("click", (event) => {
      if (!this.menu.hidden && !this.menu.contains(event.target as Node) && !this.toggle.contains(event.target as Node)) this.open(false);
    });
  }

  refresh(): void {
    const { plots } = this.drawing.state;
    for (const item of this.menu.querySelectorAll<HTMLButtonElement>("[data-tool]")) {
      const tool = item.dataset["tool"]!;
      item.disabled = tool === "merge" ? plots.length < 2 : !["strip", "copy", "keys"].includes(tool) && !plots.length;
      item.setAttribute("aria-pressed", String(this.drawing.currentMode === tool));
    }
  }

  open(open: boolean): void {
    this.menu.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
    if (open) this.menu.querySelector<HTMLButtonElement>("button:not(:disabled)")?.focus();
  }

  use(tool: string): void {
    if (this.menu.querySelector<HTMLButtonElement>(`[data-tool="${tool}"]`)?.disabled) return;
    this.open(false);
    this.closeForm();
    this.operations.clear();
    if (tool === "merge") return void this.merge();
    if (tool === "split" || tool === "copy" || tool === "cut") return this.drawing.setMode(this.drawing.currentMode === tool ? "idle" : tool);
    void this.ask(tool as FormName);
  }

  private async merge(): Promise<void> {
    if (this.chosen().size === 1) return this.say(t("tool.chooseTwo"));
    await this.operations.run("merge");
  }

  private async ask(name: FormName): Promise<void> {
    const { openForm } = await import("./tool-forms");
    this.drawing.setMode("idle");
    openForm(name, (values) => void this.submit(name, values), () => this.closeForm());
  }

  private async submit(name: FormName, values: Record<string, number | boolean>): Promise<void> {
    if (name === "strip") {
      this.width = Number(values["width_m"]);
      this.closeForm();
      return this.drawing.setMode("strip");
    }
    const operation = name === "snap" ? "snap_clean" : name === "move" ? "move" : "buffer";
    const more = name === "snap" ? { layers: this.layers() } : {};
    if (await this.operations.run(operation, { ...values, ...more })) this.closeForm();
    else need("#tool-form-error").replaceChildren(h("p", { class: "form-error" }, need("#tool-result").textContent ?? ""));
  }

  closeForm(): void {
    if (this.form.hidden) return;
    this.form.hidden = true;
    this.toggle.focus();
  }

  line(points: Position[], mode: LineMode): void {
    const line = { type: "LineString", coordinates: points };
    void this.operations.run(mode, mode === "strip" ? { line, width_m: this.width } : { line });
  }

  cut(ring: Position[]): void {
    void this.operations.run("cut_out", { shape: { type: "Polygon", coordinates: [[...ring, ring[0]!]] } });
  }

  async pick(at: Position, mode: PickMode): Promise<void> {
    await this.operations.run(mode === "copy" ? "copy" : "cut_out", { at, layers: this.layers() });
  }
}
