// The forms of the tools that ask for numbers: loaded when one is opened first.
import L from "leaflet";
import { h, need } from "../core/dom";
import { t, type Key } from "../core/i18n";

export type FormName = "buffer" | "move" | "snap" | "strip" | "keys";

interface Field {
  name: string;
  label: Key;
  unit: string;
  value: string;
  min?: number;
}

const FIELDS: Record<Exclude<FormName, "keys">, Field[]> = {
  buffer: [{ name: "distance_m", label: "tool.distance", unit: "m", value: "10" }],
  move: [
    { name: "north_m", label: "tool.north", unit: "m", value: "0" },
    { name: "east_m", label: "tool.east", unit: "m", value: "0" },
    { name: "turn_deg", label: "tool.turn", unit: "°", value: "0" },
  ],
  snap: [{ name: "tolerance_m", label: "tool.tolerance", unit: "m", value: "0.5", min: 0 }],
  strip: [{ name: "width_m", label: "tool.width", unit: "m", value: "20", min: 0 }],
};

/** Opens a form over the map; what it says is handed on as numbers, what is no number stays with its field. */
export function openForm(name: FormName, submit: (values: Record<string, number | boolean>) => void, close: () => void): void {
  const form = need<HTMLFormElement>("#tool-form");
  const body = name === "keys" ? keys() : fields(name);
  form.replaceChildren(
    h("h2", { id: "tool-form-title" }, t(`tool.form.${name}`)),
    ...body,
    h("div", { id: "tool-form-error", role: "alert" }),
    h("div", { class: "page-actions" },
      name === "keys" ? "" : h("button", { type: "submit", class: "btn btn-sm btn-primary" }, t(name === "strip" ? "tool.drawLine" : "tool.apply")),
      h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", onclick: () => close() }, t("tool.close"))));
  form.hidden = false;
  L.DomEvent.disableClickPropagation(form);
  L.DomEvent.disableScrollPropagation(form);
  form.onkeydown = (event) => {
    event.stopPropagation(); // Ctrl+Z here belongs to the field
    if (event.key === "Escape") close();
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    const values: Record<string, number | boolean> = {};
    for (const input of form.querySelectorAll<HTMLInputElement>("input")) {
      if (input.type === "checkbox") {
        values[input.name] = input.checked;
        continue;
      }
      // A comma or a full-width sign is what a Chinese keyboard gives.
      const text = input.value.trim().replace("\uff0d", "-").replace("\u2212", "-").replace("\u3002", ".");
      const number = Number(text);
      if (!text || !Number.isFinite(number)) {
        need("#tool-form-error").replaceChildren(h("p", { class: "form-error" }, t("tool.noNumber", { label: input.dataset["label"]! })));
        input.focus();
        return;
      }
      values[input.name] = number;
    }
    submit(values);
  };
  form.querySelector<HTMLInputElement>("input")?.select();
  (form.querySelector<HTMLElement>("input, button") ?? form).focus();
}

function fields(name: Exclude<FormName, "keys">): HTMLElement[] {
  const rows = FIELDS[name].map((field) =>
    h("div", { class: "tool-field" }, h("label", { for: `tool-${field.name}` }, t(field.label)),
      h("input", { id: `tool-${field.name}`, name: field.name, class: "form-control form-control-sm", inputmode: "decimal", value: field.value, autocomplete: "off", "data-label": t(field.label) }), h("span", {}, field.unit)));
  if (name === "buffer") rows.push(h("div", { class: "tool-check" }, h("input", { type: "checkbox", id: "tool-rounded", name: "rounded" }), h("label", { for: "tool-rounded" }, t("tool.rounded"))));
  return [h("p", { class: "row-note" }, t(`tool.about.${name}`)), ...rows];
}

function keys(): HTMLElement[] {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-key]")].map((button) => [button.dataset["key"]!, button.dataset["name"] ?? button.firstChild?.textContent?.trim() ?? ""]);
  const fixed: [string, string][] = [["Ctrl Z", t("edit.keys.undo")], ["Ctrl Y", t("edit.keys.redo")], ["Esc", t("edit.keys.escape")], ["Alt", t("edit.keys.alt")], ["?", t("tool.form.keys")]];
  const off = h("input", { type: "checkbox", id: "keys-off", checked: localStorage.getItem("edit-keys") === "off" });
  off.addEventListener("change", () => (off.checked ? localStorage.setItem("edit-keys", "off") : localStorage.removeItem("edit-keys")));
  return [
    h("dl", { class: "keys" }, ...[...rows, ...fixed].flatMap(([key, text]) => [h("dt", {}, h("kbd", {}, key!)), h("dd", {}, text!)])),
    h("div", { class: "tool-check" }, off, h("label", { for: "keys-off" }, t("edit.keys.off"))),
  ];
}
