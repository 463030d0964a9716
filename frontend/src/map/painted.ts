import type { VectorStack } from "./vector-stack";

/** Says on the map's element when everything in view is drawn: for those who look on by program, and for measuring. */
export function painted(stack: VectorStack, element: HTMLElement): void {
  const say = (): void => {
    const done = !stack.isLoading() && stack.isStill();
    element.dataset["painted"] = done ? "yes" : "no";
    if (done) performance.mark("map-painted");
  };
  stack.on("loading load painted", say);
}
