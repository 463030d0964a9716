import { describe, expect, it } from "vitest";
import { fitted, freeCode, same, split, type Content, type Entry } from "../src/rulebook/content";
import { merged, taken } from "../src/rulebook/merge";

const rule = (code: string, more: Entry = {}): Entry => ({ code, name: code, ...more });
const book = (rule: Entry[], more: Partial<Content> = {}): Content => ({ name: "库", valid_from: "2030-01-01", fact: [], rule, ...more }) as Content;
const codes = (content: Content): unknown[] => content.rule.map((each) => each["code"]);

describe("two people's changes put together", () => {
  const base = book([rule("a"), rule("b"), rule("c")]);

  it("takes what only one of them touched from who did", () => {
    const mine = book([rule("a", { share: 1 }), rule("b"), rule("c"), rule("new")]);
    const theirs = book([rule("a"), rule("b", { share: 2 }), rule("c")], { name: "新库" });
    const { content, conflicts } = merged(base, mine, theirs);
    expect(conflicts).toEqual([]);
    expect(content).toEqual(book([rule("a", { share: 1 }), rule("b", { share: 2 }), rule("c"), rule("new")], { name: "新库" }));
  });

  it("names what both did differently, and lets theirs stand until it is decided", () => {
    const mine = book([rule("a", { share: 1 }), rule("c")]);
    const theirs = book([rule("a", { share: 2 }), rule("b", { share: 3 }), rule("c")]);
    const { content, conflicts } = merged(base, mine, theirs);
    expect(conflicts.map((each) => each.key)).toEqual(["a", "b"]);
    expect(content).toEqual(theirs);
    taken(content, mine, conflicts[0]!);
    taken(content, mine, conflicts[1]!);
    expect(content).toEqual(mine);
  });

  it("is no conflict where both did the same", () => {
    const both = book([rule("a", { share: 1 }), rule("b"), rule("c")]);
    expect(merged(base, both, structuredClone(both))).toEqual({ content: both, conflicts: [] });
  });

  it("keeps a rule that one removed away, and a new one where it was put", () => {
    const mine = book([rule("a"), rule("new"), rule("c")]);
    const theirs = book([rule("a"), rule("b"), rule("theirs"), rule("c")]);
    expect(codes(merged(base, mine, theirs).content)).toEqual(["a", "new", "theirs", "c"]);
  });

  it("keeps my order where they left theirs", () => {
    const mine = book([rule("c"), rule("a"), rule("b")]);
    const theirs = book([rule("a", { share: 2 }), rule("b"), rule("c")]);
    expect(codes(merged(base, mine, theirs).content)).toEqual(["c", "a", "b"]);
  });

  it("does the same with the rulebook's own entries and questions", () => {
    const asked = [{ name: "f", question: "?" }];
    const mine = book(base.rule, { name: "我的", fact: [{ name: "f", question: "是？" }] });
    const theirs = book(base.rule, { name: "他的", fact: asked });
    const { content, conflicts } = merged(book(base.rule, { fact: asked }), mine, theirs);
    expect(conflicts).toEqual([{ group: "head", key: "name", mine: "我的", theirs: "他的" }]);
    expect(content.fact).toEqual(mine.fact);
  });
});

it("compares contents whatever the order of their names", () => {
  expect(same({ a: 1, b: [{ c: 1, d: 2 }] }, { b: [{ d: 2, c: 1 }], a: 1 })).toBe(true);
  expect(same({ a: [1, 2] }, { a: [2, 1] })).toBe(false);
});

it("drops the settings that a relation doesn't use", () => {
  const entry: Entry = { relation: "overlaps", share: 0.5, classes: ["01"] };
  fitted(entry, { share: ["share_at_most"], classes: ["overlaps"] });
  expect(entry).toEqual({ relation: "overlaps", classes: ["01"] });
});

it("reads lists as they are typed and finds a free code", () => {
  expect(split(" 01 02，03、04;05 ")).toEqual(["01", "02", "03", "04", "05"]);
  expect(freeCode(book([rule("a"), rule("a-2")]), "a")).toBe("a-3");
  expect(freeCode(book([]), "a")).toBe("a");
});
