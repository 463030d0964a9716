import L from "leaflet";
import { postJson, Problem } from "../core/api";
import { h, need } from "../core/dom";
import { t } from "../core/i18n";
import { Latest } from "../core/latest";
import { PASSIVE } from "../map/stage";
import { toDrawing, type State } from "./state";

type Plausible = "good" | "bad" | "unknown";
interface Known {
  id: number;
  code: string;
  name: string;
  region: string;
  url: string;
}
interface Overlap {
  text: string;
  /** null: a project that the reader may not know of. */
  project: Known | null;
  geometry: GeoJSON.Geometry | null;
}
interface Duplicate {
  project: Known;
  score: number;
  likely: boolean;
  word: string;
  parts: { text: string }[];
}
interface Answer {
  area: { text: string; state: Plausible };
  region: { text: string; state: Plausible };
  overlaps: Overlap[];
  duplicates: Duplicate[];
  more: boolean;
}

/** Whether the drawing is plausible beside what is known: its area, its region, other projects' ground, its likes. */
export class Neighbours {
  private readonly body = need("#neighbours-body");
  private readonly live = need("#neighbours-live");
  private readonly shared = L.geoJSON(undefined, { style: { color: "#6a3d9a", weight: 3, dashArray: "6 4", fillOpacity: 0.25 }, interactive: false, ...PASSIVE });
  private readonly question: Latest<State, Answer>;

  constructor(project: number, private readonly map: L.Map, private readonly shown: () => void) {
    this.question = new Latest<State, Answer>(
      (state, signal) => postJson<Answer>(`/api/v1/projects/${project}/neighbours/`, { geometry: toDrawing(state) }, signal),
      {
        // What stands there stays until the next answer, so that nothing jumps while one draws.
        start: () => this.body.childElementCount || this.say("row-note", t("beside.busy")),
        answer: (answer) => this.show(answer),
        failure: (error) => this.say("form-error", t("beside.failed", { why: error instanceof Problem ? error.detail || error.title : t("check.network") })),
      },
      900,
    );
    this.shared.addTo(map);
    this.say("row-note", t("beside.waiting"));
  }

  ask(state: State): void {
    if (state.plots.length) return this.question.schedule(state);
    this.question.cancel();
    this.shared.clearLayers();
    this.say("row-note", t("beside.waiting"));
  }

  private say(look: string, text: string): void {
    this.body.replaceChildren(h("p", { class: look }, text));
  }

  private show({ area, region, overlaps, duplicates, more }: Answer): void {
    this.shared.clearLayers();
    for (const { geometry } of overlaps) if (geometry) this.shared.addData(geometry as GeoJSON.GeoJsonObject);
    this.body.replaceChildren(
      h("dl", { class: "facts" },
        // A drawing declares nothing; what its file declared stands beside the measured area.
        ...(area.state === "unknown" ? [] : [h("dt", {}, t("beside.area")), h("dd", { class: `plausible-${area.state}` }, area.text)]),
        h("dt", {}, t("beside.region")), h("dd", { class: `plausible-${region.state}` }, region.text)),
      h("h3", {}, t("beside.overlaps", { n: overlaps.length })),
      overlaps.length ? h("ul", { class: "neighbour-list" }, ...overlaps.map((overlap) => this.overlap(overlap))) : h("p", { class: "row-note" }, t("beside.noOverlaps")),
      h("h3", {}, t("beside.duplicates", { n: duplicates.length })),
      duplicates.length ? h("ul", { class: "neighbour-list" }, ...duplicates.map((one) => this.duplicate(one))) : h("p", { class: "row-note" }, t("beside.noDuplicates")),
      more ? h("p", { class: "row-note" }, t("beside.more")) : "",
    );
    const summary = t("beside.summary", { overlaps: overlaps.length, duplicates: duplicates.length });
    if (this.live.textContent !== summary) this.live.textContent = summary;
  }

  private overlap({ project, geometry, text }: Overlap): HTMLLIElement {
    if (!project) return h("li", {}, text);
    const zoom = (): void => {
      if (!geometry) return;
      this.shown();
      this.map.fitBounds(L.geoJSON(geometry as GeoJSON.GeoJsonObject).getBounds(), { padding: [60, 60], maxZoom: 18 });
    };
    return h("li", {}, this.known(project), " ", geometry ? h("button", { type: "button", class: "btn-link-plain", "aria-label": `${text} ${t("beside.show", { name: project.name })}`, onclick: zoom }, text) : text);
  }

  private duplicate({ project, score, likely, word, parts }: Duplicate): HTMLLIElement {
    return h("li", {},
      h("span", { class: likely ? "score score-likely" : "score", title: t("beside.score", { score: Math.round(score) }) }, String(Math.round(score))), " ", this.known(project), " ", h("b", {}, word),
      h("ul", { class: "score-parts" }, ...parts.map((part) => h("li", {}, part.text))));
  }

  /** Opens beside the work: leaving the page would ask whether to lose it. */
  private known({ url, name, code, region }: Known): HTMLElement {
    return h("span", {}, h("a", { href: url, target: "_blank", rel: "noopener" }, name), " ", h("small", {}, `${code} · ${region}`));
  }
}
