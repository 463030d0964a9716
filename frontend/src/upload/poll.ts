/** Asks again and again, every second while something changes, more and more seldom while nothing does. */
export class Poll {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wait = FIRST;
  private running = false;

  /** `ask` says whether anything changed; `wanted` whether there is anything to wait for. */
  constructor(
    private readonly ask: () => Promise<boolean>,
    private readonly wanted: () => boolean,
  ) {
    document.addEventListener("visibilitychange", () => !document.hidden && this.soon());
  }

  /** Something was done: look at once. */
  soon(): void {
    this.wait = FIRST;
    clearTimeout(this.timer);
    if (!this.running) void this.turn();
  }

  private async turn(): Promise<void> {
    if (!this.wanted() || document.hidden) return;
    this.running = true;
    let changed = false;
    try {
      changed = await this.ask();
    } catch {
      // The server can't be reached just now; the next turn comes later.
    }
    this.running = false;
    this.wait = changed ? FIRST : Math.min(LONGEST, this.wait * 1.5);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.turn(), this.wait);
  }
}

const FIRST = 1000;
const LONGEST = 4000;
