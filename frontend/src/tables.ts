import { getJson } from "./core/api";
import { need } from "./core/dom";
import { Poll } from "./upload/poll";

interface Import {
  state: string;
  open: boolean;
  progress: number;
  message: string;
}

const { id, state } = JSON.parse(need("#import").textContent ?? "") as { id: number; state: string };
let waiting = state === "reading" || state === "applying";

/** A file under way: its bar moves on, and the page is shown anew as soon as there is something else to show. */
const poll = new Poll(
  async () => {
    const now = await getJson<Import>(`/api/v1/tables/imports/${id}/`);
    waiting = now.open;
    if (!now.open || now.state !== state) {
      location.reload();
      return false;
    }
    const bar = need<HTMLProgressElement>("#import-progress");
    const moved = bar.value !== now.progress;
    bar.value = now.progress;
    need("#import-message").textContent = now.message;
    return moved;
  },
  () => waiting,
);
poll.soon();
