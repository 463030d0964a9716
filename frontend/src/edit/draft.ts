import { area, type Ring } from "../core/geodesy";
import type { Mode } from "./drawing";
import { partsOf, type State } from "./state";

export interface Draft {
  form: 2;
  state: State;
  /** Where undo ends: what the work began from. */
  from: State;
  /** The ring or line that was being drawn. */
  sketch: { points: Ring; mode: Mode } | null;
  facts: Record<string, string>;
  saved: string;
  /** The version that was being changed: if there is a newer one, saving says so. */
  base: number | null;
}

/** Unsaved work, kept in this browser until it is saved or given up. Written at every step: a crash asks nobody. */
export class Drafts {
  private readonly key: string;

  constructor(project: number, user: string) {
    this.key = `site-draft:${user}:${project}`;
  }

  keep(draft: Omit<Draft, "saved" | "form">): void {
    try {
      localStorage.setItem(this.key, JSON.stringify({ form: 2, ...draft, saved: new Date().toISOString() }));
    } catch (error) {
      // A full or forbidden store: the page still warns before it is left.
      console.warn("draft not kept", error);
    }
  }

  find(): Draft | null {
    const text = localStorage.getItem(this.key);
    if (!text) return null;
    try {
      const draft = JSON.parse(text) as Draft;
      if (draft.form === 2 && (area(partsOf(draft.state)) > 0 || (draft.sketch?.points.length ?? 0) > 1)) return draft;
    } catch {
      // What can't be read is nobody's work.
    }
    this.drop();
    return null;
  }

  drop(): void {
    localStorage.removeItem(this.key);
  }
}
