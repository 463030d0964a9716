import { count } from "../core/format";
import { t } from "../core/i18n";

export type Weight = "overdue" | "blocked" | "stale";

export interface Concern {
  id: number;
  name: string;
  weight: Weight;
  said: string[];
  lon: number;
  lat: number;
  project: string;
  instruct: string;
}

export const ORDER: Weight[] = ["overdue", "blocked", "stale"];
/** How many cards one pin opens. */
export const MOST = 20;

type Named = Pick<Concern, "name" | "weight">;

/** The heaviest of what goes wrong with some projects. */
export const worstOf = (members: readonly Named[]): Weight => ORDER.find((weight) => members.some((one) => one.weight === weight))!;

/** What a pin is called. */
export function titleOf(members: readonly Named[]): string {
  const what = t(`leading.${worstOf(members)}`);
  return members.length > 1 ? t("leading.many", { n: count(members.length), what }) : t("leading.one", { name: members[0]!.name, what });
}

/** That a pin stands for more than it opens; empty where it doesn't. */
export const moreOf = (members: readonly Named[]): string => (members.length > MOST ? t("leading.more", { n: count(members.length - MOST) }) : "");

/** What a pin opened, in words. */
export const toldOf = (members: readonly Named[]): string => [members.slice(0, MOST).map((one) => one.name).join(t("sides.and")), moreOf(members)].filter(Boolean).join(" ");
