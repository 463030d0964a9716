import { need } from "../core/dom";
import type { Way } from "../map/project-marks";
import { WAYS, type Projects } from "./projects";
import { isMeasure, type Regions } from "./regions";

export interface Ways {
  set(way: string): void;
  look(look: string): void;
  /** What the address says of them, where it isn't the usual. */
  said(): Record<string, string>;
  reload(): Promise<void>;
  /** Which way is chosen. */
  readonly way: string;
}

/** The two choices of the legend: in which way projects are shown, and what their symbols show. */
export function waysOf(projects: Projects, regions: Regions, on: { save(): void; query(): URLSearchParams; day(): string | null; back(): void }): Ways {
  const show = need<HTMLSelectElement>("#project-show");
  // A phone's map has no room for it; its head stays.
  if (matchMedia("(max-width: 760px)").matches) need<HTMLDetailsElement>("#project-legend").open = false;
  const look = need<HTMLSelectElement>("#project-look");
  const reload = async (): Promise<void> => {
    if (isMeasure(show.value)) await regions.show(show.value, on.query(), on.day());
  };
  const apply = (): void => {
    look.disabled = show.value !== "points";
    if (isMeasure(show.value)) {
      projects.setWay(null);
      void reload();
    } else {
      if (regions.measure) regions.hide(), on.back();
      projects.setWay((WAYS as readonly string[]).includes(show.value) ? (show.value as Way) : "points");
    }
    on.save();
  };
  show.addEventListener("change", apply);
  look.addEventListener("change", () => (projects.setLook(look.value), projects.update(), on.save()));
  return {
    set(way) {
      show.value = way;
      if (!show.value) show.value = "points"; // one that this reader may not choose
      apply();
    },
    look(name) {
      projects.setLook(name);
      look.value = projects.look;
    },
    said: () => ({ ...(projects.look === "kind" ? {} : { look: projects.look }), ...(show.value === "points" ? {} : { show: show.value }) }),
    reload,
    get way() {
      return show.value;
    },
  };
}
