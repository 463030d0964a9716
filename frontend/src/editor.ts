import L from "leaflet";
import { postJson } from "./core/api";
import type { RuleBook } from "./core/check";
import { embedded, h, need } from "./core/dom";
import { squareMetres } from "./core/format";
import { area, type MultiPolygon, type Ring } from "./core/geodesy";
import { english, t } from "./core/i18n";
import { Latest } from "./core/latest";
import type { AvoidQuestion, Avoidance } from "./edit/avoid";
import { CheckPanel, type Preview } from "./edit/check-panel";
import { Drafts, type Draft } from "./edit/draft";
import { Drawing, MANY_VERTICES, sketches, type Mode } from "./edit/drawing";
import { EdgeLabels } from "./edit/edge-labels";
import { Files, type ReadBoundary } from "./edit/files";
import { measure, type ServerAreas } from "./edit/measure";
import type { Neighbours } from "./edit/neighbours";
import { Operations } from "./edit/operations";
import { PlotList } from "./edit/plots";
import { Saving } from "./edit/saving";
import { counts } from "./edit/shape";
import { snapping } from "./edit/snapping";
import { EMPTY, fromDrawing, partsOf, toDrawing, without, withPlot, withPlots, type State } from "./edit/state";
import { toolbar } from "./edit/toolbar";
import { Tools } from "./edit/tools";
import { typedCoordinates } from "./edit/typed";
import { FindingsLayer } from "./map/findings";
import { createStage, PASSIVE } from "./map/stage";
import { LayerTree } from "./staff/layer-tree";

