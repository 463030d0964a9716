// Keeps the pages' files and the last seen project pages on the device, to be read without a network. Nothing of the
// inside ever: what isn't a public page or a built file goes past this worker.

interface Kept {
  files: string[];
  pages: string[];
  offline: string;
  changes: string;
  static: string;
  days: number;
}
interface Waiting extends Event {
  waitUntil(done: Promise<unknown>): void;
}
interface Fetching extends Waiting {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Worker {
  readonly __kept: Kept;
  readonly clients: { claim(): Promise<void> };
  readonly location: Location;
  skipWaiting(): Promise<void>;
  addEventListener(name: "install" | "activate", heard: (event: Waiting) => void): void;
  addEventListener(name: "fetch", heard: (event: Fetching) => void): void;
  addEventListener(name: "message", heard: (event: Waiting & { data: unknown }) => void): void;
}

const here = self as unknown as Worker;
const kept = here.__kept;
const PAGES = "public-projects";
const SHELL = `public-shell-${kept.files.join("|").split("").reduce((sum, sign) => (sum * 31 + sign.charCodeAt(0)) | 0, 7)}`;
const MOST_PAGES = 40;
const PROJECT = /^\/public\/projects\/([\w-]+)\/$/;

here.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((shell) => shell.addAll([...kept.files, ...kept.pages])).then(() => here.skipWaiting()));
});

here.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith("public-shell-") && name !== SHELL).map((name) => caches.delete(name))))
      .then(() => here.clients.claim()),
  );
});

here.addEventListener("message", (event) => {
  if (event.data === "check") event.waitUntil(check());
});

here.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== here.location.origin) return;
  if (kept.files.includes(url.pathname)) event.respondWith(file(request));
  else if (request.mode === "navigate" && (url.pathname === "/" || url.pathname.startsWith("/public/"))) event.respondWith(visited(request, url));
});

async function file(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName: SHELL })) ?? fetch(request);
}

/** The network first; without one a project page as it was seen last, and for every other the page that says so. */
async function visited(request: Request, url: URL): Promise<Response> {
  const project = PROJECT.test(url.pathname);
  let answer: Response;
  try {
    answer = await fetch(request);
  } catch {
    return (project && (await copy(url.pathname))) || (await caches.match(kept.offline, { cacheName: SHELL })) || Response.error();
  }
  if (project) await keep(url.pathname, answer.clone());
  return answer;
}

async function keep(path: string, answer: Response): Promise<void> {
  const pages = await caches.open(PAGES);
  if (answer.status === 404 || answer.status === 410) await pages.delete(path);
  if (answer.status !== 200 || !(answer.headers.get("Cache-Control") ?? "").includes("public")) return;
  await pages.delete(path); // to be put at the end
  await pages.put(path, answer);
  const paths = await pages.keys();
  await Promise.all(paths.slice(0, Math.max(0, paths.length - MOST_PAGES)).map((old) => pages.delete(old)));
}

/** The copy of a page with its notice shown. */
async function copy(path: string): Promise<Response | null> {
  const found = await (await caches.open(PAGES)).match(path);
  if (!found || tooOld(found)) return null;
  const text = (await found.text()).replace(" hidden data-offline-copy", "");
  return new Response(text, { headers: { "Content-Type": found.headers.get("Content-Type") ?? "text/html; charset=utf-8", "Content-Security-Policy": found.headers.get("Content-Security-Policy") ?? "default-src 'self'" } });
}

// By the server's own clock: the device's may be wrong.
const saidAt = (answer: Response): number => Date.parse(answer.headers.get("Date") ?? "") / 1000 || 0;
const tooOld = (answer: Response): boolean => Date.now() / 1000 - saidAt(answer) > kept.days * 86400;

/** Copies of what was corrected or withdrawn since go, and those that are too old. */
async function check(): Promise<void> {
  const pages = await caches.open(PAGES);
  const paths = await pages.keys();
  if (!paths.length) return;
  const answer = await fetch(kept.changes).catch(() => null);
  const changed = answer?.ok ? ((await answer.json()) as { changed: Record<string, number> }).changed : {};
  await Promise.all(paths.map(async (request) => {
    const found = await pages.match(request);
    const slug = PROJECT.exec(new URL(request.url).pathname)?.[1] ?? "";
    if (!found || tooOld(found) || (changed[slug] ?? -1) >= saidAt(found)) await pages.delete(request);
  }));
}
