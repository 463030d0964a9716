import { describe, expect, it } from "vitest";
import { inTurn } from "../src/core/in-turn";

describe("one after another", () => {
  it("begins none before the one that was asked for earlier has ended, and goes on after a failure", async () => {
    const said: string[] = [];
    const ends: (() => void)[] = [];
    const open = inTurn(async (name: string) => {
      said.push(`${name} begins`);
      await new Promise<void>((end) => ends.push(end));
      said.push(`${name} ends`);
      if (name === "a") throw new Error("no a");
      return name;
    });
    const settled = Promise.allSettled([open("a"), open("b"), open("c")]);
    for (const n of [0, 1, 2]) {
      while (ends.length <= n) await Promise.resolve();
      expect(ends).toHaveLength(n + 1);
      ends[n]!();
    }
    expect(await settled).toMatchObject([{ status: "rejected" }, { value: "b" }, { value: "c" }]);
    expect(said).toEqual(["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });
});
