import L from "leaflet";
import { debounce, need } from "./core/dom";
import * as card from "./public/card";
import { TileLayer } from "./public/layer";
import { asked, chosenWords, List } from "./public/list";
import { places } from "./public/places";
import { hashOf, outlines, printing, stage, viewOf } from "./public/stage";
import type { Mark } from "./public/tile";
import { Tiles } from "./public/tiles";
import { dayOf, say } from "./public/words";

const SAME_PLACE = 12; // metres of Web Mercator: no zoom tells them apart
const page = need("#public-page");
const form = need<HTMLFormElement>("#filters");
const words = need<HTMLInputElement>("#q");
const inView = need<HTMLInputElement>("#in-view");
const sheet = need("#map-card");
const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

const first = viewOf(location.hash);
const { map } = stage(need("#map"), page.dataset["home"], first);
const layer = new TileLayer();
layer.addTo(map);
const list = new List(form, page.dataset["list"]!);
let chosen = first?.slug ?? "";
/** The one place that is listed alone, as its projects can't be told apart on the map. */
let only: L.LatLngBounds | null = null;

const tiles = new Tiles(map, page.dataset["tiles"]!, (failed) => {
  if (failed) need("#shared").textContent = say("map.failed");
  layer.show(tiles.shown);
  need("#map").dataset["drawn"] = String(layer.marks().length);
  const mark = chosen && sheet.hidden ? layer.marks().find((one) => one.slug === chosen) : undefined;
  if (mark) open(card.ofMark(mark), L.latLng(mark.lat, mark.lon), false);
});
void outlines(page.dataset["outlines"]!, map).catch((error: unknown) => console.warn("outlines", error)); // the list and the marks still say everything

const remember = (): void => history.replaceState(null, "", `${location.pathname}${query().size ? `?${query()}` : ""}${hashOf(map, chosen)}`);
const query = (): URLSearchParams & { size: number } => {
  const found = asked(form) as URLSearchParams & { size: number };
  if (found.size === undefined) Object.defineProperty(found, "size", { value: [...found].length }); // browsers before 2023
  return found;
};

function listed(more: Record<string, string> = {}): Promise<void> {
  const wanted = query();
  const bounds = only ?? (inView.checked ? map.getBounds() : null);
  if (bounds) wanted.set("view", [down(bounds.getWest()), down(bounds.getSouth()), up(bounds.getEast()), up(bounds.getNorth())].join(","));
  for (const [name, value] of Object.entries(more)) wanted.set(name, value);
  return list.load(wanted);
}
// Outwards to the thousandth of a degree: neighbouring views ask the same question, which the server has answered.
const down = (value: number): string => (Math.floor(value * 1000) / 1000).toFixed(3);
const up = (value: number): string => (Math.ceil(value * 1000) / 1000).toFixed(3);

function filter(): void {
  only = null;
  close();
  tiles.filter(query().toString());
  void listed();
  remember();
}

function open(said: card.Said, at: L.LatLng, focus: boolean): void {
  chosen = said.slug;
  layer.point(at);
  card.fill(sheet, said, page.dataset["project"]!, () => {
    close();
    need("#map").focus();
  });
  for (const row of list.box.querySelectorAll(".is-chosen")) row.classList.remove("is-chosen");
  list.row(said.slug)?.classList.add("is-chosen");
  if (focus) sheet.focus({ preventScroll: true });
  remember();
}

function close(): void {
  chosen = "";
  sheet.hidden = true;
  layer.point(null);
  for (const row of list.box.querySelectorAll(".is-chosen")) row.classList.remove("is-chosen");
}

