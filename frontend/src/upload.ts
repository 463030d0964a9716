import L from "leaflet";
import { getJson } from "./core/api";
import { embedded, need } from "./core/dom";
import { t } from "./core/i18n";
import { PASSIVE, createStage } from "./map/stage";
import { Poll } from "./upload/poll";
import type { Upload } from "./upload/state";

interface Candidate {
  epsg: number;
  swap_axes: boolean;
  label: string;
  outline: GeoJSON.Geometry | null;
}

/** One upload: how far the work is, and where the file would lie in each coordinate system. */
function watch(): void {
  const panel = need("#state");
  if (!panel.dataset["atWork"]) return;
  const before = need("#state-label").textContent;
  let shown = "";
  const poll = new Poll(
    async () => {
      const upload = await getJson<Upload>(panel.dataset["url"]!);
      // The next state has another page: its questions, its version, its reasons.
      if (upload.state_label !== before || !upload.at_work) location.reload();
      const text = `${upload.phase_label} ${upload.percent}%`;
      need<HTMLProgressElement>("#progress").value = upload.percent;
      if (text !== shown) need("#phase").textContent = text;
      const changed = text !== shown;
      shown = text;
      return changed;
    },
    () => true,
  );
  poll.soon();
}

/** The candidate as its radio button names it: one system with its axes in either order is two candidates. */
const value = (c: Candidate): string => `${c.epsg}${c.swap_axes ? "-swapped" : ""}`;

async function preview(): Promise<void> {
  const candidates = (embedded<Candidate[]>("candidates") ?? []).filter((c) => c.outline);
  const element = document.getElementById("map");
  if (!element) return;
  const { map } = await createStage(element, { scrollWheelZoom: false });
  if (!candidates.length) return;
  map.setMaxBounds(L.latLngBounds([-85, -180], [85, 180])); // a wrong candidate may lie anywhere
  map.setMinZoom(2);
  const look = (on: boolean): L.PathOptions => ({ color: on ? "#9c1c22" : "#4d5862", weight: on ? 3 : 1.5, dashArray: on ? "" : "5 4", fillOpacity: on ? 0.12 : 0 });
  const shapes = new Map(candidates.map((c) => [value(c), L.geoJSON(c.outline!, { interactive: false, ...PASSIVE, style: look(false) }).addTo(map)]));
  const choose = (epsg: string): void => {
    shapes.forEach((shape, code) => shape.setStyle(look(code === epsg)));
    const shape = shapes.get(epsg);
    if (!shape) return;
    shape.bringToFront();
    map.fitBounds(shape.getBounds(), { padding: [40, 40], maxZoom: 14, animate: false });
    need("#map-status").textContent = t("upload.shownAs", { name: candidates.find((c) => value(c) === epsg)!.label });
  };
  document.querySelectorAll<HTMLInputElement>('input[name="epsg"]').forEach((radio) => {
    radio.addEventListener("change", () => choose(radio.value));
    if (radio.checked) choose(radio.value);
  });
  const own = document.querySelector<HTMLInputElement>('input[name="epsg_other"]');
  own?.addEventListener("focus", () => (need<HTMLInputElement>("#epsg-other").checked = true));
  if (!document.querySelector('input[name="epsg"]:checked')) {
    const first = [...shapes.values()][0];
    if (first) map.fitBounds(first.getBounds(), { padding: [40, 40], maxZoom: 12, animate: false });
  }
}

watch();
void preview();
