import { describe, expect, it } from "vitest";
import { History } from "../src/core/history";
import type { Ring } from "../src/core/geodesy";
import { fitsAsHole } from "../src/edit/shape";
import { EMPTY, freeNumber, fromDrawing, partsOf, removed, toDrawing, withHole, without, withParts, withPlot, withPlots, type Plot, type State } from "../src/edit/state";

const box = (x: number, y: number, side: number): Ring => [[x, y], [x + side, y], [x + side, y + side], [x, y + side]];
const plot = (number: string, ...parts: Plot["parts"]): Plot => ({ number, name: `地块${number}`, use: "07", attributes: { 图幅号: "K49" }, line: { coordinates: [[0, 0], [1, 1]], width_m: 8 }, parts });
const two: State = { plots: [plot("1", [box(0, 0, 10), box(2, 2, 2)], [box(20, 0, 5)]), plot("2", [box(40, 0, 5)])], plane: 4525 };

describe("state of the editor", () => {
  it("goes to the server and back with names, uses, holes, lines and its plane", () => {
    expect(fromDrawing(JSON.parse(JSON.stringify(toDrawing(two))))).toEqual(two);
  });
  it("gives new plots the next free number, and none where plots go without", () => {
    expect(withPlots(EMPTY, [[box(0, 0, 1)], [box(2, 0, 1)]]).plots.map((p) => p.number)).toEqual(["1", "2"]);
    expect(freeNumber([plot("2", [box(0, 0, 1)])])).toBe("3");
    expect(freeNumber([plot("", [box(0, 0, 1)])])).toBe("");
  });
  it("drops the centre line of a plot whose ground changed, and of no other", () => {
    const moved = withParts(two, [two.plots[0]!.parts, [[box(41, 0, 5)]]]);
    expect(moved.plots.map((p) => p.line === null)).toEqual([false, true]);
    expect(moved.plots[1]!.name).toBe("地块2");
  });
  it("takes a plot out of the list with its last part, and keeps the names of the others", () => {
    const once = removed(two, [22, 2])!;
    expect(once.plots.map((p) => p.parts.length)).toEqual([1, 1]);
    const twice = removed(once, [8, 8])!;
    expect(twice.plots.map((p) => p.number)).toEqual(["2"]);
    expect(removed(twice, [99, 99])).toBeNull();
  });
  it("removes a hole of the plot it is in", () => {
    expect(removed(two, [3, 3])!.plots[0]!.parts).toEqual([[box(0, 0, 10)], [box(20, 0, 5)]]);
  });
  it("cuts a hole into the one part that it fits, point for point", () => {
    const holed = withHole(two, box(6, 6, 1), fitsAsHole)!;
    expect(holed.plots[0]!.parts[0]).toEqual([box(0, 0, 10), box(2, 2, 2), box(6, 6, 1)]);
    expect(holed.plots[1]).toEqual(two.plots[1]);
    expect(withHole(two, box(8, 8, 5), fitsAsHole)).toBeNull();
  });
  it("undoes and redoes everything: ground, names, uses, imports, deletions", () => {
    const steps: ((s: State) => State)[] = [
      (s) => withPlots(s, [[box(60, 0, 5)]]),
      (s) => withPlot(s, 0, { name: "南区" }),
      (s) => withPlot(s, 1, { use: "0701" }),
      () => fromDrawing(toDrawing(two)),
      (s) => without(s, new Set([0])),
    ];
    const history = new History<State>(two);
    const seen = [two];
    for (const step of steps) {
      history.push(step(history.current));
      seen.push(history.current);
    }
    for (let i = seen.length - 2; i >= 0; i--) expect(history.undo()).toEqual(seen[i]);
    for (let i = 1; i < seen.length; i++) expect(history.redo()).toEqual(seen[i]);
    expect(partsOf(history.current)).toEqual([[box(40, 0, 5)]]);
  });
  it("never changes a state that is in the history", () => {
    const before = JSON.stringify(two);
    withPlots(two, [[box(0, 0, 1)]]);
    withPlot(two, 0, { name: "x" });
    removed(two, [3, 3]);
    withHole(two, box(6, 6, 1), fitsAsHole);
    expect(JSON.stringify(two)).toBe(before);
  });
});