function tapped(mark: Mark): void {
  const at = L.latLng(mark.lat, mark.lon);
  if (mark.n === 1) return open(card.ofMark(mark), at, true);
  if (mark.span > SAME_PLACE && map.getZoom() < map.getMaxZoom()) {
    // As near as lets what lies apart fill about half of the map.
    const metres = 156543 / 2 ** map.getZoom();
    const nearer = Math.floor(Math.log2((Math.min(map.getSize().x, map.getSize().y) * 0.5 * metres) / mark.span));
    map.setView(at, Math.min(map.getZoom() + Math.max(nearer, 1), map.getMaxZoom()), { animate: !calm });
    return;
  }
  only = at.toBounds(2 * SAME_PLACE + 200);
  void listed().then(() => list.box.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" }));
}

map.on("click", (event: L.LeafletMouseEvent) => {
  const mark = layer.under(event.containerPoint);
  if (mark) tapped(mark);
  else if (!sheet.hidden) close(), remember();
});
map.on("mousemove", (event: L.LeafletMouseEvent) => need("#map").classList.toggle("is-over-mark", layer.under(event.containerPoint) !== null));
map.on("moveend", () => {
  if (tiles.held) return; // what is printed isn't where the reader is
  remember();
  if (inView.checked && !only) void listed();
});
L.DomEvent.disableClickPropagation(sheet);
sheet.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close(), need("#map").focus();
});

form.addEventListener("change", (event) => (event.target === words ? undefined : filter()));
words.addEventListener("input", debounce(filter, 350));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  filter();
});
need("#clear").addEventListener("click", (event) => {
  event.preventDefault();
  words.value = "";
  for (const field of form.querySelectorAll<HTMLInputElement | HTMLSelectElement>("select, input")) {
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = true;
    else field.value = "";
  }
  filter();
  words.focus();
});
inView.addEventListener("change", () => {
  only = null;
  void listed();
});
need("#in-view-box").hidden = false;
places(words, (box, slug) => {
  chosen = slug;
  map.fitBounds([[box[1], box[0]], [box[3], box[2]]], { maxZoom: 15 });
});

list.box.addEventListener("click", (event) => {
  const target = event.target as HTMLElement;
  const turned = target.closest<HTMLElement>("[data-page]");
  if (turned) {
    event.preventDefault();
    void listed({ page: turned.dataset["page"]! }).then(() => {
      list.box.scrollIntoView({ block: "start" });
      list.box.querySelector<HTMLElement>(".row-title")?.focus({ preventScroll: true });
    });
    return;
  }
  const located = target.closest<HTMLElement>("[data-locate]");
  const row = located?.closest<HTMLElement>("[data-slug]");
  if (!row) return;
  const at = L.latLng(Number(row.dataset["lat"]), Number(row.dataset["lon"]));
  map.setView(at, Math.max(map.getZoom(), 14), { animate: !calm });
  open(card.ofRow(row), at, true);
  need("#map").scrollIntoView({ block: "nearest" });
});

const share = need<HTMLButtonElement>("#share");
share.hidden = false;
share.addEventListener("click", () => void shared());
async function shared(): Promise<void> {
  remember();
  const said = need("#shared");
  try {
    if (navigator.share) return await navigator.share({ title: document.title, url: location.href });
    await navigator.clipboard.writeText(location.href);
    said.textContent = say("share.copied");
  } catch (error) {
    // Who closes the system's own sheet has failed at nothing.
    if ((error as Error).name !== "AbortError") said.textContent = say("share.failed");
  }
}
const print = need<HTMLButtonElement>("#print");
print.hidden = false;
print.addEventListener("click", () => window.print());
const legend = need<HTMLDetailsElement>(".public-legend");
let unfolded = legend.open;
printing(map, layer, () => {
  tiles.held = true;
  need("#paper-said").textContent = [...chosenWords(form), say("paper.printed", { at: dayOf(new Date()) }), location.origin + location.pathname].join(" · ");
  unfolded = legend.open;
  legend.open = true;
}, () => {
  tiles.held = false;
  legend.open = unfolded;
  tiles.load();
});

// On a phone the legend would cover what it explains.
if (window.matchMedia("(max-width: 900px)").matches) legend.open = false;
tiles.filter(query().toString());
if (chosen && first) layer.point(L.latLng(first.lat, first.lon));
