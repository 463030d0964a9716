import { postForm, Problem } from "../core/api";
import { h, need } from "../core/dom";
import { t } from "../core/i18n";
import { problemList } from "./problems";

export interface ReadBoundary {
  crs: { epsg: number; label: string } | string;
  geometry: GeoJSON.Geometry;
  areas: { area_m2: number; planar_area_m2: number; declared_area_m2: number | null; declared_matches: string | null };
  plots: { number: string; name: string }[];
  notices: { text: string; line?: number | null; field?: string | null; place?: [number, number] | null }[];
}

const LIMIT_MB = 64;
const ASKS_FOR_ZONE = new Set(["crs-zone-missing", "crs-not-given", "zone-unknown", "crs-meridian-unknown"]);

/** Opens boundary files by button or by dropping them anywhere on the map; the server reads them. */
export class Files {
  private readonly state = need("#file-state");

  constructor(private readonly on: { read(answer: ReadBoundary, file: File, meridian: number | null): void; showPlace(place: [number, number]): void; shown(): void }) {
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
      if (files[0]) void this.open(files[0], null, files.length > 1);
    });
    // A file that misses the map must not replace the page, and with it the work.
    window.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
    window.addEventListener("drop", (event) => carries(event) && event.preventDefault());
  }

  async open(file: File, meridian: number | null = null, more = false): Promise<boolean> {
    this.on.shown();
    if (file.size > LIMIT_MB * 1024 * 1024) {
      this.state.replaceChildren(h("div", { class: "alert alert-danger" }, t("file.tooLarge", { mb: LIMIT_MB })));
      return false;
    }
    this.state.replaceChildren(h("p", { class: "busy" }, t("file.reading", { name: file.name })));
    const form = new FormData();
    form.set("file", file, file.name);
    if (meridian !== null) form.set("central_meridian", String(meridian));
    try {
      const answer = await postForm<ReadBoundary>("/api/v1/boundaries/read/", form);
      const crs = typeof answer.crs === "string" ? answer.crs : answer.crs.label;
      this.state.replaceChildren(
        h("div", { class: "alert alert-success" }, t("file.read", { name: file.name, plots: answer.plots.length, crs }), more ? ` ${t("file.one", { name: file.name })}` : "", answer.notices.length ? problemList(answer.notices, this.on.showPlace) : ""),
      );
      this.on.read(answer, file, meridian);
      return true;
    } catch (error) {
      const items = error instanceof Problem ? error.items : [];
      const zone = items.some((i) => ASKS_FOR_ZONE.has(i.code ?? ""));
      this.state.replaceChildren(
        h("div", { class: "alert alert-danger", role: "alert" }, h("p", {}, t("file.failed", { name: file.name })),
          items.length ? problemList(items, this.on.showPlace) : error instanceof Problem ? `${error.title} ${error.detail}` : t("check.network"),
          zone ? this.askZone(file) : ""));
      return false;
    }
  }

  private askZone(file: File): HTMLElement {
    const select = zoneSelect(37);
    return h("div", { class: "question" }, h("label", {}, t("file.zone"), select),
      h("button", { type: "button", class: "btn btn-sm btn-primary", onclick: () => void this.open(file, Number(select.value) * 3) }, t("file.reread")));
  }
}

/** 3° zones of the country; the one in view is chosen. */
export function zoneSelect(chosen: number): HTMLSelectElement {
  const select = h("select", { class: "form-select form-select-sm" });
  for (let zone = 25; zone <= 45; zone++) select.append(h("option", { value: zone, selected: zone === chosen }, t("file.zoneOption", { zone, meridian: zone * 3 })));
  return select;
}
