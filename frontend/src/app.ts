import "./styles/app.scss";

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
