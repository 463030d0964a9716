/** Counts what of the view is still on its way: who keeps the view waits until nothing is. */
export class Coming {
  private under = 0;

  constructor(private readonly say: (whole: boolean) => void) {}

  async during<R>(work: () => Promise<R>): Promise<R> {
    this.under += 1;
    this.say(false);
    try {
      return await work();
    } finally {
      this.under -= 1;
      if (!this.under) this.say(true);
    }
  }
}
