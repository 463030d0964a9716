import { afterEach, describe, expect, it, vi } from "vitest";

const named = (n: number): { name: string; weight: "stale" | "blocked" }[] => Array.from({ length: n }, (_, i) => ({ name: `P${i + 1}`, weight: i === 1 ? "blocked" : "stale" }));

/** The words of pins as the page's language has them. */
async function wordsIn(lang: string): Promise<typeof import("../src/staff/concerns")> {
  vi.resetModules();
  vi.stubGlobal("document", { documentElement: { lang } });
  return import("../src/staff/concerns");
}

describe("what a pin of the leaders' map says", () => {
  afterEach(() => vi.unstubAllGlobals());
  it("is joined as the reader's language joins it", async () => {
    const zh = await wordsIn("zh-hans");
    expect(zh.titleOf(named(1))).toBe("P1：久未更新");
    expect(zh.toldOf(named(3))).toBe("P1、P2、P3");
    const en = await wordsIn("en");
    expect(en.titleOf(named(1))).toBe("P1: not kept up");
    expect(en.titleOf(named(3))).toBe("3 projects, the worst: held up");
    expect(en.toldOf(named(3))).toBe("P1, P2, P3");
  });
  it("says that it stands for more than it opens", async () => {
    const { MOST, moreOf, toldOf } = await wordsIn("zh-hans");
    expect(moreOf(named(MOST))).toBe("");
    expect(moreOf(named(MOST + 3))).toContain("另有 3 个项目");
    expect(toldOf(named(MOST + 3))).toMatch(/P20 .*另有 3 个项目/);
  });
});
