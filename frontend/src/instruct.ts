import { need } from "./core/dom";

/** A phrase is put behind what is written already, at a touch. */
const text = need<HTMLTextAreaElement>("#text");
document.querySelectorAll<HTMLButtonElement>("[data-phrase]").forEach((button) =>
  button.addEventListener("click", () => {
    text.value = text.value.trimEnd() + button.dataset["phrase"]!;
    text.focus();
  }));
