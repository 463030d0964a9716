/** Undo and redo over whole states: nothing that was drawn can get lost between two of them. */
export class History<T> {
  private past: T[] = [];
  private future: T[] = [];

  constructor(private present: T, private readonly limit = 200) {}

  get current(): T {
    return this.present;
  }
  get canUndo(): boolean {
    return this.past.length > 0;
  }
  get canRedo(): boolean {
    return this.future.length > 0;
  }

  push(state: T): void {
    this.past.push(this.present);
    if (this.past.length > this.limit) this.past.shift();
    this.present = state;
    this.future = [];
  }

  undo(): T | null {
    const state = this.past.pop();
    if (state === undefined) return null;
    this.future.push(this.present);
    return (this.present = state);
  }

  redo(): T | null {
    const state = this.future.pop();
    if (state === undefined) return null;
    this.past.push(this.present);
    return (this.present = state);
  }

  /** Starts again at a state, for example one that was just loaded. */
  reset(state: T): void {
    this.past = [];
    this.future = [];
    this.present = state;
  }
}
