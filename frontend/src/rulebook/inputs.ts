import { h } from "../core/dom";
import type { Entry, Option, Value } from "./content";

let number = 0;

/** A labelled input; `entry` is its place in the rule, by which a fault finds it. */
export function field(label: string, input: HTMLElement, entry: string, note = ""): HTMLElement {
  const id = `rule-input-${++number}`;
  input.id = id;
  input.dataset["entry"] = entry;
  input.classList.add(input instanceof HTMLSelectElement ? "form-select" : "form-control");
  const hint = note ? h("small", { id: `${id}-note`, class: "row-note" }, note) : null;
  if (hint) input.setAttribute("aria-describedby", hint.id);
  return h("div", { class: "rule-field" }, h("label", { for: id }, label), input, hint);
}

export function check(label: string, value: boolean, entry: string, changed: (on: boolean) => void): HTMLElement {
  const box = h("input", { type: "checkbox", class: "form-check-input", "data-entry": entry });
  box.checked = value;
  box.addEventListener("change", () => changed(box.checked));
  return h("label", { class: "rule-check" }, box, ` ${label}`);
}

export function text(value: string, changed: (text: string) => void, more: Record<string, string | number | boolean> = {}): HTMLInputElement {
  const input = h("input", { type: "text", maxlength: 500, ...more });
  input.value = value;
  input.addEventListener("input", () => changed(input.value));
  return input;
}

export function area(value: string, changed: (text: string) => void, rows = 2): HTMLTextAreaElement {
  const input = h("textarea", { rows, maxlength: 4000 });
  input.value = value;
  input.addEventListener("input", () => changed(input.value));
  return input;
}

export function select(options: Option[], value: string, changed: (value: string) => void, none = ""): HTMLSelectElement {
  const known = options.some((option) => option.value === value);
  const input = h(
    "select",
    {},
    none || !value ? h("option", { value: "" }, none || "—") : null,
    // What isn't among the choices is shown all the same: a layer that the reader may not know of, say.
    !known && value ? h("option", { value }, value) : null,
    ...options.map((option) => h("option", { value: option.value }, option.label)),
  );
  input.value = value;
  input.addEventListener("change", () => changed(input.value));
  return input;
}

/** A number of the entry; empty takes it out. What is no number is kept as text: the server says where it is. */
export function numeric(entry: Entry, name: string, changed: () => void, scale = 1): HTMLInputElement {
  const shown = typeof entry[name] === "number" ? Number(((entry[name] as number) * scale).toPrecision(12)) : (entry[name] ?? "");
  return text(
    String(shown),
    (given) => {
      put(entry, name, given.trim() === "" ? "" : Number.isFinite(Number(given)) ? Number((Number(given) / scale).toPrecision(12)) : given);
      changed();
    },
    { inputmode: "decimal", size: 8 },
  );
}

/** Sets an entry; nothing takes it out. */
export function put(entry: Entry, name: string, value: Value): void {
  const nothing = value === "" || (Array.isArray(value) && !value.length) || (typeof value === "object" && !Array.isArray(value) && !Object.keys(value).length);
  if (nothing) delete entry[name];
  else entry[name] = value;
}

export const button = (label: string, act: () => void, more: Record<string, string | boolean> = {}): HTMLButtonElement =>
  h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", onclick: act, ...more }, label);
