import { describe, expect, it } from "vitest";
import { nextUndecided, settles, type Item, type Mark } from "../src/review/data";
import { Drafts } from "../src/review/drafts";

const item = (undecided: boolean): Item => ({ undecided }) as Item;
const mark = (decision: Mark["decision"]): Mark => ({ decision }) as Mark;

describe("the next finding without a decision", () => {
  it("goes on from where one is, and around the end", () => {
    const items = [item(true), item(false), item(true), item(false)];
    expect(nextUndecided(items, 0)).toBe(2);
    expect(nextUndecided(items, 2)).toBe(0);
    expect(nextUndecided(items, 3)).toBe(0);
  });
  it("is the same one again when it is the only one, and none when all are decided", () => {
    expect(nextUndecided([item(false), item(true)], 1)).toBe(1);
    expect(nextUndecided([item(false), item(false)], 0)).toBe(-1);
    expect(nextUndecided([], 0)).toBe(-1);
  });
  it("is settled by acceptance and dismissal only", () => {
    expect([mark("accepted"), mark("dismissed")].every(settles)).toBe(true);
    expect([mark("seen"), mark("change"), mark("opinion"), null].some(settles)).toBe(false);
  });
});

class Store {
  kept = new Map<string, string>();
  getItem = (key: string): string | null => this.kept.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.kept.set(key, value);
  removeItem = (key: string): void => void this.kept.delete(key);
}

describe("what was typed and not yet sent", () => {
  it("is there again after a reload, for this check only, until it is taken", () => {
    const store = new Store();
    new Drafts(7, store).set("slope", "坡度已复核");
    expect(new Drafts(7, store).get("slope")).toBe("坡度已复核");
    expect(new Drafts(8, store).get("slope")).toBe("");
    new Drafts(7, store).set("slope", "");
    expect(store.kept.size).toBe(0);
  });
  it("survives a store that is full, forbidden or broken", () => {
    const full = new Store();
    full.setItem = () => {
      throw new Error("full");
    };
    const drafts = new Drafts(7, full);
    drafts.set("slope", "x");
    expect(drafts.get("slope")).toBe("x");
    for (const text of ["{", "null", "[1]", '"x"']) {
      const broken = new Store();
      broken.kept.set("review-drafts-7", text);
      expect(new Drafts(7, broken).get("slope")).toBe("");
    }
    expect(new Drafts(7, null).get("slope")).toBe("");
  });
});
