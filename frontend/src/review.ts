import L from "leaflet";
import { getJson, postForm, postJson, Problem } from "./core/api";
import type { Finding, Severity } from "./core/check";
import { embedded, h, need } from "./core/dom";
import { t } from "./core/i18n";
import { FindingsLayer, SEVERITY_COLOURS } from "./map/findings";
import { createStage, PASSIVE } from "./map/stage";
import { NEEDS_WORDS, nextUndecided, settles, type Decision, type Item, type Review } from "./review/data";
import { Drafts, tabStore } from "./review/drafts";
import { article, type Acts } from "./review/item";
import { keyboard, type Act } from "./review/keys";
import { assignment, overall, signing, type OverallActs } from "./review/overall";

const OVERALL = "#overall";
const SIGN = "#sign";
const WITHDRAW = "#withdraw";

let review = embedded<Review>("review")!;
const endings = embedded<string>("endings") ?? "";
const maxBytes = (embedded<number>("max-mb") ?? 20) * 1024 * 1024;
const api = `/api/v1/reviews/${review.check}/`;
const drafts = new Drafts(review.check, tabStore());
/** The decision that waits for its words, by finding. */
const chosen = new Map<string, Decision>();
let current = Math.max(0, review.items.findIndex((item) => item.undecided));
let busy = false;
let zoomTo: (rule: string) => void = () => undefined;

const status = need("#review-status");
const say = (text: string): void => void (status.textContent = text);

// --- showing --------------------------------------------------------------------------------------

function show(): void {
  need("#items").replaceChildren(...review.items.map((item, index) => article(item, index, review, acts, drafts.get(item.rule), endings, index === current)));
  need("#no-items").hidden = review.items.length > 0;
  showState();
}

function showState(): void {
  const badge = need("#review-state");
  badge.textContent = review.state_label;
  badge.className = `review-state review-${review.state}`;
  need("#review-progress").textContent = t("review.progress", { done: review.progress.decided, all: review.progress.needed });
  need("#review-assign").replaceChildren(...assignment(review, wholeActs));
  need("#overall").replaceChildren(...overall(review, drafts.get(OVERALL), endings, wholeActs));
  need("#sign").replaceChildren(...signing(review, { opinion: drafts.get(SIGN), reason: drafts.get(WITHDRAW) }, wholeActs));
}

/** Draw one finding anew, and leave the others (and what is typed there) as they are. */
function redraw(index: number): void {
  const item = review.items[index];
  const old = need("#items").children[index];
  if (item && old) old.replaceWith(article(item, index, review, acts, drafts.get(item.rule), endings, index === current));
}

function choose(index: number, focus: boolean): void {
  if (index < 0 || index >= review.items.length) return;
  const before = current;
  if (index !== before) {
    current = index;
    redraw(before);
    redraw(index);
  }
  if (focus || index !== before) zoomTo(review.items[index]!.rule);
  const article = need(`#item-${index}`);
  if (focus) {
    article.focus({ preventScroll: true });
    article.scrollIntoView({ block: "nearest" });
  }
}

function complain(place: string | null, text: string): void {
  const field = place === null ? null : document.getElementById(`error-${place}`);
  if (field) {
    field.textContent = text;
    field.hidden = false;
  } else need("#review-problem").replaceChildren(h("p", { class: "alert alert-danger", role: "alert" }, text));
  say(text);
}

// --- writing --------------------------------------------------------------------------------------

/** Send something; true when it was taken. What was typed stays where it is until then. */
async function send(work: () => Promise<Review>, place: string | null): Promise<boolean> {
  if (busy) return false;
  busy = true;
  need("#review-problem").replaceChildren();
  try {
    review = await work();
    return true;
  } catch (error) {
    if (error instanceof Problem && error.status === 409) {
      // Someone was faster: show what stands now, and keep what was typed beside it.
      review = await getJson<Review>(api).catch(() => review);
      show();
      complain(null, t("review.overtaken", { why: error.detail }));
    } else complain(place, error instanceof Problem ? (error.items[0]?.message ?? error.message) : t("review.unreachable"));
    return false;
  } finally {
    busy = false;
  }
}

