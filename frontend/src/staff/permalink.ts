import type L from "leaflet";

/** How one layer is shown: the address says only what differs from the catalogue. */
export interface LayerState {
  code: string;
  /** A version that is held on to; null follows the catalogue. */
  version: number | null;
  /** Percent; null as the catalogue has it. */
  opacity: number | null;
  /** A raster's look; null its first. */
  style: string | null;
  /** Classes of the legend that are switched off. */
  hidden: string[];
}

export interface Permalink {
  view: { zoom: number; lat: number; lon: number } | null;
  /** The uppermost first. */
  layers: LayerState[] | null;
  kinds: string[] | null;
  asOf: string | null;
  find: string | null;
  /** A feature that is chosen: layer and key. */
  chosen: { layer: string; key: string } | null;
  tool: string | null;
  base: string | null;
  /** What else is shown, by the names of `MORE`; none where it is all as usual. */
  more?: Record<string, string>;
  /** Two sides beside or over each other: then all the above is the left one's, and `right` the other's. */
  compare?: Compare | null;
  right?: Permalink | null;
}

export interface Compare {
  mode: "panes" | "swipe";
  /** Where the divider stands, per cent from the left. */
  share: number;
}

/** What an address may say besides, and what of it is no nonsense. */
export const MORE: Record<string, RegExp> = {
  look: /^[a-z]+$/, // what the symbols of projects show
  show: /^[a-z-]+$/, // symbols, heat, regions
  when: /^\d{4}-\d{2}-\d{2}$/, // projects as of a day
  pick: /^(rect|poly|circle|region):-?[\d.]+(,-?[\d.]+)*$/, // the area that is drawn
  within: /^(inside|intersects)$/, // how projects must lie in it
};

export const TOOLS = ["length", "area", "print"] as const;
export const NOTHING: Permalink = { view: null, layers: null, kinds: null, asOf: null, find: null, chosen: null, tool: null, base: null };
const NO_CLASS = "~";
const RIGHT = "right.";
/** Of `MORE` what each side has for itself; the rest is of the whole map. */
export const OF_A_SIDE = ["look", "show", "when"];

const encoded = (text: string): string => encodeURIComponent(text).replace(/[.!*'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

const LAYER = /^([A-Za-z]\w*)(?::([1-9]\d{0,8}))?(?:\*(\d{1,3}))?(?:@(\w+))?(?:!(.*))?$/;

/** `DLTB:3*70@values!0101.0102` → how that layer is shown; null for nonsense. */
export function parseLayer(text: string): LayerState | null {
  const match = LAYER.exec(text);
  if (!match) return null;
  const [, code, version, opacity, style, hidden] = match;
  const classes = (hidden ?? "").split(".").filter(Boolean).map((c) => (c === NO_CLASS ? "" : decoded(c)));
  return {
    code: code!,
    version: version ? Number(version) : null,
    opacity: opacity ? Math.min(100, Number(opacity)) : null,
    style: style ?? null,
    hidden: classes.filter((c): c is string => c !== null),
  };
}

export const formatLayer = (l: LayerState): string =>
  l.code + (l.version ? `:${l.version}` : "") + (l.opacity === null ? "" : `*${l.opacity}`) + (l.style ? `@${l.style}` : "") +
  (l.hidden.length ? `!${l.hidden.map((c) => (c === "" ? NO_CLASS : encoded(c))).join(".")}` : "");

/** `#12/40.62/109.90/layers=DLTB*70,GHFQ/kinds=key/date=2026-01-01/…` → what the page shows. Nonsense is left aside. */
export function parseHash(hash: string): Permalink {
  const result: Permalink = { ...NOTHING };
  const parts = hash.replace(/^#/, "").split("/");
  const [zoom, lat, lon] = parts.slice(0, 3).map(Number);
  if (zoom && lat && lon && zoom <= 22 && Math.abs(lat) <= 90 && Math.abs(lon) <= 180) result.view = { zoom, lat, lon };
  const right: string[] = [];
  for (const part of parts.slice(3)) {
    if (part.startsWith(RIGHT)) {
      right.push(part.slice(RIGHT.length));
      continue;
    }
    const [name, value = ""] = part.split("=");
    const list = value.split(",");
    if (name === "layers") result.layers = list.map(parseLayer).filter((l): l is LayerState => l !== null);
    if (name === "kinds") result.kinds = list.filter((v) => /^[\w-]+$/.test(v));
    if (name === "date" && /^\d{4}-\d{2}-\d{2}$/.test(value)) result.asOf = value;
    if (name === "find") result.find = decoded(value) || null;
    if (name === "at") {
      const [layer, key] = value.split(":").map(decoded);
      if (layer && key && /^[A-Za-z]\w*$/.test(layer)) result.chosen = { layer, key };
    }
    if (name === "tool" && (TOOLS as readonly string[]).includes(value)) result.tool = value;
    if (name === "base") result.base = decoded(value);
    if (name && MORE[name]?.test(value)) result.more = { ...result.more, [name]: value };
    const compare = name === "compare" ? /^(panes|swipe):(100|[1-9]?\d)$/.exec(value) : null;
    if (compare) result.compare = { mode: compare[1] as Compare["mode"], share: Number(compare[2]) };
  }
  if (result.compare) result.right = sideOf(parseHash(`0/0/0/${right.join("/")}`));
  return result;
}

/** What of a state is one side's: its layers, kinds, days, symbols and base map. */
export const sideOf = ({ layers, kinds, asOf, base, more }: Permalink): Permalink => ({
  ...NOTHING, layers, kinds, asOf, base,
  more: Object.fromEntries(Object.entries(more ?? {}).filter(([name]) => OF_A_SIDE.includes(name))),
});

const sideParts = ({ layers, kinds, asOf, base, more }: Permalink): (string | null | false)[] => [
  `layers=${(layers ?? []).map(formatLayer).join(",")}`,
  `kinds=${(kinds ?? []).join(",")}`,
  asOf && `date=${asOf}`,
  base && `base=${encoded(base)}`,
  ...Object.entries(more ?? {}).map(([name, value]) => `${name}=${value}`),
];

export function formatHash(state: Permalink): string {
  const { view, find, chosen, tool, compare, right } = state;
  const parts = [
    view ? `${view.zoom}/${view.lat.toFixed(5)}/${view.lon.toFixed(5)}` : "0/0/0",
    ...sideParts(state),
    find && `find=${encoded(find)}`,
    chosen && `at=${chosen.layer}:${encoded(chosen.key)}`,
    tool && `tool=${tool}`,
    ...(compare && right ? [`compare=${compare.mode}:${Math.round(compare.share)}`, ...sideParts(right).filter(Boolean).map((part) => `${RIGHT}${part}`)] : []),
  ];
  return `#${parts.filter(Boolean).join("/")}`;
}

export const readHash = (): Permalink => parseHash(location.hash);

export function writeHash(map: L.Map, rest: Omit<Permalink, "view">): void {
  const centre = map.getCenter();
  const view = { zoom: map.getZoom(), lat: centre.lat, lon: centre.lng };
  history.replaceState(null, "", location.pathname + location.search + formatHash({ ...rest, view }));
}
