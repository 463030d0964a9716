import "./styles/app.scss";

import { labelCards } from "./core/cards";

labelCards();

// What every page needs: the menu of narrow screens. Everything else works without script.
const toggle = document.querySelector<HTMLButtonElement>("[data-toggle-nav]");
const nav = document.getElementById("site-nav");
toggle?.addEventListener("click", () => {
  const open = nav?.classList.toggle("is-open") ?? false;
  toggle.setAttribute("aria-expanded", String(open));
});
nav?.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && nav.classList.contains("is-open")) toggle?.click(), toggle?.focus();
});

// On a phone a room's tabs are wider than the screen: the one that is open is brought into sight.
const tab = document.querySelector<HTMLElement>(".section-tabs [aria-current]");
const tabs = tab?.closest<HTMLElement>(".section-tabs");
if (tab && tabs) tabs.scrollLeft = Math.max(0, tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2);

// How much there is to do, beside the room's name: asked for after the page is there, so that no page waits for it.
const count = document.querySelector<HTMLElement>("[data-todo-count]");
if (count?.dataset.todoCount) {
  void fetch(count.dataset.todoCount, { headers: { Accept: "application/json" } })
    .then(async (answer) => (answer.ok ? ((await answer.json()) as { todos: number }).todos : 0))
    .then((todos) => {
      count.hidden = todos === 0;
      count.textContent = todos > 99 ? "99+" : String(todos);
    })
    .catch(() => (count.hidden = true)); // offline: the number is left out, the page stands
}