async function mark(rule: string, decision: Decision, then: (item: Item) => void): Promise<void> {
  const index = review.items.findIndex((item) => item.rule === rule);
  const text = drafts.get(rule).trim();
  if (NEEDS_WORDS.has(decision) && !text) {
    chosen.set(rule, decision);
    const words = document.getElementById(`words-${index}`);
    words?.focus();
    complain(String(index), t("review.wordsNeeded", { what: t(`decision.${decision}`) }));
    return;
  }
  if (!(await send(() => postJson<Review>(`${api}marks/`, { rule, decision, text }), String(index)))) return;
  chosen.delete(rule);
  drafts.set(rule, "");
  show();
  say(t("review.marked", { name: review.items[index]?.name ?? "", what: t(`decision.${decision}`) }));
  then(review.items[index]!);
}

async function bring(rule: string, files: FileList, place: string): Promise<void> {
  for (const file of Array.from(files)) {
    if (file.size > maxBytes) {
      complain(place, t("review.tooLarge", { name: file.name, mb: maxBytes / 1024 / 1024 }));
      continue;
    }
    const form = new FormData();
    form.append("file", file);
    form.append("rule", rule);
    if (await send(() => postForm<Review>(`${api}attachments/`, form), place)) {
      show();
      say(t("review.attached", { name: file.name }));
    }
  }
}

const acts: Acts = {
  choose: (index) => choose(index, false),
  zoom: (rule) => {
    zoomTo(rule);
    need("#map").scrollIntoView({ block: "nearest" });
  },
  say: (rule, decision) => void mark(rule, decision, () => document.getElementById(`item-${current}`)?.focus({ preventScroll: true })),
  typed: (rule, text) => drafts.set(rule, text),
  bring: (rule, files) => void bring(rule, files, String(current)),
};

const wholeActs: OverallActs = {
  typed: (field, text) => drafts.set(field === "sign" ? SIGN : field === "withdraw" ? WITHDRAW : OVERALL, text),
  bring: (files) => void bring("", files, "overall-words"),
  say: (decision) => void (async () => {
    const text = drafts.get(OVERALL).trim();
    if (NEEDS_WORDS.has(decision) && !text) {
      need("#overall-words").focus();
      complain("overall-words", t("review.wordsNeeded", { what: t(`decision.${decision}`) }));
      return;
    }
    if (!(await send(() => postJson<Review>(`${api}marks/`, { rule: "", decision, text }), "overall-words"))) return;
    drafts.set(OVERALL, "");
    show();
    say(t("review.saidOverall"));
  })(),
  sign: () => void (async () => {
    const { revision } = review;
    if (!(await send(() => postJson<Review>(`${api}sign-off/`, { revision, opinion: drafts.get(SIGN).trim() }), "sign-words"))) return;
    drafts.set(SIGN, "");
    show();
    say(t("review.signed"));
  })(),
  withdraw: () => void (async () => {
    const reason = drafts.get(WITHDRAW).trim();
    if (!(await send(() => postJson<Review>(`${api}sign-off/withdrawal/`, { reason }), "withdraw-words"))) return;
    drafts.set(WITHDRAW, "");
    show();
    say(t("review.withdrawn"));
  })(),
  take: (take) => void (async () => {
    if (!(await send(() => postJson<Review>(`${api}assignment/`, { take }), null))) return;
    showState();
    say(t(take ? "review.taken" : "review.released"));
  })(),
  verify: () => void (async () => {
    const place = need("#verify-result");
    try {
      const found = await getJson<{ holds: boolean; differences: string[] }>(`${api}verification/`);
      place.textContent = found.holds ? t("review.holds") : t("review.broken", { what: found.differences.join("；") });
      place.classList.toggle("form-error", !found.holds);
    } catch {
      place.textContent = t("review.unreachable");
    }
  })(),
};

// --- the keyboard ---------------------------------------------------------------------------------

/** After a decision the next finding without one is where the work goes on. */
function goOn(): void {
  const next = settles(review.items[current]?.decision ?? null) ? nextUndecided(review.items, current) : current;
  if (next >= 0) choose(next, true);
  else {
    choose(current, true);
    say(t("review.allDecided"));
  }
}