async function start(): Promise<void> {
  const page = need("#map-page");
  const project = Number(page.dataset["project"]);
  const book = embedded<RuleBook>("rulebook") ?? { rules: [], facts: [] };
  const facts: Record<string, string> = { ...(embedded<Record<string, string>>("facts") ?? {}) };
  const loaded = embedded<ReadBoundary>("boundary");
  const stage = await createStage(need("#map"));
  const { map } = stage;
  // One draws along parcels, so they are shown from the start.
  const visible = stage.catalogue.filter((layer) => layer.visible_by_default).map((layer) => layer.code);
  const tree = new LayerTree(stage, () => undefined);
  tree.render([...visible, "DLTB"]);

  const findings = new FindingsLayer(map);
  const edges = new EdgeLabels().addTo(map);
  const drafts = new Drafts(project, page.dataset["user"] ?? "");
  const place = L.circleMarker([0, 0], { radius: 12, color: "#9c1c22", weight: 4, fill: false, interactive: false, ...PASSIVE });
  let sketch: Ring = [];
  let sketchMode: Mode = "idle";
  let areas: ServerAreas | null = null;
  let moving: MultiPolygon | null = null;
  /** Where undo ends: what the work began from. */
  let from: State = EMPTY;
  /** A file's own figures (with the area that it declares) hold as long as its boundary is as it was. */
  let declared: { parts: string; areas: ServerAreas } | null = null;
  const asDeclared = (): ServerAreas | null => (declared && declared.parts === JSON.stringify(drawing.parts) ? declared.areas : null);

  const showPlace = ([lon, lat]: [number, number]): void => {
    place.setLatLng([lat, lon]).addTo(map);
    map.setView([lat, lon], Math.max(map.getZoom(), 16));
    sheet("none");
  };
  const panel = new CheckPanel(book, facts, page.dataset["region"] ?? "", {
    zoomTo: (rule) => (sheet("none"), findings.zoomTo(rule)),
    factsChanged: () => {
      saving.touch();
      keepDraft();
      ask(drawing.state);
    },
    again: () => ask(drawing.state),
    showPlace,
    avoid: (rules) => avoiding.choose(rules),
  });

  const check = new Latest<State, Preview>(
    (state, signal) => postJson<Preview>("/api/v1/checks/preview/", { geometry: toDrawing(state), facts, project }, signal),
    {
      start: () => panel.busy(),
      answer: (preview) => {
        avoiding.versions = Object.fromEntries(Object.entries(preview.check.manifest).map(([code, entry]) => [code, entry.version]));
        panel.show(preview);
        findings.show(preview.check.findings);
        place.remove();
        // The answer is for what was asked: while a ring is being drawn it includes the ring, and our own figure stands.
        areas = moving || sketch.length ? null : (asDeclared() ?? preview.check.site);
        remeasure();
      },
      failure: (error) => (findings.clear(), panel.failed(error)),
    },
  );
  const beside = besides(map, project, () => sheet("none"));
  const ask = (state: State): void => {
    beside(state);
    if (state.plots.length) return check.schedule(state);
    check.cancel();
    findings.clear();
    panel.waiting();
  };
  const ringSketch = (): Ring => (sketchMode === "draw" || sketchMode === "hole" ? sketch : []);
  const remeasure = (): void => {
    measure(moving ?? drawing.parts, drawing.state.plots.length, ringSketch(), sketchMode === "hole", areas);
    edges.show(moving ?? drawing.parts, sketch);
  };
  const keepDraft = (): void => drafts.keep({ state: drawing.state, from, sketch: sketch.length ? { points: sketch, mode: sketchMode } : null, facts, base: saving.version });

  const drawing = new Drawing(map, {
    change: (state, settled) => {
      moving = settled ? null : partsOf(state);
      areas = null;
      remeasure();
      if (settled) {
        plots.show(state);
        saving.changed(state);
        avoiding.stale();
        if (saving.dirty) keepDraft();
        else if (drawing.history.canUndo) drafts.drop();
        bar.refresh();
      }
      ask(state);
    },
    sketch: (points, mode) => {
      const drew = sketch.length > 0;
      sketch = points;
      sketchMode = mode;
      if (points.length) areas = null;
      if (points.length || (drew && saving.dirty)) keepDraft();
      remeasure();
      bar.refresh();
      if (mode === "draw" && points.length > 2) ask(withPlots(drawing.state, [[points]]));
      else if (!points.length && drew && drawing.parts.length) ask(drawing.state);
    },
    mode: (mode) => modeChanged(mode),
    cut: (ring) => tools.cut(ring),
    line: (points, mode) => tools.line(points, mode),
    pick: (at, mode) => void tools.pick(at, mode),
  });
  const say = (text: string): void => void (need("#map-status").textContent = need("#hint").textContent = text);
  let snapNote = "";
  const hint = (): void => {
    const mode = drawing.currentMode;
    const many = mode === "vertices" && counts(drawing.parts).vertices > MANY_VERTICES ? t("edit.tooManyVertices", { n: counts(drawing.parts).vertices }) : "";
    const meant = ["split", "cut"].includes(mode) && plots.chosen.size ? t("plots.chosen", { n: plots.chosen.size }) : "";
    need("#hint").textContent = [t(mode === "idle" && drawing.state.plots.length ? "edit.hint.ready" : `edit.hint.${mode}`), meant, many, sketches(mode) || mode === "vertices" ? `${snapNote} ${t("edit.hint.snap")}` : ""].filter(Boolean).join(" ");
  };
  const snap = snapping(map, (text) => ((snapNote = text), hint()));
  const modeChanged = (mode: Mode): void => {
    bar.refresh();
    snap.setActive(sketches(mode) || mode === "vertices");
    hint();
  };
  const fit = (): void => {
    const bounds = drawing.bounds();
    if (bounds) map.fitBounds(bounds, { padding: [60, 60], maxZoom: 17 });
    else if (stage.home) map.fitBounds(stage.home);
  };

  const uses = book.facts.find((fact) => fact.name === "intended_use")?.choices ?? [];
  const plots = new PlotList(uses, {
    change: (index, change) => drawing.rename(withPlot(drawing.state, index, change)),
    remove: (index) => (plots.chosen.clear(), drawing.commit(without(drawing.state, new Set([index])))),
    zoom: (index) => {
      const bounds = drawing.plotBounds(index);
      if (bounds) (sheet("none"), map.fitBounds(bounds, { padding: [50, 50], maxZoom: 18 }));
    },
    choose: (chosen) => drawing.choose(new Set(chosen)),
  });
  const operations = new Operations(drawing, project, plots, { say, showPlace });
  const tools = new Tools(drawing, operations, () => tree.visible.filter((layer) => layer.kind !== "raster").map((layer) => layer.code), () => plots.chosen, say);
  const avoiding = avoidance(map, panel, () => ({ state: drawing.state, facts, project }), showPlace, (state, before) => {
    if (drawing.state !== before) return false;
    drawing.commit(state);
    say(t("avoid.applied"));
    return true;
  });
  const saving = new Saving(page, facts, () => drawing.state, () => drafts.drop(), (newer, detail, again) => {
    void import("./edit/newer").then(async ({ newerVersion }) => {
      sheet("check");
      need("#file-state").replaceChildren(await newerVersion(newer, detail, {
        map, mine: () => drawing.state, saveOnTop: again,
        take: (state) => (saving.rebase(newer.id), drawing.commit(state), fit()),
      }));
      keepDraft();
    });
  });
  const bar = toolbar(drawing, tools, say, fit);
  const sheet = sheets(page);
  const files = new Files({
    read: (answer, file, answers) => {
      const state = fromDrawing(answer.drawing);
      operations.clear();
      saving.keepFile(file, answers, state);
      declared = { parts: JSON.stringify(partsOf(state)), areas: answer.areas };
      drawing.commit(state);
      areas = answer.areas;
      remeasure();
      fit();
    },
    showPlace,
    shown: () => sheet("check"),
  });
  typedCoordinates(map, drawing, files, (parts) => (drawing.add(parts), fit()));

  from = loaded ? fromDrawing(loaded.drawing) : EMPTY;
  saving.start(from);
  if (loaded) declared = { parts: JSON.stringify(partsOf(from)), areas: loaded.areas };
  drawing.load(from);
  areas = loaded?.areas ?? null;
  remeasure();
  if (loaded) fit();
  hint();
  bar.refresh();
  // An alternative or a suggested patch that the address names. Unsaved work comes first: it is not written over unasked.
  const proposal = embedded<ReadBoundary>("proposal");
  const propose = (): void => {
    drawing.commit(fromDrawing(proposal!.drawing));
    areas = proposal!.areas;
    remeasure();
    fit();
    say(t("edit.proposed"));
  };
  if (proposal && !drafts.find()) propose();
  else if (proposal) {
    const box = h("div", { class: "alert alert-info", role: "alert" }, t("edit.proposal"), " ");
    box.append(h("button", { type: "button", class: "btn btn-sm btn-primary", onclick: () => (box.remove(), propose()) }, t("edit.proposalOpen")));
    need("#file-state").append(box);
  }
  offerDraft(drafts, (draft) => {
    Object.assign(facts, draft.facts);
    // Undo goes back to where the work began, also when that is not what is saved now.
    from = draft.from;
    drawing.history.reset(from);
    saving.rebase(draft.base);
    drawing.commit(draft.state);
    fit();
    if (draft.sketch) {
      drawing.setMode(draft.sketch.mode);
      for (const [lng, lat] of draft.sketch.points) drawing.addPoint(L.latLng(lat, lng));
    }
    say(t("edit.restored"));
  });
}

