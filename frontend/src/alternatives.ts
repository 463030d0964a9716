import L from "leaflet";
import { postForm, postJson, Problem, request } from "./core/api";
import type { Severity } from "./core/check";
import { embedded, h, need } from "./core/dom";
import { t } from "./core/i18n";
import { drawChart } from "./alternatives/chart";
import { OnePolygon } from "./alternatives/drawing";
import { LinkedMaps, type Drawn } from "./alternatives/maps";
import { normalised, ranked, sways, type Criterion, type Row } from "./alternatives/scoring";
import { SEVERITY_COLOURS } from "./map/findings";
import { swatch } from "./map/symbols";
import "./alternatives/options.scss";

interface Comparison {
  criteria: Criterion[];
  required_m2: number | null;
  rows: Row[];
  alternatives: Drawn[];
}

interface Config {
  api: string;
  recheck: string;
  weights: string;
  choice: string;
}

const SQUARE_METRES = 10_000;

const data = embedded<Comparison>("comparison")!;
const config = embedded<Config>("config")!;

function complain(error: unknown): void {
  const items = error instanceof Problem && error.items.length ? error.items.map((item) => item.message ?? item.text ?? "") : [error instanceof Error ? error.message : String(error)];
  need("#problem").replaceChildren(h("div", { class: "alert alert-danger" }, ...items.map((text) => h("div", {}, text))));
  need("#problem").scrollIntoView({ block: "nearest" });
}

/** Does it and shows the page anew; a refusal is told. */
async function act(work: () => Promise<unknown>): Promise<void> {
  need("#problem").replaceChildren();
  try {
    await work();
    location.reload();
  } catch (error) {
    complain(error);
  }
}

function weighing(): void {
  const inputs = [...document.querySelectorAll<HTMLInputElement>(".option-weight")];
  const codes = data.criteria.map((criterion) => criterion.code);
  const required = document.querySelector<HTMLInputElement>("#required");
  const read = (): number[] =>
    inputs.map((input) => {
      const needless = input.name === "area" && required !== null && !required.value;
      return needless ? 0 : Math.max(0, input.valueAsNumber || 0);
    });
  const show = (): void => {
    const weights = read();
    const shares = normalised(weights);
    const found = ranked(data.rows, weights);
    inputs.forEach((input, k) => void (input.parentElement!.querySelector(".option-share")!.textContent = t("options.share", { share: ((shares[k] ?? 0) * 100).toFixed(1) })));
    for (const row of found) {
      need(`[data-total="${row.id}"]`).textContent = row.score.toFixed(3);
      need(`[data-rank="${row.id}"]`).textContent = String(row.rank);
      need(`[data-rank="${row.id}"]`).classList.toggle("is-first", row.rank === 1);
    }
    drawChart(need("#chart"), data.rows, data.criteria, found);
    const name = (id: number): string => data.rows.find((row) => row.id === id)?.name ?? "";
    const changes = sways(data.rows, weights, codes);
    need("#sensitivity").textContent = data.rows.length < 2 ? "" : changes.length === 0
      ? t("options.steady", { name: name(found.find((row) => row.rank === 1)!.id) })
      : changes.map((one) => t(one.up ? "options.swayUp" : "options.swayDown", { criterion: data.criteria.find((c) => c.code === one.criterion)!.name, name: name(one.first) })).join(" ");
  };
  inputs.forEach((input) => input.addEventListener("input", show));
  document.querySelector("#weights-back")?.addEventListener("click", () => {
    need<HTMLFormElement>("#weights").reset();
    show();
  });
  need<HTMLFormElement>("#weights").addEventListener("submit", (event) => {
    event.preventDefault();
    const weights = Object.fromEntries(inputs.map((input) => [input.name, input.value === "" ? 0 : Number(input.value)]));
    const area = required?.value ? Number(required.value) * SQUARE_METRES : null;
    void act(() => request(config.weights, { method: "PUT", body: JSON.stringify({ weights, required_m2: area }), headers: { "Content-Type": "application/json" } }));
  });
  show();
}

async function maps(): Promise<L.LatLngBounds> {
  const linked = new LinkedMaps();
  const figures = [...document.querySelectorAll<HTMLElement>(".option-map")];
  const chooser = need<HTMLSelectElement>("#choose-map");
  const choose = (): void => {
    figures.forEach((figure) => figure.classList.toggle("is-shown", figure.dataset["alternative"] === chooser.value));
    setTimeout(() => linked.together());
  };
  figures.forEach((figure) => figure.classList.toggle("is-shown", figure.dataset["alternative"] === chooser.value));
  chooser.addEventListener("change", choose);
  await linked.show(data.alternatives);
  const present = (["P", "R", "C", "I"] as Severity[]).filter((s) => data.alternatives.some((one) => one.findings.some((f) => f.severity === s && f.geometry)));
  need("#legend").replaceChildren(
    h("li", {}, swatch({ class: "", label: "", fill: null, stroke: "#0b3d91", width: 2, hatch: null }), t("check.mapSite")),
    ...present.map((s) => h("li", {}, swatch({ class: "", label: "", fill: null, stroke: SEVERITY_COLOURS[s], width: 2, hatch: null }), t(`severity.${s}`))));
  return L.geoJSON(data.alternatives.map((one) => one.geometry) as unknown as GeoJSON.GeoJsonObject).getBounds();
}

function adding(around: L.LatLngBounds | null): void {
  const form = document.querySelector<HTMLFormElement>("#add");
  if (!form) return;
  const polygon = new OnePolygon(need("#map-draw"), around);
  const source = (): string => need<HTMLInputElement>("[name=source]:checked", form).value;
  const show = (): void => form.querySelectorAll<HTMLElement>("[data-of]").forEach((part) => (part.hidden = part.dataset["of"] !== source()));
  form.querySelectorAll("[name=source]").forEach((radio) => radio.addEventListener("change", show));
  need("#draw-start").addEventListener("click", () => {
    need("#draw-frame").hidden = false;
    void polygon.start();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = need<HTMLInputElement>("#add-name").value;
    void act(async () => {
      const file = need<HTMLInputElement>("#add-file").files?.[0];
      if (source() === "file" && file) {
        const body = new FormData();
        body.append("name", name);
        body.append("file", file);
        return postForm(config.api, body);
      }
      if (source() === "copied") {
        const version = need<HTMLInputElement>("[name=source]:checked", form).dataset["version"];
        return postJson(config.api, { name, site_version: Number(version) });
      }
      if (source() === "drawn" && polygon.geometry) return postJson(config.api, { name, geometry: polygon.geometry });
      throw new Error(t(source() === "file" ? "options.noFile" : "options.noDrawing"));
    });
  });
  show();
}

function start(): void {
  document.querySelector("#recheck")?.addEventListener("click", (event) => {
    (event.currentTarget as HTMLButtonElement).disabled = true;
    void act(() => postJson(config.recheck, {}));
  });
  document.querySelectorAll<HTMLButtonElement>("[data-remove]").forEach((button) =>
    button.addEventListener("click", () => {
      if (confirm(t("options.remove", { name: button.dataset["name"]! }))) void act(() => request(`/api/v1/alternatives/${button.dataset["remove"]}/`, { method: "DELETE" }));
    }));
  document.querySelector<HTMLFormElement>("#choice")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const chosen = need<HTMLSelectElement>("#chosen", form).value;
    const reason = need<HTMLTextAreaElement>("#reason", form).value;
    void act(() => postJson(config.choice, { alternative: Number(chosen), reason }));
  });
  if (!data.rows.length) return adding(null);
  weighing();
  void maps().then(adding);
}

start();
