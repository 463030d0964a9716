// What a project's symbol shows: its kind, level, industry, stage or investment. Shape, size or letter say the same as
// the colour; the colours stay apart under every kind of colour blindness (looks.test.ts computes it).

export const KINDS = ["key", "government", "planned", "reserve"] as const;
export type Kind = (typeof KINDS)[number];

export const LOOKS = ["kind", "level", "industry", "stage", "investment"] as const;
export type Look = (typeof LOOKS)[number];

export type Shape = "disc" | "square" | "diamond" | "triangle" | "hexagon" | "pentagon" | "cross";

export interface Sign {
  shape: Shape;
  colour: string;
  /** Times the usual size. */
  size: number;
  /** A second border: the highest level. */
  ringed?: boolean;
  /** A letter inside: the industry's section. */
  glyph?: string;
}

/** What the looks ask of a project; null where a past day has no record of it. */
export interface Looked {
  kinds: readonly string[] | null;
  level: string;
  industry: string;
  stage: string | null;
  planned_yuan: string | null;
}

export const UNTOLD = "untold";
export const NO_KIND = "none";

const sign = (shape: Shape, colour: string, size = 1, more: Partial<Sign> = {}): Sign => ({ shape, colour, size, ...more });

export const KIND_SIGNS: Record<string, Sign> = {
  key: sign("diamond", "#cf2e1c", 1.1),
  government: sign("square", "#1e4fd6"),
  planned: sign("disc", "#14302a"),
  reserve: sign("triangle", "#a0559a", 1.1),
  [NO_KIND]: sign("cross", "#5b5b5b", 0.9),
};
export const LEVEL_SIGNS: Record<string, Sign> = {
  national: sign("hexagon", "#06142e", 1.5, { ringed: true }),
  province: sign("hexagon", "#143f86", 1.25),
  city: sign("disc", "#2b6cc4", 1),
  county: sign("disc", "#5b8fd0", 0.75),
};
export const STAGE_SIGNS: Record<string, Sign> = {
  planning: sign("disc", "#308ea1"),
  preparation: sign("triangle", "#0d2f6f", 1.1),
  construction: sign("square", "#de4a00"),
  completed: sign("pentagon", "#4f0000", 1.1),
  suspended: sign("cross", "#a24fd0", 1.1),
};
// Twenty sections can't be twenty colours: sections that are akin share one, and the letter tells them apart.
export const INDUSTRY_COLOURS: Record<string, string> = {
  A: "#7d58a1",
  B: "#780000", C: "#780000",
  D: "#de4a00", N: "#de4a00",
  E: "#b56471", K: "#b56471",
  F: "#4965f2", G: "#4965f2", H: "#4965f2",
  I: "#000063", J: "#000063", L: "#000063", M: "#000063",
};
const OTHER_INDUSTRY = "#3b0027"; // education, health, culture, administration
const UNTOLD_SIGN = sign("disc", "#6b6b6b", 0.8);
const INVESTMENT_SIGN = sign("disc", "#b8451b");

export function signOf(look: Look, code: string): Sign {
  if (code === UNTOLD) return UNTOLD_SIGN;
  if (look === "kind") return KIND_SIGNS[code] ?? UNTOLD_SIGN;
  if (look === "level") return LEVEL_SIGNS[code] ?? UNTOLD_SIGN;
  if (look === "stage") return STAGE_SIGNS[code] ?? UNTOLD_SIGN;
  if (look === "industry") return sign("disc", INDUSTRY_COLOURS[code] ?? OTHER_INDUSTRY, 1.25, { glyph: code });
  return INVESTMENT_SIGN;
}

/** The classes that a project counts in: several where it is of several kinds that are switched on. */
export function classesOf(project: Looked, look: Look, shown: ReadonlySet<string>): string[] {
  if (look === "kind") {
    if (project.kinds === null) return [UNTOLD];
    const on = KINDS.filter((kind) => shown.has(kind) && project.kinds!.includes(kind));
    return on.length ? on : [NO_KIND];
  }
  if (look === "investment") return [project.planned_yuan === null ? UNTOLD : "amount"];
  return [project[look] ?? UNTOLD];
}

/** The order in which a legend names classes. */
export function legendOrder(look: Look): string[] {
  if (look === "kind") return [...KINDS, NO_KIND, UNTOLD];
  if (look === "level") return [...Object.keys(LEVEL_SIGNS), UNTOLD];
  if (look === "stage") return [...Object.keys(STAGE_SIGNS), UNTOLD];
  if (look === "industry") return ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T", UNTOLD];
  return ["amount", UNTOLD];
}

export const LARGEST_RADIUS = 26;

/** The radius in pixels of a disc whose area goes by the amount; the largest one has the largest disc. */
export function amountRadius(yuan: number, largest: number): number {
  if (!(yuan > 0) || !(largest > 0)) return 1.5;
  return Math.max(1.5, LARGEST_RADIUS * Math.sqrt(yuan / largest));
}

/** Up to three round amounts up to the largest, for the legend of discs. */
export function roundAmounts(largest: number): number[] {
  if (!(largest > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(largest));
  const top = [5, 2, 1].map((n) => n * power).find((amount) => amount <= largest)!;
  return [...new Set([top, top / 10, top / 100].filter((amount) => amount >= 1))];
}