/** The drawing held against its neighbours: loaded when there is a drawing. */
function besides(map: L.Map, project: number, shown: () => void): (state: State) => void {
  let made: Promise<Neighbours> | null = null;
  return (state) => {
    if (!made && !state.plots.length) return;
    made ??= import("./edit/neighbours").then((module) => new module.Neighbours(project, map, shown));
    void made.then((it) => it.ask(state));
  };
}

/** The bar under the findings; what it does is loaded when a conflict is first chosen. */
function avoidance(
  map: L.Map,
  panel: CheckPanel,
  now: () => Pick<AvoidQuestion, "state" | "facts" | "project">,
  showPlace: (place: [number, number]) => void,
  apply: (state: State, before: State) => boolean,
): { choose(rules: string[]): void; stale(): void; versions: Record<string, number> } {
  const bar = need("#avoid");
  let made: Avoidance | null = null;
  let chosen: string[] = [];
  const use = async (run: (it: Avoidance) => Promise<void>): Promise<void> => {
    if (!made) {
      const { Avoidance: Made } = await import("./edit/avoid");
      made = new Made(map, panel.ruleName, { apply, showPlace });
    }
    await run(made);
  };
  const question = (): AvoidQuestion => ({ ...now(), rules: chosen, versions: self.versions });
  const number = (id: string): number => Math.max(0, Number(need<HTMLInputElement>(id).value) || 0);
  need("#avoid-cut").addEventListener("click", () => void use((it) => it.cutAway(question(), number("#avoid-clearance"))));
  need("#avoid-shift").addEventListener("click", () => void use((it) => it.shift(question(), number("#avoid-bound") || 200)));
  const self = {
    versions: {} as Record<string, number>,
    choose(rules: string[]): void {
      chosen = rules;
      bar.hidden = !rules.length;
      need("#avoid-count").textContent = t("avoid.chosen", { n: rules.length });
    },
    stale: () => made?.clear(),
  };
  return self;
}

/** On a phone the answer is a sheet at the foot of the map. */
function sheets(page: HTMLElement): (name: "none" | "check") => void {
  const tabs = [...document.querySelectorAll<HTMLButtonElement>(".sheet-tabs button")];
  const show = (name: string): void => {
    page.dataset["sheet"] = name;
    tabs.forEach((tab) => tab.setAttribute("aria-pressed", String(tab.dataset["show"] === name)));
  };
  tabs.forEach((tab) => tab.addEventListener("click", () => show(tab.dataset["show"]!)));
  return show;
}

function offerDraft(drafts: Drafts, restore: (draft: Draft) => void): void {
  const draft = drafts.find();
  if (!draft) return;
  const parts = partsOf(draft.state);
  const box = h("div", { class: "alert alert-info", role: "alert" }, t("edit.draftFound", { when: new Date(draft.saved).toLocaleString(english ? "en-GB" : "zh-CN"), area: squareMetres(area(parts)) }), " ");
  box.append(
    h("button", { type: "button", class: "btn btn-sm btn-primary", onclick: () => (box.remove(), restore(draft)) }, t("edit.draftRestore")), " ",
    h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", onclick: () => (box.remove(), drafts.drop()) }, t("edit.draftDiscard")));
  need("#file-state").append(box);
}

void start();
