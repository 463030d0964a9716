import { h } from "../core/dom";
import { t } from "../core/i18n";

export type Act = "next" | "previous" | "nextOpen" | "zoom" | "file" | "overall" | 1 | 2 | 3 | 4 | 5;

const KEYS: Record<string, Act> = {
  j: "next", ArrowDown: "next", k: "previous", ArrowUp: "previous", n: "nextOpen", z: "zoom", f: "file", s: "overall",
  "1": 1, "2": 2, "3": 3, "4": 4, "5": 5,
};
const OFF = "review-keys-off";

/** What a key means here: nothing while something is typed or chosen, and nothing of the map's own keys. */
export function meaning(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "target">): Act | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const at = event.target as Element | null;
  if (at?.closest?.("input, textarea, select, [contenteditable], #map, .leaflet-container")) return null;
  if (event.key.startsWith("Arrow") && !at?.closest?.(".review-list")) return null; // elsewhere arrows scroll
  return KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null;
}

/** Single keys do something only while they are switched on; the help says what. */
export function keyboard(place: HTMLElement, act: (what: Act) => void): void {
  let on = localStorage.getItem(OFF) === null;
  const box = h("input", { type: "checkbox", id: "keys-on", onchange: () => {
    on = box.checked;
    if (on) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  } });
  box.checked = on;
  const rows: [string, string][] = [
    ["j / k", t("review.keyMove")], ["n", t("review.keyNext")], ["1 – 5", t("review.keyDecide")], ["Ctrl + Enter", t("review.keySend")],
    ["z", t("review.keyZoom")], ["f", t("review.keyFile")], ["s", t("review.keyOverall")],
  ];
  place.append(h("details", { class: "review-keys" }, h("summary", {}, t("review.keys")),
    h("label", { for: "keys-on" }, box, ` ${t("review.keysOn")}`),
    h("dl", {}, ...rows.flatMap(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)]))));
  document.addEventListener("keydown", (event) => {
    const what = on && !event.defaultPrevented ? meaning(event) : null;
    if (what === null) return;
    event.preventDefault();
    act(what);
  });
}
