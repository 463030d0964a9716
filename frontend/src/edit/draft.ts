import { area, type MultiPolygon } from "../core/geodesy";

export interface Draft {
  parts: MultiPolygon;
  facts: Record<string, string>;
  saved: string;
  /** The version that was being changed: a draft of an older one is still offered, and says so by its date. */
  base: number | null;
}

/** Unsaved work, kept in this browser until it is saved or given up. */
export class Drafts {
  private readonly key: string;

  constructor(project: number, user: string) {
    this.key = `site-draft:${user}:${project}`;
  }

  keep(draft: Omit<Draft, "saved">): void {
    try {
      localStorage.setItem(this.key, JSON.stringify({ ...draft, saved: new Date().toISOString() }));
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
      return draft.parts.length && area(draft.parts) > 0 ? draft : null;
    } catch {
      this.drop();
      return null;
    }
  }

  drop(): void {
    localStorage.removeItem(this.key);
  }
}
