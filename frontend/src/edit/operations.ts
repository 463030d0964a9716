import { postJson, Problem } from "../core/api";
import { h, need } from "../core/dom";
import type { Position } from "../core/geodesy";
import { t, term } from "../core/i18n";
import { metres } from "../core/format";
import type { Drawing } from "./drawing";
import { problemList } from "./problems";
import { fromDrawing, toDrawing, type Drawn } from "./state";

export type Operation = "split" | "merge" | "buffer" | "cut_out" | "copy" | "strip" | "move" | "snap_clean";

export interface Moved {
  plot: number;
  change: string;
  before: Position;
  after: Position;
  metres: number;
}

interface Answer {
  drawing: Drawn;
  touched: number[];
  moved: Moved[];
  moved_total: number;
  notices: { code: string; text: string; place?: [number, number] | null }[];
}

/** Runs a tool on the server and takes its drawing as one step. What was drawn meanwhile is never overwritten. */
export class Operations {
  private running = false;
  private readonly result = need("#tool-result");

  constructor(
    private readonly drawing: Drawing,
    private readonly project: number,
    private readonly plots: { chosen: Set<number>; choose(indexes: Iterable<number>): void },
    private readonly on: { say(text: string): void; showPlace(place: [number, number]): void },
  ) {}

  async run(operation: Operation, parameters: Record<string, unknown> = {}): Promise<boolean> {
    if (this.running) return false;
    this.running = true;
    const before = this.drawing.state;
    this.result.replaceChildren(h("p", { class: "busy" }, t("tool.busy")));
    try {
      const answer = await postJson<Answer>("/api/v1/boundaries/edit/", {
        operation, project: this.project, drawing: before.plots.length ? toDrawing(before) : null, plots: [...this.plots.chosen], ...parameters,
      });
      if (this.drawing.state !== before) {
        this.result.replaceChildren(h("div", { class: "alert alert-warning", role: "alert" }, t("tool.overtaken")));
        return false;
      }
      if (answer.touched.length || answer.drawing.features.length !== before.plots.length) {
        this.drawing.commit(fromDrawing(answer.drawing));
        // Only what the tool made is what the next tool means; where it was all, that is said by choosing nothing.
        this.plots.choose(answer.touched.length < answer.drawing.features.length ? answer.touched : []);
      }
      this.show(operation, answer);
      return true;
    } catch (error) {
      const items = error instanceof Problem ? error.items : [];
      const text = error instanceof Problem ? `${error.title} ${error.detail}` : t("check.network");
      this.result.replaceChildren(h("div", { class: "alert alert-danger", role: "alert" }, items.length ? problemList(items, this.on.showPlace) : text));
      return false;
    } finally {
      this.running = false;
    }
  }

  clear(): void {
    this.result.replaceChildren();
  }

  private show(operation: Operation, answer: Answer): void {
    const done = t(`tool.done.${operation}`, { n: answer.touched.length });
    this.on.say(done);
    const notes = answer.notices.filter((notice) => notice.text);
    this.result.replaceChildren(
      h("div", { class: "alert alert-success" }, h("p", {}, `${done} ${t("tool.undo")}`), notes.length ? h("ul", { class: "notes" }, ...notes.map((notice) => h("li", {}, notice.text))) : "",
        answer.moved.length ? this.table(answer) : ""),
    );
  }

  /** What snap-clean did to every point, and by how much. */
  private table({ moved, moved_total }: Answer): HTMLElement {
    const most = Math.max(...moved.map((one) => one.metres));
    return h("details", { class: "moved" }, h("summary", {}, t("moved.summary", { n: moved_total, most: metres(most) })),
      h("ol", {}, ...moved.map((one) => h("li", {},
        h("button", { type: "button", class: "btn-link-plain", onclick: () => this.on.showPlace(one.after) }, t("moved.row", { plot: one.plot + 1, what: term("moved", one.change) })), ` ${one.metres.toFixed(3)} m`))));
  }
}
