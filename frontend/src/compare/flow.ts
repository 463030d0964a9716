import { getJson, Problem } from "../core/api";
import { h } from "../core/dom";
import { t } from "../core/i18n";
import { format, largest, matrix, UNITS, type FlowClass, type FlowData, type Unit } from "./matrix";

const MANY = 12;

/** The area flow as a table: a row per class before, a column per class after, with totals that add up. */
export async function showFlow(root: HTMLElement, url: string): Promise<void> {
  let flow: FlowData;
  try {
    flow = await getJson<FlowData>(url);
  } catch (error) {
    const why = error instanceof Problem ? error.message : t("compare.flowFailed");
    root.replaceChildren(h("p", { class: "alert alert-warning", role: "alert" }, why));
    return;
  }
  if (!flow.reconcilable) {
    root.replaceChildren(h("p", { class: "alert alert-warning" }, flow.why ?? ""), totals(flow));
    return;
  }
  let unit: Unit = "hectares";
  const many = Math.max(flow.before.length, flow.after.length) > MANY;
  let changedOnly = many;
  const table = h("div", { class: "table-responsive", tabindex: 0, role: "region", "aria-labelledby": "flow-title" });
  const top = h("div");
  const draw = (): void => {
    table.replaceChildren(build(flow, unit, changedOnly));
    top.replaceChildren(summary(flow, unit));
  };
  const radio = (one: Unit): HTMLElement =>
    h("label", {}, h("input", { type: "radio", name: "flow-unit", checked: one === unit, onchange: () => ((unit = one), draw()) }), " ", t(`compare.unit.${one}`));
  const only = h("input", { type: "checkbox", checked: changedOnly });
  only.addEventListener("change", () => ((changedOnly = only.checked), draw()));
  root.replaceChildren(
    h("fieldset", { class: "flow-choice" }, h("legend", { class: "visually-hidden" }, t("compare.unit")),
      ...(Object.keys(UNITS) as Unit[]).map(radio),
      h("label", {}, only, " ", t("compare.changedOnly"))),
    top, table);
  draw();
}

const name = (one: FlowClass): string => `${one.class || "—"} ${one.label}`.trim();

function heading(one: FlowClass, scope: "row" | "col"): HTMLElement {
  return h("th", { scope }, h("span", { class: "flow-code" }, one.class || "—"), one.label ? h("small", {}, one.label) : null);
}

function build(flow: FlowData, unit: Unit, changedOnly: boolean): HTMLElement {
  const m = matrix(flow, unit, changedOnly);
  if (!m.rows.length && !m.columns.length) return h("p", { class: "empty" }, t("compare.noFlow"));
  const most = Math.max(1, ...m.cells.flatMap((row, r) => row.filter((_, c) => flow.before[m.rows[r]!]!.class !== flow.after[m.columns[c]!]!.class)));
  const number = (steps: number, extra = "", shade = 0): HTMLElement => {
    const cell = h("td", { class: `num ${extra}`.trim() }, steps === 0 ? "—" : format(steps, unit));
    // darker for more, by the logarithm: a matrix has few large flows and many small ones
    if (shade > 0) cell.style.backgroundColor = `rgb(214 140 0 / ${(6 + 46 * (Math.log1p((1000 * shade) / most) / Math.log(1001))).toFixed(0)}%)`;
    return cell;
  };
  const last = (label: string): HTMLElement => h("th", { scope: "col", class: "num" }, label);
  const rows = m.rows.map((i, r) => {
    const from = flow.before[i]!;
    return h("tr", {}, heading(from, "row"),
      ...m.columns.map((j, c) => {
        const same = flow.after[j]!.class === from.class;
        return number(m.cells[r]![c]!, same ? "is-same" : "", same ? 0 : m.cells[r]![c]!);
      }),
      number(m.onlyBefore[r]!), number(m.residualBefore[r]!, "is-soft"), number(m.totalsBefore[r]!, "is-total"));
  });
  const foot = (label: string, values: number[], extra: string): HTMLElement =>
    h("tr", { class: extra }, h("th", { scope: "row" }, label), ...values.map((value) => number(value)), h("td"), h("td"), h("td"));
  return h("table", { class: "table table-sm flow-table" },
    h("caption", {}, t("compare.flowCaption", { unit: t(`compare.unit.${unit}`) })),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("compare.corner")), ...m.columns.map((j) => heading(flow.after[j]!, "col")),
      last(t("compare.onlyBefore")), last(t("compare.residual")), last(t("compare.total")))),
    h("tbody", {}, ...rows),
    h("tfoot", {}, foot(t("compare.onlyAfter"), m.onlyAfter, ""), foot(t("compare.residual"), m.residualAfter, "is-soft"), foot(t("compare.total"), m.totalsAfter, "total")));
}

function summary(flow: FlowData, unit: Unit): HTMLElement {
  const flows = largest(flow, 6);
  if (!flows.length) return h("p", { class: "row-note" }, t("compare.noneMoved"));
  const steps = (m2: number): number => Math.round(m2 * UNITS[unit].perM2 * 10 ** UNITS[unit].digits);
  return h("ul", { class: "flow-top", "aria-label": t("compare.largest") },
    ...flows.map(({ from, to, m2 }) => h("li", {}, h("span", {}, `${name(from)} → ${name(to)}`), h("b", {}, `${format(steps(m2), unit)} ${t(`compare.unit.${unit}`)}`))));
}

/** Where the matrix would lie, the classes' totals still say something. */
function totals(flow: FlowData): HTMLElement {
  const before = new Map(flow.before.map((one, i) => [one.class, flow.totals_before[i]!]));
  const after = new Map(flow.after.map((one, j) => [one.class, flow.totals_after[j]!]));
  const classes = new Map([...flow.before, ...flow.after].map((one) => [one.class, one]));
  const cell = (m2: number | undefined): HTMLElement => h("td", { class: "num" }, m2 === undefined ? "—" : format(Math.round(m2 * 100), "m2"));
  return h("div", { class: "table-responsive", tabindex: 0, role: "region", "aria-labelledby": "flow-title" },
    h("table", { class: "table table-sm" },
      h("caption", {}, t("compare.totalsCaption")),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("compare.class")), ...(["compare.before", "compare.after", "compare.difference"] as const).map((key) => h("th", { scope: "col", class: "num" }, t(key))))),
      h("tbody", {}, ...[...classes.values()].sort((a, b) => (a.class < b.class ? -1 : 1)).map((one) =>
        h("tr", {}, h("th", { scope: "row" }, name(one)), cell(before.get(one.class)), cell(after.get(one.class)),
          cell((after.get(one.class) ?? 0) - (before.get(one.class) ?? 0)))))));
}
