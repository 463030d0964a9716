// A review as the server says it (the page's own JSON and every answer of its API).

export type Decision = "seen" | "accepted" | "dismissed" | "change" | "opinion" | "reply" | "submitted";

/** What the number keys and the buttons of a finding say, in their order. */
export const DECISIONS = ["seen", "accepted", "dismissed", "change", "opinion"] as const;
/** These say nothing without words. */
export const NEEDS_WORDS: ReadonlySet<Decision> = new Set<Decision>(["dismissed", "change", "opinion", "reply"]);

export interface Mark {
  id: number;
  decision: Decision;
  label: string;
  /** null: withheld */
  text: string | null;
  by: string;
  at: string;
}

export interface Attached {
  id: number;
  name: string;
  size: number;
  by: string;
  at: string;
  url: string;
}

export interface Item {
  rule: string;
  name: string;
  layer: string;
  layer_name: string;
  outcome: "hit" | "suspect" | "not_checked";
  outcome_label: string;
  severity: "P" | "R" | "C" | "I" | "";
  severity_label: string;
  required: boolean;
  reason: string;
  area_m2: number;
  raw_area_m2: number;
  share: number;
  length_m: number;
  count: number;
  classes: { code: string; name: string; area_m2: number }[];
  basis: string;
  authority: string;
  advice: string;
  has_geometry: boolean;
  withheld: boolean;
  /** The layer is confidential, and this reader may read it. */
  confidential: boolean;
  needs_decision: boolean;
  undecided: boolean;
  decision: Mark | null;
  marks: Mark[];
  attachments: Attached[];
  attachments_withheld: boolean;
  change: { kind: string; label: string; grown_m2: number } | null;
  earlier: (Mark & { unchanged: boolean }) | null;
}

export interface Review {
  check: number;
  revision: number;
  state: string;
  state_label: string;
  assignee: string | null;
  mine: boolean;
  progress: { needed: number; decided: number };
  items: Item[];
  overall: { marks: Mark[]; attachments: Attached[] };
  sign_off: { digest: string; signer: string; at: string; url: string; withdrawn: { by: string; at: string; reason: string } | null } | null;
  is_newest: boolean;
  may: Record<"review" | "reply" | "submit" | "attach" | "take" | "release" | "sign" | "withdraw", boolean>;
  obstacles: string[];
}

export const settles = (mark: Mark | null): boolean => mark !== null && (mark.decision === "accepted" || mark.decision === "dismissed");

/** The next item after `from` that still needs a decision, around the end; -1 if there is none. */
export function nextUndecided(items: readonly Item[], from: number): number {
  for (let step = 1; step <= items.length; step++) {
    const at = (from + step) % items.length;
    if (items[at]!.undecided) return at;
  }
  return -1;
}
