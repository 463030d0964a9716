import { postJson, Problem } from "../core/api";
import { h, need } from "../core/dom";
import { t } from "../core/i18n";

interface Late {
  number: number;
  state_label: string;
}

/** Chosen rows of the list are dealt with together; what somebody else changed meanwhile is told, and nothing saved. */
export function settling(address: string): void {
  const form = document.querySelector<HTMLFormElement>("#settle");
  if (!form) return;
  const boxes = [...document.querySelectorAll<HTMLInputElement>("[data-choose]")];
  const all = need<HTMLInputElement>("#choose-all");
  const go = need<HTMLButtonElement>("#settle-go");
  const problem = need("#settle-problem");
  const chosen = (): HTMLInputElement[] => boxes.filter((box) => box.checked);
  const count = (): void => {
    const n = chosen().length;
    go.disabled = n === 0;
    need("#chosen").textContent = n ? t("comparison.chosen", { n }) : "";
    all.checked = n > 0 && n === boxes.filter((box) => !box.disabled).length;
  };
  boxes.forEach((box) => box.addEventListener("change", count));
  all.addEventListener("change", () => {
    boxes.forEach((box) => (box.checked = all.checked && !box.disabled));
    count();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    problem.replaceChildren();
    go.disabled = true;
    const given = new FormData(form);
    const text = (name: string): string => String(given.get(name) ?? "").trim();
    const body = {
      patches: chosen().map((box) => ({ number: Number(box.dataset["choose"]), version: Number(box.dataset["version"]) })),
      ...(text("state") ? { state: text("state") } : {}),
      ...(text("organisation") ? { organisation: Number(text("organisation")) } : {}),
      ...(text("yields") ? { yields: text("yields") } : {}),
      ...(text("note") ? { note: text("note") } : {}),
    };
    postJson(address, body).then(
      () => location.reload(),
      (error: unknown) => {
        go.disabled = false;
        problem.replaceChildren(told(error));
      },
    );
  });
  count();
}

function told(error: unknown): HTMLElement {
  if (!(error instanceof Problem)) return h("p", { class: "alert alert-danger" }, t("comparison.unreachable"));
  const late = (error.body["patches"] ?? []) as Late[];
  return h("div", { class: "alert alert-danger" },
    ...(error.items.length ? error.items.map((item) => h("p", {}, item.message ?? item.text ?? "")) : [h("p", {}, error.message)]),
    late.length ? h("ul", {}, ...late.map((one) => h("li", {}, t("comparison.late", { number: one.number, state: one.state_label })))) : null,
    error.status === 409 ? h("button", { type: "button", class: "btn btn-sm btn-outline-primary", onclick: () => location.reload() }, t("comparison.reload")) : null);
}
