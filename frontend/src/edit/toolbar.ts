import { need } from "../core/dom";
import { t } from "../core/i18n";
import type { Drawing, Mode } from "./drawing";
import type { Tools } from "./tools";

/** Buttons and keys of the editor: every button is reached by Tab, arrows move within the bar as well. */
export function toolbar(drawing: Drawing, tools: Tools, say: (text: string) => void, fit: () => void): { refresh(): void } {
  const bar = need("#toolbar");
  const buttons = [...bar.querySelectorAll<HTMLButtonElement>("button")];
  const undo = need<HTMLButtonElement>("#undo");
  const redo = need<HTMLButtonElement>("#redo");

  const refresh = (): void => {
    for (const button of buttons) {
      const mode = button.dataset["mode"] as Mode | undefined;
      if (!mode) continue;
      button.setAttribute("aria-pressed", String(drawing.currentMode === mode));
      button.disabled = mode !== "draw" && !drawing.parts.length;
    }
    tools.refresh();
    undo.disabled = !drawing.canUndo;
    redo.disabled = !drawing.canRedo;
  };
  const step = (back: boolean): void => {
    const done = back ? drawing.undo() : drawing.redo();
    if (done) say(t(back ? "edit.undone" : "edit.redone"));
    if (!drawing.parts.length && !["draw", "strip", "copy"].includes(drawing.currentMode)) drawing.setMode("idle");
    refresh();
  };
  bar.addEventListener("click", (event) => {
    const mode = (event.target as HTMLElement).closest<HTMLElement>("[data-mode]")?.dataset["mode"] as Mode | undefined;
    if (mode) drawing.setMode(drawing.currentMode === mode ? "idle" : mode);
  });
  undo.addEventListener("click", () => step(true));
  redo.addEventListener("click", () => step(false));
  need("#fit").addEventListener("click", fit);
  const layers = need<HTMLButtonElement>("#layers-toggle");
  layers.addEventListener("click", () => {
    const panel = need("#panel-layers");
    panel.hidden = !panel.hidden;
    layers.setAttribute("aria-expanded", String(!panel.hidden));
  });

  /** A letter alone is a tool's, while the map or nothing has the focus; whoever dictates can switch that off. */
  const letter = (event: KeyboardEvent): void => {
    if (localStorage.getItem("edit-keys") === "off" || (event.target as HTMLElement).closest(".side, dialog, .tool-form, .typed, .site-header")) return;
    const key = event.key === "?" ? "?" : event.key.toUpperCase();
    const button = document.querySelector<HTMLButtonElement>(`#map-page [data-key="${CSS.escape(key)}"]`);
    if (!button || button.disabled) return;
    event.preventDefault();
    const tool = button.dataset["tool"];
    if (tool) tools.use(tool);
    else button.click();
  };
  document.addEventListener("keydown", (event) => {
    const field = (event.target as HTMLElement).closest("input, textarea, select");
    if (field && (field as HTMLInputElement).type !== "checkbox") return;
    const key = event.key.toLowerCase();
    if (event.key === "Escape") {
      tools.closeForm();
      if (drawing.currentMode !== "idle") drawing.setMode("idle");
    }
    if (!(event.ctrlKey || event.metaKey) && !event.altKey) return letter(event);
    if (event.altKey) return;
    if (key === "z" || key === "y") {
      event.preventDefault();
      step(key === "z" && !event.shiftKey);
    }
  });
  bar.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    const usable = buttons.filter((b) => !b.disabled && b.offsetParent);
    if (need("#tools-menu").contains(document.activeElement)) return;
    const at = usable.indexOf(document.activeElement as HTMLButtonElement);
    usable[(at + move + usable.length) % usable.length]?.focus();
    event.preventDefault();
  });
  return { refresh };
}
