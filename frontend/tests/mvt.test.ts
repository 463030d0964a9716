import { beforeAll, describe, expect, it } from "vitest";
import { decode, layersOf } from "../src/map/mvt";

class FakePath {
  steps: string[] = [];
  moveTo = (x: number, y: number): unknown => this.steps.push(`M${x} ${y}`);
  lineTo = (x: number, y: number): unknown => this.steps.push(`L${x} ${y}`);
  closePath = (): unknown => this.steps.push("Z");
  rect = (x: number, y: number): unknown => this.steps.push(`R${x} ${y}`);
}
beforeAll(() => void ((globalThis as unknown as { Path2D: unknown }).Path2D = FakePath));

const bytes = (field: number, content: number[]): number[] => [(field << 3) | 2, content.length, ...content];
const text = (words: string): number[] => [...new TextEncoder().encode(words)];
const zigzag = (n: number): number => (n < 0 ? -2 * n - 1 : 2 * n);
/** A feature with one square ring from (x, y). */
const square = (x: number, y: number, side: number, tags: number[]): number[] =>
  bytes(2, [...bytes(2, tags), 3 << 3, 3, ...bytes(4, [9, zigzag(x), zigzag(y), 26, zigzag(side), 0, 0, zigzag(side), zigzag(-side), 0, 15])]);
const layer = (name: string, features: number[][]): number[] =>
  bytes(3, [...bytes(1, text(name)), ...features.flat(), ...bytes(3, text("class")), ...bytes(3, text("name")), ...bytes(4, bytes(1, text("01"))), ...bytes(4, bytes(1, text("东河")))]);

describe("vector tile", () => {
  const tile = new Uint8Array([...layer("A", [square(1, 2, 10, [0, 0, 1, 1]), square(20, 20, 5, [0, 0])]), ...layer("B", [square(0, 0, 3, [])])]);
  it("is taken apart into its layers, also where tiles were joined", () => {
    expect([...layersOf(tile).keys()]).toEqual(["A", "B"]);
  });
  it("becomes one path per class", () => {
    const { groups, vertices, extent } = decode(layersOf(tile).get("A")!);
    expect(groups.map((g) => [g.type, g.class])).toEqual([[3, "01"]]);
    expect((groups[0]!.path as unknown as FakePath).steps).toEqual(["M1 2", "L11 2", "L11 12", "L1 12", "Z", "M20 20", "L25 20", "L25 25", "L20 25", "Z"]);
    expect([vertices, extent]).toEqual([8, 4096]);
  });
  it("keeps names with their boxes where they are wanted", () => {
    expect(decode(layersOf(tile).get("A")!, { keepNames: true }).named).toEqual([{ key: "东河", name: "东河", box: [1, 2, 11, 12] }]);
  });
  it("leaves out vertices that can't be seen", () => {
    const { groups } = decode(layersOf(tile).get("B")!, { tolerance: 3 });
    expect((groups[0]!.path as unknown as FakePath).steps).toEqual(["M0 0", "Z"]);
  });
  it("refuses bytes that end too soon", () => {
    expect(() => layersOf(tile.slice(0, 30))).toThrow();
  });
});
