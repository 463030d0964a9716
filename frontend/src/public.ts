import L from "leaflet";
import { getJson } from "./core/api";
import { debounce, h, need } from "./core/dom";
import { count, yuan } from "./core/format";
import { english, t, term } from "./core/i18n";
import { createMap } from "./map/create";
import { Points } from "./map/points";

interface Feature {
  id: string;
  geometry: GeoJSON.Geometry | null;
  properties: { slug: string; code: string; name: string; kinds: string[]; region: string; region_name: string; stage: string; planned_yuan: number | null; form: string; centre: [number, number] | null };
}
type Collection<F> = { features: F[] };

const KINDS = ["key", "government", "planned", "reserve"];

/** The public map: disclosed projects in their generalised places, and the same in words beside it. */
async function start(): Promise<void> {
  const page = need("#public-page");
  const list = need("#list");
  const { map, home } = createMap(need("#map"), { renderer: L.canvas({ padding: 0.3 }) });
  if (home) map.fitBounds(home);
  const pane = map.createPane("base");
  pane.style.zIndex = "150";
  const shapes = L.geoJSON(undefined, { style: { color: "#1d4e79", weight: 1.5, fillColor: "#1d4e79", fillOpacity: 0.15 }, interactive: false }).addTo(map);
  const points = new Points();
  points.addTo(map);
  let all: Feature[] = [];
  let shown: Feature[] = [];
  let chosen: string | null = null;

  void outlines(page.dataset["outlines"] ?? "", map);
  try {
    all = (await getJson<Collection<Feature>>(page.dataset["projects"] ?? "")).features;
  } catch {
    list.replaceChildren(h("p", { class: "empty", role: "alert" }, t("map.failed", { what: t("projects.what") }), " ", h("button", { type: "button", class: "btn btn-sm btn-outline-primary", onclick: () => location.reload() }, t("map.retry"))));
    return;
  }

  const [region, kind, words] = [need<HTMLSelectElement>("#region"), need<HTMLSelectElement>("#kind"), need<HTMLInputElement>("#q")];
  const choose = (slug: string | null, zoom: boolean): void => {
    chosen = slug;
    const index = shown.findIndex((f) => f.properties.slug === slug);
    points.choose(index < 0 ? null : index);
    const centre = shown[index]?.properties.centre;
    if (centre && zoom) map.setView([centre[1], centre[0]], Math.max(map.getZoom(), 12));
    rows();
    const open = list.querySelector<HTMLElement>(".is-chosen");
    open?.scrollIntoView({ block: "nearest" });
  };
  const rows = (): void => {
    const focused = (document.activeElement as HTMLElement | null)?.dataset["slug"];
    if (!shown.length) return list.replaceChildren(h("p", { class: "empty" }, t(all.length ? "public.none" : "public.empty")));
    list.replaceChildren(h("ul", { class: "rows" }, ...shown.map((f) => row(f, f.properties.slug === chosen, choose))));
    if (focused) list.querySelector<HTMLElement>(`button[data-slug="${focused}"]`)?.focus({ preventScroll: true });
  };
  const filter = (): void => {
    const wanted = words.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    shown = all.filter(({ properties: p }) => (!region.value || p.region === region.value) && (!kind.value || p.kinds.includes(kind.value)) && wanted.every((w) => `${p.name} ${p.code}`.toLowerCase().includes(w)));
    shapes.clearLayers();
    points.setMarks(shown.flatMap((f, id) => (f.properties.centre ? [{ id, at: L.latLng(f.properties.centre[1], f.properties.centre[0]), kind: kind.value || KINDS.find((k) => f.properties.kinds.includes(k)) || "planned", approximate: false }] : [])));
    shown.forEach((f) => f.geometry && f.geometry.type !== "Point" && shapes.addData(f.geometry as GeoJSON.GeoJsonObject));
    need("#count").textContent = t("public.count", { total: count(all.length), shown: count(shown.length) });
    const query = new URLSearchParams([["region", region.value], ["kind", kind.value], ["q", words.value.trim()]].filter(([, v]) => v) as string[][]);
    history.replaceState(null, "", `${location.pathname}${query.toString() ? `?${query}` : ""}`);
    const table = need<HTMLAnchorElement>("#table");
    table.search = query.toString();
    choose(null, false);
  };
  region.addEventListener("change", filter);
  kind.addEventListener("change", filter);
  words.addEventListener("input", debounce(filter, 150));
  need("#filters").addEventListener("submit", (event) => event.preventDefault());
  map.on("click", (event: L.LeafletMouseEvent) => {
    const hit = points.under(event.containerPoint, 16)[0];
    if (hit) choose(shown[hit.id]?.properties.slug ?? null, false);
  });
  filter();
}

function row(f: Feature, open: boolean, choose: (slug: string | null, zoom: boolean) => void): HTMLLIElement {
  const p = f.properties;
  return h("li", { class: open ? "row-item is-chosen" : "row-item" },
    h("button", { type: "button", class: "row-main", "data-slug": p.slug, "aria-expanded": String(open), onclick: () => choose(open ? null : p.slug, !open) },
      h("span", { class: "row-marks" }, ...KINDS.filter((k) => p.kinds.includes(k)).map((k) => h("span", { class: `kind kind-${k}`, role: "img", "aria-label": term("kind", k) }))),
      h("span", { class: "row-name" }, p.name),
      h("span", { class: "row-note" }, [p.region_name, term("stage", p.stage), p.planned_yuan === null ? "" : yuan(p.planned_yuan, english)].filter(Boolean).join(" · "))),
    open ? h("div", { class: "row-details" }, h("p", { class: "row-note" }, t("public.generalised")), h("a", { class: "btn btn-sm btn-primary", href: `/public/projects/${encodeURIComponent(p.slug)}/` }, t("public.detail"))) : null);
}

/** Regions and waters as the public may see them: the base map of this page. */
async function outlines(url: string, map: L.Map): Promise<void> {
  if (!url) return;
  try {
    const answer = await getJson<GeoJSON.FeatureCollection>(url);
    const renderer = L.canvas({ pane: "base", padding: 0.5 });
    L.geoJSON(answer, {
      pane: "base",
      renderer,
      interactive: false,
      style: (f) => (f?.properties?.["kind"] === "water" ? { color: "#8fb6cc", weight: 0.8, fillColor: "#c3dbe8", fillOpacity: 1 } : { color: "#8d877a", weight: 1.2, dashArray: "6 3", fillColor: "#fbfaf5", fillOpacity: 1 }),
      onEachFeature: (feature, layer) => {
        const name = String(feature.properties?.["name"] ?? "");
        if (name && feature.properties?.["kind"] === "region") layer.bindTooltip(document.createTextNode(name) as unknown as HTMLElement, { permanent: true, direction: "center", className: "region-name", interactive: false });
      },
    } as L.GeoJSONOptions).addTo(map);
  } catch (error) {
    // Without outlines the list and the points still say everything.
    console.warn("outlines", error);
  }
}

void start();
