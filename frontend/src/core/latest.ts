/** Runs the newest request only: waits for a pause, stops the one before, and lets no late answer win. */
export class Latest<Q, R> {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private controller: AbortController | null = null;
  private turn = 0;

  constructor(
    private readonly ask: (question: Q, signal: AbortSignal) => Promise<R>,
    private readonly on: { start?(): void; answer(result: R): void; failure(error: unknown): void },
    private readonly wait = 250,
  ) {}

  schedule(question: Q): void {
    this.cancel();
    this.timer = setTimeout(() => void this.run(question), this.wait);
  }

  cancel(): void {
    clearTimeout(this.timer);
    this.controller?.abort();
    this.controller = null;
    this.turn++;
  }

  private async run(question: Q): Promise<void> {
    const turn = ++this.turn;
    const controller = (this.controller = new AbortController());
    this.on.start?.();
    try {
      const result = await this.ask(question, controller.signal);
      if (turn === this.turn) this.on.answer(result);
    } catch (error) {
      if (turn === this.turn && !controller.signal.aborted) this.on.failure(error);
    }
  }
}
