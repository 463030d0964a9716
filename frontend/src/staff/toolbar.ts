import { need } from "../core/dom";
import { t } from "../core/i18n";
import type { AreaPick } from "./area";
import type { Measure, Measuring } from "./measure";
import type { Panel } from "./panels";
import type { Printing } from "./printing";
import type { Timeline } from "./timeline";

/** The tools that have a panel of their own. */
export function panelTools(area: AreaPick, timeline: Timeline, rest: () => void, open: () => void, back: () => void): void {
  document.querySelector('[data-panel-tool="area"]')?.addEventListener("click", () => {
    if (area.drawing || area.text) return (area.clear(), back());
    rest();
    open();
    area.start("rect");
  });
  document.querySelector('[data-panel-tool="timeline"]')?.addEventListener("click", () => (timeline.isOpen ? timeline.close() : void timeline.open()));
}

/** The tools that take clicks on the map, and the link to what it shows. */
export function tools(measure: Measure, printing: Printing, show: (panel: Panel) => void): void {
  document.querySelectorAll<HTMLButtonElement>("[data-tool]").forEach((button) =>
    button.addEventListener("click", () => {
      const kind = button.dataset["tool"]!;
      const on = kind === "print" ? printing.active : measure.active === kind;
      if (on) return (measure.stop(), printing.stop(), show("projects"));
      if (kind === "print") {
        measure.stop();
        printing.start();
      } else {
        printing.stop();
        measure.start(kind as Measuring);
      }
    }));
  need("#copy-link").addEventListener("click", () => {
    const say = (key: "link.copied" | "link.failed"): void => {
      const note = need("#map-toast");
      note.textContent = t(key);
      note.hidden = false;
      setTimeout(() => (note.hidden = true), 4000);
    };
    // Only a secure page may write to the clipboard.
    if (!navigator.clipboard) return say("link.failed");
    navigator.clipboard.writeText(location.href).then(() => say("link.copied"), () => say("link.failed"));
  });
}
