import { h, need } from "../core/dom";
import { say } from "./words";

interface Answer {
  count: number;
  rows: string;
  said: string;
  choices: Record<string, Record<string, number>>;
  query: string;
}

const WITHOUT_KIND = "none";

/** The filters as they stand in the form; every kind ticked asks nothing, none ticked asks for no kind at all. */
export function asked(form: HTMLFormElement): URLSearchParams {
  const found = new URLSearchParams();
  const kinds = [...form.querySelectorAll<HTMLInputElement>('input[name="kind"]')];
  for (const [name, value] of new FormData(form)) if (name !== "kind" && typeof value === "string" && value.trim()) found.append(name, value.trim());
  const ticked = kinds.filter((kind) => kind.checked);
  if (!ticked.length) found.append("kind", WITHOUT_KIND);
  else if (ticked.length < kinds.length) for (const kind of ticked) found.append("kind", kind.value);
  return found;
}

/** What is asked for, in the words that stand in the form. */
export function chosenWords(form: HTMLFormElement): string[] {
  const kinds = [...form.querySelectorAll<HTMLInputElement>('input[name="kind"]')];
  const ticked = kinds.filter((kind) => kind.checked);
  const fields = [...form.querySelectorAll<HTMLInputElement | HTMLSelectElement>(".form-control, .form-select")].filter((field) => field.value.trim());
  return [
    ...(ticked.length < kinds.length ? [ticked.map((kind) => kind.parentElement?.querySelector(".kind")?.textContent ?? "").join(say("and")) || say("kinds.none")] : []),
    ...fields.map((field) => {
      if (field instanceof HTMLSelectElement) return field.selectedOptions[0]?.dataset["name"] ?? "";
      const label = field.getAttribute("aria-label") ?? form.querySelector(`label[for="${field.id}"]`)?.textContent ?? "";
      return say("said", { label, value: field.value.trim() });
    }),
  ];
}

/** The list beside the map: the server writes its rows, so that it says what the list's own page says. */
export class List {
  private controller: AbortController | null = null;
  readonly box = need("#list");

  constructor(private readonly form: HTMLFormElement, private readonly address: string) {}

  async load(query: URLSearchParams): Promise<void> {
    this.controller?.abort();
    const controller = (this.controller = new AbortController());
    this.box.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${this.address}?${query}`, { signal: controller.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      this.show((await answer.json()) as Answer);
    } catch (error) {
      if (controller.signal.aborted) return; // a newer question is on its way
      console.warn("list", error);
      this.box.replaceChildren(h("p", { class: "empty", role: "alert" }, say("list.failed"), " ", h("button", { type: "button", class: "btn btn-sm btn-outline-primary", onclick: () => void this.load(query) }, say("retry"))));
    }
    this.box.removeAttribute("aria-busy");
  }

  row(slug: string): HTMLElement | null {
    return this.box.querySelector<HTMLElement>(`[data-slug="${CSS.escape(slug)}"]`);
  }

  private show(answer: Answer): void {
    // Written by our own templates, which escape every word of a project.
    this.box.innerHTML = answer.rows;
    need("#count").textContent = answer.said;
    for (const [sort, counts] of Object.entries(answer.choices)) {
      if (sort === "kind") for (const [code, n] of Object.entries(counts)) need(`[data-count="kind:${code}"]`).textContent = String(n);
      else this.choices(need<HTMLSelectElement>(`select[name="${sort}"]`, this.form), counts);
    }
    const table = need<HTMLAnchorElement>("#table");
    table.search = answer.query;
    need("#clear").hidden = !answer.query;
  }

  /** Choices that would leave nothing aren't offered, but for the one that is chosen. */
  private choices(select: HTMLSelectElement, counts: Record<string, number>): void {
    for (const option of select.options) {
      const name = option.dataset["name"];
      if (!name) continue;
      const n = counts[option.value] ?? 0;
      option.textContent = say("choice", { name, n });
      option.hidden = option.disabled = n === 0 && !option.selected;
    }
  }
}
