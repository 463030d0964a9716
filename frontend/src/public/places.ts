import { debounce, h, need } from "../core/dom";
import { say } from "./words";

type Box = [number, number, number, number];
interface Found {
  regions: { code: string; name: string; box: Box | null }[];
  townships: { region: string; name: string; of: string; count: number; box: Box | null }[];
  projects: { slug: string; name: string; of: string; box: Box | null }[];
}

/** Under the search field: regions, townships and projects of that name, each a button that shows it on the map. */
export function places(input: HTMLInputElement, go: (box: Box, slug: string) => void): void {
  const list = need("#found-places");
  let asked = 0;
  const close = (): void => void (list.hidden = true);
  const group = <T extends { box: Box | null; name: string }>(title: string, found: T[], of: (one: T) => string, slug: (one: T) => string): HTMLElement | null =>
    found.length
      ? h("div", {}, h("h3", {}, title), h("ul", {}, ...found.map((one) => h("li", {}, one.box
          ? h("button", { type: "button", onclick: () => { close(); go(one.box!, slug(one)); } }, one.name, h("small", {}, of(one)))
          : h("span", {}, one.name, h("small", {}, of(one)))))))
      : null;
  const look = async (): Promise<void> => {
    const words = input.value.trim();
    const turn = ++asked;
    if (!words) return close();
    try {
      const answer = await fetch(`${input.dataset["search"]}?${new URLSearchParams({ q: words })}`);
      if (!answer.ok || turn !== asked) return;
      const found = (await answer.json()) as Found;
      const groups = [
        group(say("places.regions"), found.regions, () => "", () => ""),
        group(say("places.townships"), found.townships, (one) => one.of, () => ""),
        group(say("places.projects"), found.projects, (one) => one.of, (one) => one.slug),
      ].filter((one) => one !== null);
      list.replaceChildren(...(groups.length ? groups : [h("p", {}, say("places.none"))]));
      list.hidden = false;
    } catch (error) {
      console.warn("search", error); // the list itself is filtered all the same
      close();
    }
  };
  input.addEventListener("input", debounce(() => void look(), 250));
  const box = input.closest<HTMLElement>(".public-words")!;
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || list.hidden) return;
    event.preventDefault(); // else the browser empties the field too
    close();
    input.focus();
  });
  box.addEventListener("focusout", (event) => {
    if (!box.contains(event.relatedTarget as Node | null)) close();
  });
}
