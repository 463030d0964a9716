import { expect, test } from "vitest";
import { Coming } from "../src/staff/coming";

test("a view is whole only when all that was on its way has come, well or badly", async () => {
  const said: boolean[] = [];
  const coming = new Coming((whole) => said.push(whole));
  const gates: (() => void)[] = [];
  const gate = (): Promise<void> => new Promise((open) => gates.push(open));
  const first = coming.during(gate);
  const second = coming.during(async () => {
    await gate();
    throw new Error("refused");
  });
  expect(said).toEqual([false, false]);
  gates[0]!();
  await first;
  expect(said).not.toContain(true);
  gates[1]!();
  await expect(second).rejects.toThrow("refused");
  expect(said[said.length - 1]).toBe(true);
  expect(said.filter(Boolean)).toHaveLength(1);
});
