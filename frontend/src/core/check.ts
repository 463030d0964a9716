// A check as the server says it (the same document everywhere).

export type Severity = "P" | "R" | "C" | "I";
export type Verdict = "clear" | "conditional" | "restricted" | "incomplete" | "prohibited";

export interface Finding {
  rule: string;
  name?: string;
  layer: string;
  severity: Severity;
  outcome: "hit" | "suspect";
  area_m2: number;
  share: number;
  length_m: number;
  count: number;
  classes: { code: string; system: string; name: string; area_m2: number }[];
  basis: string;
  authority: string;
  advice?: string;
  geometry: GeoJSON.Geometry | null;
}

export interface CheckDocument {
  verdict: Verdict;
  site: { area_m2: number; area_mu: number; area_ha: number; planar_area_m2: number; declared_area_m2: number | null; declared_matches?: string | null };
  findings: Finding[];
  clear: string[];
  not_checked: { rule: string; layer?: string; required?: boolean; reason: string | { text: string } }[];
  facts: Record<string, string>;
  questions: string[];
  manifest: Record<string, { version: number }>;
}

export interface RuleBook {
  rules: { code: string; name: string; layer: string; severity: Severity; basis: string; authority: string; advice: string; required?: boolean }[];
  facts: { name: string; question: string; choices: { value: string; label: string }[] }[];
}

const ORDER = "PRCI";

/** Findings by severity, true ones before suspected ones; the rulebook's order within. */
export const gravestFirst = (findings: Finding[]): Finding[] =>
  [...findings].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) || Number(a.outcome === "suspect") - Number(b.outcome === "suspect"));

export const reasonText = (reason: string | { text: string }): string => (typeof reason === "string" ? reason : reason.text);
