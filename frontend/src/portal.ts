import "./public/frame.scss";
import { labelCards } from "./core/cards";
import { install, keptPages } from "./public/installed";

// What every public page needs; all of them can be read and used without it.
labelCards();
install();
void keptPages();

const menu = document.querySelector<HTMLDetailsElement>("#site-menu");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu?.open) return;
  menu.open = false;
  menu.querySelector<HTMLElement>("summary")?.focus();
});
