import { need } from "../core/dom";

export type Panel = "projects" | "layers" | "identify" | "none";

/** Which panel stands beside the map; on a phone, which one is the sheet at its foot. */
export function panels(): { show(panel: Panel): void } {
  const page = need("#map-page");
  const tabs = [...document.querySelectorAll<HTMLButtonElement>(".sheet-tabs button")];
  const identify = need("#panel-identify");
  const projects = need("#panel-projects");
  const show = (panel: Panel): void => {
    page.dataset["sheet"] = panel;
    identify.hidden = panel !== "identify";
    projects.hidden = panel === "identify";
    tabs.forEach((tab) => tab.setAttribute("aria-pressed", String(tab.dataset["show"] === panel)));
  };
  tabs.forEach((tab) => tab.addEventListener("click", () => show(tab.dataset["show"] as Panel)));
  const fold = need<HTMLButtonElement>('[data-fold="left"]');
  fold.addEventListener("click", () => {
    const folded = page.classList.toggle("is-folded");
    fold.setAttribute("aria-expanded", String(!folded));
    fold.querySelector("[aria-hidden]")!.textContent = folded ? "›" : "‹";
  });
  // On a narrow screen the map comes first.
  if (matchMedia("(max-width: 760px)").matches) show("none");
  return { show };
}
