import { getJson } from "./core/api";
import { need } from "./core/dom";
import { Poll } from "./upload/poll";
import "./comparison/comparison.scss";

interface Run {
  id: number;
  a: string;
  b: string;
  state_label: string;
  open: boolean;
  progress: number;
  message: string;
  refused: string[];
  comparison: number | null;
}

const rows = [...document.querySelectorAll<HTMLElement>("[data-run]")];

/** Comparisons under way, kept up to date; when one is done the list has it. */
const poll = new Poll(
  async () => {
    let changed = false;
    for (const row of rows) {
      if (!row.dataset["open"]) continue;
      const run = await getJson<Run>(`/api/v1/comparison-runs/${row.dataset["run"]}/`);
      const bar = need<HTMLProgressElement>("progress", row);
      changed ||= bar.value !== run.progress || !run.open;
      bar.value = run.progress;
      need("[data-part=state]", row).textContent = run.state_label;
      need("[data-part=message]", row).textContent = run.refused.join("；") || run.message;
      if (run.open) continue;
      row.dataset["open"] = "";
      need("#runs-status").textContent = `${run.a} × ${run.b} ${run.state_label}`;
      if (run.comparison !== null) location.reload();
    }
    return changed;
  },
  () => rows.some((row) => row.dataset["open"]),
);
poll.soon();
