import { Problem, Unreachable, request } from "./core/api";
import { embedded, h, need } from "./core/dom";
import { t, term } from "./core/i18n";
import { conflictList } from "./rulebook/conflicts";
import { copied, freeCode, rule, same, type Choices, type Content, type Saved } from "./rulebook/content";
import { RuleForm } from "./rulebook/form";
import { heading } from "./rulebook/heading";
import { button } from "./rulebook/inputs";
import { merged } from "./rulebook/merge";

interface Fault {
  message?: string;
  field?: string | null;
  rule?: number | null;
  entry?: string;
  label?: string;
}

const root = need("#draft-editor");
const status = need("#draft-status");
const faultsBox = need("#draft-faults");
const choices = embedded<Choices>("draft-choices")!;
let content = withLists(embedded<Content>("draft-content")!);
let base = copied(content);
let revision = Number(root.dataset["revision"]);
let chosen = 0;
let faults: Fault[] = [];

function withLists(given: Content): Content {
  return { ...given, fact: given.fact ?? [], rule: given.rule ?? [] };
}

const changed = (): boolean => !same(content, base);

function touched(): void {
  status.textContent = changed() ? t("rulebook.unsaved") : "";
  const item = list.querySelector<HTMLElement>(`[data-rule="${chosen}"]`);
  if (item) item.replaceChildren(...label(chosen));
}

const list = h("ol", { class: "rule-list-names", "aria-label": t("rulebook.rules") });
const form = h("div", { class: "rule-form-place" });
const head = h("div", {});

function label(place: number): Node[] {
  const entry = rule(content, place);
  const severity = String(entry["severity"] ?? "");
  return [
    h("span", { class: `sev sev-${severity}` }, term("severity", severity)),
    document.createTextNode(` ${place + 1}. ${String(entry["name"] ?? "")}`),
    ...(faults.some((fault) => fault.rule === place) ? [h("span", { class: "rule-faulty" }, ` ${t("rulebook.faulty")}`)] : []),
  ];
}

function drawList(): void {
  list.replaceChildren(
    ...content.rule.map((_, place) => {
      const item = h("button", { type: "button", class: "rule-name", "data-rule": place, onclick: () => choose(place) }, ...label(place));
      if (place === chosen) item.setAttribute("aria-current", "true");
      return h("li", {}, item);
    }),
  );
}

function drawForm(): void {
  form.replaceChildren(content.rule.length ? new RuleForm(content, rule(content, chosen), choices, touched, drawForm).draw() : h("p", { class: "empty" }, t("rulebook.none")));
  mark();
}

function drawHead(): void {
  const open = head.querySelector("details")?.open ?? false;
  head.replaceChildren(heading(content, choices, touched, drawHead));
  need<HTMLDetailsElement>("details", head).open = open;
}

function draw(): void {
  chosen = Math.max(0, Math.min(chosen, content.rule.length - 1));
  drawHead();
  drawList();
  drawForm();
  touched();
}

function choose(place: number): void {
  chosen = place;
  drawList();
  drawForm();
}

/** Every input with a fault says so; the nearest input stands for a place that has none. */
function mark(): void {
  for (const fault of faults) {
    if (fault.rule !== chosen && fault.rule !== null && fault.rule !== undefined) continue;
    const input = inputOf(fault);
    if (input) input.setAttribute("aria-invalid", "true");
  }
}

