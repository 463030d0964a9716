import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { History } from "../src/core/history";
import { Latest } from "../src/core/latest";

describe("history", () => {
  it("goes back and forth through every state and forgets the future on a change", () => {
    const history = new History(0);
    [1, 2, 3].forEach((s) => history.push(s));
    expect([history.undo(), history.undo()]).toEqual([2, 1]);
    expect(history.redo()).toBe(2);
    history.push(9);
    expect(history.canRedo).toBe(false);
    expect([history.undo(), history.undo(), history.undo(), history.undo()]).toEqual([2, 1, 0, null]);
  });
});

describe("latest", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("asks once after a pause, and a late answer never wins", async () => {
    const waiting: ((r: string) => void)[] = [];
    const asked: string[] = [];
    const answers: string[] = [];
    const latest = new Latest<string, string>(
      (q) => (asked.push(q), new Promise((resolve) => waiting.push(() => resolve(q)))),
      { answer: (r) => void answers.push(r), failure: () => void answers.push("failed") },
    );
    latest.schedule("a");
    latest.schedule("b");
    await vi.advanceTimersByTimeAsync(300);
    latest.schedule("c");
    await vi.advanceTimersByTimeAsync(300);
    waiting[1]!("");
    waiting[0]!("");
    await vi.runAllTimersAsync();
    expect(asked).toEqual(["b", "c"]);
    expect(answers).toEqual(["c"]);
  });

  it("reports a failure of the newest only", async () => {
    const failures: unknown[] = [];
    const latest = new Latest<number, number>((q) => Promise.reject(new Error(String(q))), {
      answer: () => undefined,
      failure: (e) => void failures.push((e as Error).message),
    });
    latest.schedule(1);
    latest.schedule(2);
    await vi.advanceTimersByTimeAsync(300);
    expect(failures).toEqual(["2"]);
  });
});
