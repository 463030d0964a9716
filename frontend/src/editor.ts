import L from "leaflet";
import { postJson } from "./core/api";
import type { RuleBook } from "./core/check";
import { embedded, h, need } from "./core/dom";
import { squareMetres } from "./core/format";
import { area, type MultiPolygon, type Ring } from "./core/geodesy";
import { english, t, type Key } from "./core/i18n";
import { Latest } from "./core/latest";
import { CheckPanel, type Preview } from "./edit/check-panel";
import { Drafts } from "./edit/draft";
import { Drawing, MANY_VERTICES, type Mode } from "./edit/drawing";
import { EdgeLabels } from "./edit/edge-labels";
import { Files, type ReadBoundary } from "./edit/files";
import { measure, type ServerAreas } from "./edit/measure";
import { Saving } from "./edit/saving";
import { counts, fromGeoJson, toGeoJson } from "./edit/shape";
import { snapping } from "./edit/snapping";
import { toolbar } from "./edit/toolbar";
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
  const shown = stage.catalogue.filter((layer) => layer.visible_by_default).map((layer) => layer.code);
  new LayerTree(stage, () => undefined).render([...shown, "DLTB"]);

  const findings = new FindingsLayer(map);
  const edges = new EdgeLabels().addTo(map);
  const drafts = new Drafts(project, page.dataset["user"] ?? "");
  const place = L.circleMarker([0, 0], { radius: 12, color: "#9c1c22", weight: 4, fill: false, interactive: false, ...PASSIVE });
  let sketch: Ring = [];
  let sketchIsHole = false;
  let areas: ServerAreas | null = null;
  let moving: MultiPolygon | null = null;
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
      ask(drawing.parts);
    },
    again: () => ask(drawing.parts),
    showPlace,
  });

  const check = new Latest<MultiPolygon, Preview>(
    (parts, signal) => postJson<Preview>("/api/v1/checks/preview/", { geometry: toGeoJson(parts), facts, project }, signal),
    {
      start: () => panel.busy(),
      answer: (preview) => {
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
  const ask = (parts: MultiPolygon): void => {
    if (parts.length) return check.schedule(parts);
    check.cancel();
    findings.clear();
    panel.waiting();
  };
  const remeasure = (): void => {
    measure(moving ?? drawing.parts, sketch, sketchIsHole, areas);
    edges.show(moving ?? drawing.parts, sketch);
  };
  const keepDraft = (): void => drafts.keep({ parts: drawing.parts, facts, base: saving.version });

  const drawing = new Drawing(map, {
    change: (parts, settled) => {
      moving = settled ? null : parts;
      areas = null;
      remeasure();
      if (settled) {
        saving.changed(parts);
        if (saving.dirty) keepDraft();
        else if (drawing.history.canUndo) drafts.drop();
        tools.refresh();
      }
      ask(parts);
    },
    sketch: (ring, hole) => {
      sketch = ring;
      sketchIsHole = hole;
      if (ring.length) areas = null;
      remeasure();
      tools.refresh();
      if (!hole && ring.length > 2) ask([...drawing.parts, [ring]]);
      else if (!ring.length && drawing.parts.length) ask(drawing.parts);
    },
    mode: (mode) => modeChanged(mode),
    refuse: (key: Key) => say(t(key)),
  });
  const say = (text: string): void => void (need("#map-status").textContent = need("#hint").textContent = text);
  let snapNote = "";
  const hint = (): void => {
    const mode = drawing.currentMode;
    const many = mode === "vertices" && counts(drawing.parts).vertices > MANY_VERTICES ? t("edit.tooManyVertices", { n: counts(drawing.parts).vertices }) : "";
    need("#hint").textContent = [t(`edit.hint.${mode}`), many, mode === "draw" || mode === "hole" || mode === "vertices" ? `${snapNote} ${t("edit.hint.snap")}` : ""].filter(Boolean).join(" ");
  };
  const snap = snapping(map, (text) => ((snapNote = text), hint()));
  const modeChanged = (mode: Mode): void => {
    tools.refresh();
    snap.setActive(mode === "draw" || mode === "hole" || mode === "vertices");
    hint();
  };
  const fit = (): void => {
    const bounds = drawing.bounds();
    if (bounds) map.fitBounds(bounds, { padding: [60, 60], maxZoom: 17 });
    else if (stage.home) map.fitBounds(stage.home);
  };

  const saving = new Saving(page, facts, () => drawing.parts, () => drafts.drop());
  const tools = toolbar(drawing, say, fit);
  const sheet = sheets(page);
  const files = new Files({
    read: (answer, file, meridian) => {
      const parts = fromGeoJson(answer.geometry);
      saving.keepFile(file, meridian, parts);
      declared = { parts: JSON.stringify(parts), areas: answer.areas };
      drawing.commit(parts);
      areas = answer.areas;
      remeasure();
      fit();
    },
    showPlace,
    shown: () => sheet("check"),
  });
  typedCoordinates(map, drawing, files, (parts) => (drawing.commit(parts), fit()));

  const from = loaded ? fromGeoJson(loaded.geometry) : [];
  saving.start(from);
  if (loaded) declared = { parts: JSON.stringify(from), areas: loaded.areas };
  drawing.load(from);
  areas = loaded?.areas ?? null;
  remeasure();
  if (from.length) fit();
  hint();
  tools.refresh();
  offerDraft(drafts, (draft) => {
    Object.assign(facts, draft.facts);
    drawing.commit(draft.parts);
    fit();
    say(t("edit.restored"));
  });
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

function offerDraft(drafts: Drafts, restore: (draft: NonNullable<ReturnType<Drafts["find"]>>) => void): void {
  const draft = drafts.find();
  if (!draft) return;
  const box = h("div", { class: "alert alert-info", role: "alert" }, t("edit.draftFound", { when: new Date(draft.saved).toLocaleString(english ? "en-GB" : "zh-CN"), area: squareMetres(area(draft.parts)) }), " ");
  box.append(
    h("button", { type: "button", class: "btn btn-sm btn-primary", onclick: () => (box.remove(), restore(draft)) }, t("edit.draftRestore")), " ",
    h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", onclick: () => (box.remove(), drafts.drop()) }, t("edit.draftDiscard")));
  need("#file-state").append(box);
}

void start();
