import { getJson } from "./core/api";
import { need } from "./core/dom";
import { Poll } from "./upload/poll";

interface Job {
  id: number;
  label: string;
  about: string;
  state_label: string;
  open: boolean;
  progress: number;
  message: string;
  finished_at: string | null;
}

const rows = new Map([...document.querySelectorAll<HTMLTableRowElement>("[data-job]")].map((row) => [Number(row.dataset["job"]), row]));

/** One's own jobs, kept up to date while any is under way. */
const poll = new Poll(
  async () => {
    let changed = false;
    for (const job of await getJson<Job[]>("/api/v1/jobs/")) {
      const row = rows.get(job.id);
      if (!row || !row.dataset["open"]) continue;
      const bar = need<HTMLProgressElement>("progress", row);
      changed ||= bar.value !== job.progress || !job.open;
      bar.value = job.progress;
      need("[data-part=message]", row).textContent = job.message;
      need("[data-part=state]", row).textContent = job.state_label;
      if (job.open) continue;
      row.dataset["open"] = "";
      need("[data-part=finished]", row).textContent = job.finished_at ? new Date(job.finished_at).toLocaleString() : "—";
      need("#jobs-status").textContent = `${job.label} ${job.about} ${job.state_label}`;
    }
    return changed;
  },
  () => [...rows.values()].some((row) => row.dataset["open"]),
);
poll.soon();
