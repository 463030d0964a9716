import L from "leaflet";
import { getJson, postJson, Problem } from "./core/api";
import { embedded, h, need } from "./core/dom";
import { t } from "./core/i18n";
import { OnePolygon } from "./alternatives/drawing";
import { createStage, PASSIVE } from "./map/stage";
import { swatch } from "./map/symbols";
import { Poll } from "./upload/poll";
import "./alternatives/options.scss";

interface Patch {
  id: number;
  rank: number;
  geometry: GeoJSON.Geometry;
}

interface Search {
  state: string;
  progress: number;
  message: string;
  patches: Patch[];
}

interface Config {
  api: string;
  alternatives: string;
  alternatives_page: string;
  one: string;
  stop: string;
}

const data = embedded<Search | null>("search-data");
const config = embedded<Config>("config")!;
const open = (state: string): boolean => state === "queued" || state === "running";
const LINE = "#0b3d91";

function complain(error: unknown): void {
  const items = error instanceof Problem && error.items.length ? error.items.map((item) => item.message ?? item.text ?? "") : [error instanceof Error ? error.message : String(error)];
  need("#problem").replaceChildren(h("div", { class: "alert alert-danger" }, ...items.map((text) => h("div", {}, text))));
  need("#problem").scrollIntoView({ block: "nearest" });
}

/** A search under way: its progress, until it has ended. */
function follow(): void {
  let state = data!.state;
  const poll = new Poll(
    async () => {
      const now = await getJson<Search>(config.one);
      const bar = need<HTMLProgressElement>("#work-progress");
      const changed = bar.value !== now.progress || now.state !== state;
      state = now.state;
      bar.value = now.progress;
      if (now.message) need("#work-message").textContent = now.message;
      if (!open(state)) location.assign(location.pathname);
      return changed;
    },
    () => open(state),
  );
  poll.soon();
  document.querySelector<HTMLButtonElement>("#stop")?.addEventListener("click", (event) => {
    (event.currentTarget as HTMLButtonElement).disabled = true;
    postJson(config.stop, {}).then(() => location.reload(), complain);
  });
}

/** The patches on a map, numbered as in the list beside it. */
async function patches(): Promise<void> {
  const { map } = await createStage(need("#map"), { scrollWheelZoom: false });
  const shapes = new Map<number, L.GeoJSON>();
  const choose = (id: number, zoom: boolean): void => {
    const shape = shapes.get(id)!;
    if (zoom) map.fitBounds(shape.getBounds(), { maxZoom: 16, padding: [60, 60] });
    shapes.forEach((other, key) => other.setStyle({ weight: key === id ? 5 : 3 }));
    document.querySelectorAll<HTMLElement>("[data-patch]").forEach((item) => item.classList.toggle("is-on", item.dataset["patch"] === String(id)));
    need("#map-status").textContent = t("suggest.shown", { rank: data!.patches.find((patch) => patch.id === id)!.rank });
  };
  const all = L.featureGroup();
  for (const patch of data!.patches) {
    const shape = L.geoJSON(patch.geometry as GeoJSON.GeoJsonObject, { ...PASSIVE, style: { color: LINE, weight: 3, fillColor: "#2f6fd0", fillOpacity: 0.15 } } as L.GeoJSONOptions);
    shape.on("click", () => {
      choose(patch.id, false);
      need(`[data-patch="${patch.id}"]`).scrollIntoView({ block: "nearest" });
    });
    shapes.set(patch.id, shape.addTo(all));
    L.marker(shape.getBounds().getCenter(), { icon: L.divIcon({ className: "patch-label", html: String(patch.rank), iconSize: [24, 24] }), interactive: false, keyboard: false, ...PASSIVE }).addTo(all);
  }
  all.addTo(map);
  if (all.getBounds().isValid()) map.fitBounds(all.getBounds(), { padding: [40, 40], maxZoom: 15, animate: false });
  need("#legend").replaceChildren(h("li", {}, swatch({ class: "", label: "", fill: "#2f6fd0", stroke: LINE, width: 2, hatch: null }), t("suggest.patch")));
  document.querySelectorAll<HTMLButtonElement>("[data-zoom]").forEach((button) => button.addEventListener("click", () => choose(Number(button.dataset["zoom"]), true)));
  document.querySelectorAll<HTMLButtonElement>("[data-add]").forEach((button) =>
    button.addEventListener("click", () => {
      button.disabled = true;
      const name = t("suggest.name", { rank: button.dataset["rank"]!, id: button.dataset["add"]! });
      postJson(config.alternatives, { name, patch: Number(button.dataset["add"]) }).then(
        () => {
          button.replaceWith(h("a", { class: "btn btn-sm btn-outline-primary", href: config.alternatives_page }, t("suggest.added")));
          need("#status").textContent = t("suggest.added");
        },
        (error) => ((button.disabled = false), complain(error)),
      );
    }));
}

function asking(): void {
  const form = document.querySelector<HTMLFormElement>("#search");
  if (!form) return;
  const polygon = new OnePolygon(need("#map-draw"));
  const toggle = need<HTMLButtonElement>("#draw-region");
  toggle.addEventListener("click", () => {
    const on = toggle.getAttribute("aria-pressed") !== "true";
    toggle.setAttribute("aria-pressed", String(on));
    need("#draw-frame").hidden = !on;
    if (on) void polygon.start();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    need("#problem").replaceChildren();
    const numbers = ["area_m2", "tolerance", "least_width_m", "aspect", "compactness", "azimuth_deg", "count", "apart_m", "cell_m"];
    const given = new FormData(form);
    const preferences = [...form.querySelectorAll<HTMLElement>("[data-preference]")].map((row) => ({
      code: row.dataset["preference"],
      ...Object.fromEntries([...row.querySelectorAll<HTMLInputElement>("[data-part]")].map((input) => [input.dataset["part"]!, input.value === "" ? 0 : Number(input.value)])),
    }));
    const parameters = {
      ...Object.fromEntries(numbers.map((name) => [name, given.get(name)])),
      irregular: given.has("irregular"),
      past_unchecked: given.has("past_unchecked"),
      optional: given.getAll("optional"),
      preferences,
    };
    const drawn = toggle.getAttribute("aria-pressed") === "true";
    if (drawn && !polygon.geometry) return complain(new Error(t("options.noDrawing")));
    const where = drawn ? { region: polygon.geometry } : { region_code: given.get("region_code") };
    postJson(config.api, { parameters, ...where }).then(() => location.assign(location.pathname), complain);
  });
}

if (data && open(data.state)) follow();
if (data?.state === "done" && data.patches.length) void patches();
asking();
