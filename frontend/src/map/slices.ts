// Work in slices: the browser gets to draw and to answer between them, and more often while the map is moving.

type Job = { work: () => void; wanted: () => boolean };

const waiting: Job[] = [];
let running = false;
let moving = 0;

const BUDGET_STILL = 40;
const BUDGET_MOVING = 5;

const channel = new MessageChannel();
channel.port1.onmessage = run;

/** While something moves, slices are short and come once a frame. */
export function busy(state: boolean): void {
  moving = Math.max(0, moving + (state ? 1 : -1));
}

/** Runs `work` soon, unless it isn't wanted any more when its turn comes. The promise says which. */
export function slice<T>(work: () => T, wanted: () => boolean = () => true): Promise<T | null> {
  return new Promise((resolve, reject) => {
    waiting.push({
      wanted: () => {
        const yes = wanted();
        if (!yes) resolve(null);
        return yes;
      },
      work: () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      },
    });
    if (!running) {
      running = true;
      next();
    }
  });
}

function next(): void {
  if (moving) requestAnimationFrame(run);
  else channel.port2.postMessage(null);
}

function run(): void {
  const end = performance.now() + (moving ? BUDGET_MOVING : BUDGET_STILL);
  for (let job = waiting.shift(); job; job = waiting.shift()) {
    if (job.wanted()) job.work();
    if (performance.now() >= end) break;
  }
  running = waiting.length > 0;
  if (running) next();
}
