import { need } from "../core/dom";

export type Panel = "projects" | "layers" | "identify" | "search" | "measure" | "print" | "regions" | "area" | "photos" | "bookmarks" | "none";

const RIGHT = ["projects", "identify", "search", "measure", "print", "regions", "area", "photos", "bookmarks"];

/**
 * Which panel stands beside the map; on a phone, which one is the sheet at its foot. `closed` is told of a panel that
 * somebody closed by its cross: what it shows on the map goes too. A panel that another one hides keeps its own.
 */
export function panels(closed: (panel: Panel) => void = () => undefined): { show(panel: Panel): void; shown(): Panel } {
  const page = need("#map-page");
  const tabs = [...document.querySelectorAll<HTMLButtonElement>(".sheet-tabs button")];
  const narrow = matchMedia("(max-width: 760px)");
  const show = (panel: Panel): void => {
    page.dataset["sheet"] = panel;
    if (RIGHT.includes(panel)) for (const name of RIGHT) document.getElementById(`panel-${name}`)?.toggleAttribute("hidden", name !== panel);
    tabs.forEach((tab) => tab.setAttribute("aria-pressed", String(tab.dataset["show"] === panel)));
  };
  tabs.forEach((tab) => tab.addEventListener("click", () => show(tab.dataset["show"] as Panel)));
  document.querySelectorAll<HTMLButtonElement>("[data-close]").forEach((button) =>
    button.addEventListener("click", () => (closed(button.dataset["close"] as Panel), show(narrow.matches ? "none" : "projects"))));
  const fold = need<HTMLButtonElement>('[data-fold="left"]');
  fold.addEventListener("click", () => {
    const folded = page.classList.toggle("is-folded");
    fold.setAttribute("aria-expanded", String(!folded));
    fold.querySelector("[aria-hidden]")!.textContent = folded ? "›" : "‹";
  });
  // On a narrow screen the map comes first.
  if (narrow.matches) show("none");
  return { show, shown: () => page.dataset["sheet"] as Panel };
}
