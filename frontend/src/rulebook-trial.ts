import { getJson } from "./core/api";
import { need } from "./core/dom";
import { Poll } from "./upload/poll";

interface Trial {
  finished: boolean;
  progress: number;
  message: string;
  state: string;
  open: boolean;
}

const panel = need("#trial-progress");
let open = true;

/** How far the trial is; the page comes anew with its result. */
const poll = new Poll(
  async () => {
    const trial = await getJson<Trial>(panel.dataset["trial"]!);
    const bar = need<HTMLProgressElement>("progress", panel);
    const moved = bar.value !== trial.progress;
    bar.value = trial.progress;
    need("[data-part=message]", panel).textContent = trial.message;
    need("[data-part=state]", panel).textContent = trial.state;
    open = trial.open && !trial.finished;
    if (trial.finished) location.reload();
    return moved;
  },
  () => open,
);
poll.soon();
