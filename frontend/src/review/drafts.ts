/** What was typed and not yet sent, by finding: it survives a refusal, a reload and a lost connection. */
export class Drafts {
  private readonly key: string;
  private words: Record<string, string> = {};

  constructor(check: number, private readonly store: Pick<Storage, "getItem" | "setItem" | "removeItem"> | null) {
    this.key = `review-drafts-${check}`;
    try {
      const kept: unknown = JSON.parse(store?.getItem(this.key) ?? "{}");
      if (kept && typeof kept === "object") {
        for (const [name, value] of Object.entries(kept)) if (typeof value === "string") this.words[name] = value;
      }
    } catch {
      this.words = {};
    }
  }

  get = (name: string): string => this.words[name] ?? "";

  set(name: string, text: string): void {
    if (text) this.words[name] = text;
    else delete this.words[name];
    try {
      if (Object.keys(this.words).length) this.store?.setItem(this.key, JSON.stringify(this.words));
      else this.store?.removeItem(this.key);
    } catch {
      // A full or forbidden store: the words are still in their field.
    }
  }
}

/** The tab's own store, where the browser allows one. */
export function tabStore(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}
