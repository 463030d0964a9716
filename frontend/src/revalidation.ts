import { getJson } from "./core/api";
import { need } from "./core/dom";
import { Poll } from "./upload/poll";

interface Run {
  open: boolean;
  state_label: string;
  message: string;
  progress: number;
}

const shown = document.querySelector<HTMLElement>("[data-run]");

/** The run under way, kept up to date; when it ends the page is asked anew, as its figures are others then. */
if (shown) {
  let open = true;
  const bar = need<HTMLProgressElement>("progress", shown);
  const poll = new Poll(
    async () => {
      const run = await getJson<Run>(`/api/v1/revalidations/${shown.dataset["run"] ?? ""}/`);
      const changed = bar.value !== run.progress;
      open = run.open;
      bar.value = run.progress;
      need("[data-part=state]", shown).textContent = run.state_label;
      need("[data-part=message]", shown).textContent = run.message;
      if (!open) {
        need("#run-status").textContent = run.state_label;
        window.location.reload();
      }
      return changed;
    },
    () => open,
  );
  poll.soon();
}
