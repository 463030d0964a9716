import { postForm, Problem } from "../core/api";
import { h, need } from "../core/dom";
import { t } from "../core/i18n";
import { problemList } from "./problems";
import type { Drawn } from "./state";

export interface ReadBoundary {
  crs: { epsg: number; label: string } | string;
  geometry: GeoJSON.Geometry;
  areas: { area_m2: number; planar_area_m2: number; declared_area_m2: number | null; declared_matches: string | null };
  drawing: Drawn;
  plots: { number: string; name: string }[];
  notices: { text: string; line?: number | null; field?: string | null; place?: [number, number] | null }[];
}

const LIMIT_MB = 64;
/** What a file leaves open and a person answered: fields of the API by their names. */
export type Answers = Record<string, string>;
const ASKS_FOR_WIDTH = new Set(["width-not-given", "width-out-of-range"]);
const ASKS_FOR_LAYER = new Set(["which-layer"]);
const ASKS_FOR_ZONE = new Set(["crs-zone-missing", "zone-contradicts-answer", "crs-not-given", "zone-unknown", "crs-meridian-unknown"]);

/** Opens boundary files by button or by dropping them anywhere on the map; the server reads them. */
export class Files {
  private readonly state = need("#file-state");

  constructor(private readonly on: { read(answer: ReadBoundary, file: File, answers: Answers): void; showPlace(place: [number, number]): void; shown(): void }) {
    const input = need<HTMLInputElement>("#file");
    need("#open").addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      input.value = "";
      if (file) void this.open(file);
    });
    this.dropping(need(".map-stage"), need("#drop"));
  }

  clear(): void {
    this.state.replaceChildren();
  }

  private dropping(zone: HTMLElement, target: HTMLElement): void {
    let depth = 0;
    const carries = (event: DragEvent): boolean => [...(event.dataTransfer?.types ?? [])].includes("Files");
    zone.addEventListener("dragenter", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      depth++;
      target.textContent = t("file.drop");
      target.classList.add("is-over");
    });
    zone.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
    zone.addEventListener("dragleave", () => --depth <= 0 && ((depth = 0), target.classList.remove("is-over")));
    zone.addEventListener("drop", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      depth = 0;
      target.classList.remove("is-over");
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files[0]) void this.open(files[0], {}, files.length > 1);
    });
    // A file that misses the map must not replace the page, and with it the work.
    window.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
    window.addEventListener("drop", (event) => carries(event) && event.preventDefault());
  }

  async open(file: File, answers: Answers = {}, more = false): Promise<boolean> {
    this.on.shown();
    if (file.size > LIMIT_MB * 1024 * 1024) {
      this.state.replaceChildren(h("div", { class: "alert alert-danger" }, t("file.tooLarge", { mb: LIMIT_MB })));
      return false;
    }
    this.state.replaceChildren(h("p", { class: "busy" }, t("file.reading", { name: file.name })));
    const form = new FormData();
    form.set("file", file, file.name);
    for (const [name, value] of Object.entries(answers)) form.set(name, value);
    try {
      const answer = await postForm<ReadBoundary>("/api/v1/boundaries/read/", form);
      const crs = typeof answer.crs === "string" ? answer.crs : answer.crs.label;
      this.state.replaceChildren(
        h("div", { class: "alert alert-success" }, t("file.read", { name: file.name, plots: answer.plots.length, crs }), more ? ` ${t("file.one", { name: file.name })}` : "", answer.notices.length ? problemList(answer.notices, this.on.showPlace) : ""),
      );
      this.on.read(answer, file, answers);
      return true;
    } catch (error) {
      const items = error instanceof Problem ? error.items : [];
      const asks = (codes: Set<string>): boolean => items.some((i) => codes.has(i.code ?? ""));
      this.state.replaceChildren(
        h("div", { class: "alert alert-danger", role: "alert" }, h("p", {}, t("file.failed", { name: file.name })),
          items.length ? problemList(items, this.on.showPlace) : error instanceof Problem ? `${error.title} ${error.detail}` : t("check.network"),
          asks(ASKS_FOR_ZONE) ? this.askZone(file, answers) : asks(ASKS_FOR_WIDTH) ? this.askWidth(file, answers) : asks(ASKS_FOR_LAYER) ? this.askLayer(file, answers) : ""));
      return false;
    }
  }

  private askZone(file: File, answers: Answers): HTMLElement {
    const select = zoneSelect(37);
    return this.question(t("file.zone"), select, t("file.reread"), () => void this.open(file, { ...answers, central_meridian: String(Number(select.value) * 3) }));
  }

  /** Lines take no ground: a road or a pipeline needs its width. */
  private askWidth(file: File, answers: Answers): HTMLElement {
    const width = h("input", { class: "form-control form-control-sm", inputmode: "decimal", value: answers["width_m"] ?? "", autocomplete: "off" });
    const caps = h("select", { class: "form-select form-select-sm" }, ...(["flat", "round", "square"] as const).map((value) => h("option", { value }, t(`file.caps.${value}`))));
    return h("div", {},
      this.question(t("file.caps"), caps),
      this.question(t("file.width"), width, t("file.rereadWidth"), () => Number(width.value) > 0 ? void this.open(file, { ...answers, width_m: String(Number(width.value)), caps: caps.value }) : width.focus()));
  }

  private askLayer(file: File, answers: Answers): HTMLElement {
    const layer = h("input", { class: "form-control form-control-sm", autocomplete: "off" });
    return this.question(t("file.layer"), layer, t("file.rereadLayer"), () => (layer.value.trim() ? void this.open(file, { ...answers, layer: layer.value.trim() }) : layer.focus()));
  }

  private question(label: string, control: HTMLElement, again?: string, action?: () => void): HTMLElement {
    return h("div", { class: "question" }, h("label", {}, label, control), again ? h("button", { type: "button", class: "btn btn-sm btn-primary", onclick: action }, again) : "");
  }
}

/** 3° zones of the country; the one in view is chosen. */
export function zoneSelect(chosen: number): HTMLSelectElement {
  const select = h("select", { class: "form-select form-select-sm" });
  for (let zone = 25; zone <= 45; zone++) select.append(h("option", { value: zone, selected: zone === chosen }, t("file.zoneOption", { zone, meridian: zone * 3 })));
  return select;
}
