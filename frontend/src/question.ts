import L from "leaflet";
import { need } from "./core/dom";
import { outlines, stage } from "./public/stage";
import { say } from "./public/words";

// A point or a ground pointed out on the map of the form. Without it the form takes typed coordinates just as well.
const MOST = 200;
const box = need("#question-map-box");
const field = need<HTMLInputElement>("#geometry");
const typed = need<HTMLTextAreaElement>("#coordinates");
const said = need("#question-map-said");
const buttons = [...box.querySelectorAll<HTMLButtonElement>("[data-draw]")];
box.hidden = false;
const { map } = stage(need("#map"), undefined, null);
need("#map").setAttribute("aria-label", say("ask.map"));
// A light map: what isn't there of the outlines leaves the form usable.
void outlines(box.dataset["outlines"] ?? "", map).catch(() => (said.textContent = say("map.failed")));

let mode: "point" | "polygon" = "point";
let corners: L.LatLng[] = [];
const drawn = L.featureGroup().addTo(map);
const style = { color: "#8f2d1b", weight: 3, fillColor: "#c8553d", fillOpacity: 0.3, interactive: false };
const at = (corner: L.LatLng): [number, number] => [Number(corner.lng.toFixed(6)), Number(corner.lat.toFixed(6))];

function show(): void {
  drawn.clearLayers();
  for (const corner of corners) L.circleMarker(corner, { ...style, radius: mode === "point" ? 9 : 5 }).addTo(drawn);
  if (mode === "polygon" && corners.length > 1) L.polygon(corners, style).addTo(drawn);
  const whole = mode === "point" ? corners.length === 1 : corners.length >= 3;
  field.value = !whole
    ? ""
    : JSON.stringify(mode === "point" ? { type: "Point", coordinates: at(corners[0]!) } : { type: "Polygon", coordinates: [[...corners, corners[0]!].map(at)] });
  for (const button of buttons) if (button.dataset["draw"] !== "clear") button.setAttribute("aria-pressed", String(button.dataset["draw"] === mode));
  said.textContent = !corners.length
    ? say(mode === "point" ? "ask.tapPoint" : "ask.tapPolygon")
    : mode === "point"
      ? say("ask.point", { at: at(corners[0]!).join(", ") })
      : say(whole ? "ask.polygon" : "ask.more", { n: corners.length });
}

map.on("click", (event: L.LeafletMouseEvent) => {
  const corner = event.latlng.wrap();
  if (mode === "point") corners = [corner];
  else if (corners.length < MOST) corners = [...corners, corner];
  typed.value = "";
  show();
});
for (const button of buttons)
  button.addEventListener("click", () => {
    const chosen = button.dataset["draw"];
    if (chosen === "point" || chosen === "polygon") mode = chosen;
    corners = [];
    show();
  });
typed.addEventListener("input", () => {
  if (!corners.length) return;
  corners = [];
  show();
});

/** What was drawn before the form came back. */
function restored(text: string): void {
  const shape = JSON.parse(text) as GeoJSON.Point | GeoJSON.Polygon;
  mode = shape.type === "Point" ? "point" : "polygon";
  const places = shape.type === "Point" ? [shape.coordinates] : (shape.coordinates[0] ?? []).slice(0, -1);
  corners = places.map(([lon, lat]) => L.latLng(lat!, lon!));
}
if (field.value) {
  try {
    restored(field.value);
  } catch {
    field.value = ""; // what this page didn't draw: the form has said so
  }
}
show();
if (corners.length) map.setView(drawn.getBounds().getCenter(), 13, { animate: false });