function inputOf(fault: Fault): HTMLElement | null {
  const place = (fault.field ?? "").replace(/^rule\[\d+\]\.?/, "");
  for (let entry = place; entry; entry = entry.replace(/(\.[^.[]*|\[\d+\]|[^.[\]]+)$/, "")) {
    const input = root.querySelector<HTMLElement>(`[data-entry="${CSS.escape(entry)}"]`);
    if (input) return input;
  }
  return null;
}

function drawFaults(title = ""): void {
  const shown = faults.map((fault) =>
    h("li", {}, button(`${fault.message ?? ""}${fault.label ? ` (${fault.label})` : ""}`, () => go(fault), { class: "btn-link-plain" })),
  );
  faultsBox.replaceChildren(...(title ? [h("div", { class: "alert alert-danger" }, h("p", {}, title), shown.length ? h("ul", {}, ...shown) : null)] : []));
}

function go(fault: Fault): void {
  if (typeof fault.rule === "number") choose(fault.rule);
  const input = inputOf(fault);
  input?.closest("details")?.setAttribute("open", "");
  input?.focus();
  input?.scrollIntoView({ block: "center" });
}

async function save(): Promise<void> {
  const sent = copied(content);
  saving.disabled = true;
  status.textContent = t("rulebook.saving");
  try {
    const saved = await request<Saved>(root.dataset["save"]!, {
      method: "PUT",
      body: JSON.stringify({ revision, content: sent }),
      headers: { "Content-Type": "application/json" },
    });
    // The page's other parts (differences, trial, proposal) speak of the saved revision: they come anew with it.
    base = copied(content = withLists(saved.content));
    location.reload();
  } catch (error) {
    if (error instanceof Problem && error.status === 409) await overtaken(sent);
    else if (error instanceof Problem) {
      faults = error.items as Fault[];
      drawFaults(error.message);
      drawList();
      drawForm();
      status.textContent = t("rulebook.refused");
      faultsBox.scrollIntoView({ block: "nearest" });
    } else if (error instanceof Unreachable) status.textContent = t("rulebook.unreachable");
    else throw error;
  } finally {
    saving.disabled = false;
  }
}

/** Somebody saved meanwhile: theirs and mine are put together, and nothing of either is lost. */
async function overtaken(mine: Content): Promise<void> {
  const newer = await request<Saved>(root.dataset["save"]!);
  const theirs = withLists(newer.content);
  const result = merged(base, mine, theirs);
  base = copied(theirs);
  revision = newer.revision;
  content = result.content;
  faults = [];
  draw();
  const told = t("rulebook.merged", { name: newer.by, n: newer.revision });
  faultsBox.replaceChildren(h("div", { class: "alert alert-warning" }, h("p", {}, told)));
  if (result.conflicts.length) {
    saving.hidden = true;
    faultsBox.append(
      conflictList(content, mine, result.conflicts, () => {
        saving.hidden = false;
        draw();
      }),
    );
  }
  faultsBox.scrollIntoView({ block: "nearest" });
}

function moved(by: number): void {
  const to = chosen + by;
  if (to < 0 || to >= content.rule.length) return;
  const [entry] = content.rule.splice(chosen, 1);
  content.rule.splice(to, 0, entry!);
  chosen = to;
  draw();
  list.querySelector<HTMLElement>("[aria-current]")?.scrollIntoView({ block: "nearest" });
}

function added(copy: boolean): void {
  const from = copy ? copied(rule(content, chosen)) : { name: t("rulebook.newRule"), layer: "", relation: "overlaps", severity: "R", basis: "", basis_status: "to-confirm", authority: "" };
  const code = freeCode(content, copy ? String(from["code"] ?? "rule") : "rule");
  content.rule.splice(content.rule.length ? chosen + 1 : 0, 0, { ...from, code });
  chosen = content.rule.length > 1 ? chosen + 1 : 0;
  draw();
}

const saving = h("button", { type: "button", class: "btn btn-primary", id: "draft-save", onclick: () => void save() }, t("rulebook.save"));
root.replaceChildren(
  head,
  h(
    "div",
    { class: "page-actions rule-acts" },
    saving,
    button(t("rulebook.add"), () => added(false)),
    button(t("rulebook.copy"), () => added(true)),
    button(t("rulebook.up"), () => moved(-1)),
    button(t("rulebook.down"), () => moved(1)),
    button(t("rulebook.removeRule"), () => {
      content.rule.splice(chosen, 1);
      draw();
    }),
  ),
  h("div", { class: "rule-columns" }, list, form),
);
draw();
window.addEventListener("beforeunload", (event) => changed() && event.preventDefault());