function act(what: Act): void {
  const item = review.items[current];
  if (what === "overall") {
    (document.getElementById("sign-words") ?? document.getElementById("overall-words") ?? need("#sign-title")).focus();
    need("#overall-title").scrollIntoView({ block: "nearest" });
  } else if (!item) return;
  else if (what === "next" || what === "previous") {
    const away = document.activeElement?.closest("#items") === null; // the first key leads to where one is
    choose(away ? current : current + (what === "next" ? 1 : -1), true);
  } else if (what === "nextOpen") {
    const next = nextUndecided(review.items, current);
    if (next >= 0) choose(next, true);
    else say(t("review.allDecided"));
  } else if (what === "zoom") zoomTo(item.rule);
  else if (what === "file") document.getElementById(`file-${current}`)?.click();
  else if (review.may.review) {
    const decision = (["seen", "accepted", "dismissed", "change", "opinion"] as const)[what - 1]!;
    void mark(item.rule, decision, goOn);
  }
}

/** Ctrl + Enter in the words records the decision that waits for them. */
function sendByKey(event: KeyboardEvent): void {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const item = review.items[current];
  if (!item || (event.target as Element).id !== `words-${current}`) return;
  event.preventDefault();
  const decision = chosen.get(item.rule) ?? (review.may.review ? "opinion" : "reply");
  void mark(item.rule, decision, goOn);
}

// --- the map --------------------------------------------------------------------------------------

async function map(): Promise<void> {
  const { map: stage } = await createStage(need("#map"), { scrollWheelZoom: false });
  const findings = embedded<Finding[]>("findings") ?? [];
  const site = L.geoJSON(embedded<GeoJSON.GeoJsonObject>("site") as GeoJSON.GeoJsonObject, { interactive: false, ...PASSIVE, style: { color: "#0b3d91", weight: 3, fillColor: "#2f6fd0", fillOpacity: 0.06 } }).addTo(stage);
  const pieces = new FindingsLayer(stage);
  pieces.show(findings);
  const bounds = site.getBounds();
  const whole = (): void => {
    if (bounds.isValid()) stage.fitBounds(bounds, { padding: [40, 40], maxZoom: 17, animate: false });
  };
  whole();
  const ring = L.geoJSON(undefined, { interactive: false, ...PASSIVE, style: { color: "#0b57d0", weight: 5, opacity: 0.9, fill: false } }).addTo(stage);
  zoomTo = (rule) => {
    ring.clearLayers();
    const finding = findings.find((each) => each.rule === rule);
    if (!finding?.geometry) return whole();
    ring.addData(finding.geometry as GeoJSON.GeoJsonObject);
    const place = ring.getBounds();
    if (place.isValid()) stage.fitBounds(place.extend(place.getCenter()), { maxZoom: 17, padding: [50, 50], animate: false });
  };
  const present = (["P", "R", "C", "I"] as Severity[]).filter((severity) => findings.some((finding) => finding.severity === severity && finding.geometry));
  need("#legend").replaceChildren(h("li", {}, swatch("#0b3d91", "none"), t("check.mapSite")), ...present.map((severity) => h("li", {}, swatch(SEVERITY_COLOURS[severity], `url(#hatch-${severity})`), t(`severity.${severity}`))),
    h("li", {}, swatch("#0b57d0", "none", "4"), t("review.mapCurrent")));
}

function swatch(colour: string, fill: string, width = "2"): SVGSVGElement {
  const names = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(names, "svg");
  svg.setAttribute("viewBox", "0 0 24 14");
  svg.setAttribute("class", "swatch");
  svg.setAttribute("aria-hidden", "true");
  const rect = document.createElementNS(names, "rect");
  for (const [name, value] of Object.entries({ x: "2", y: "2", width: "20", height: "10", stroke: colour, "stroke-width": width, fill })) rect.setAttribute(name, value);
  svg.append(rect);
  return svg;
}

show();
keyboard(need("#review-keys"), act);
need("#items").addEventListener("keydown", sendByKey);
void map();
