import { h } from "../core/dom";

const PAGES = "public-projects";

/** Lets the browser keep what was seen; asks once at each start what has gone since. */
export function install(): void {
  if (!("serviceWorker" in navigator)) return;
  window.addEventListener("load", () => {
    navigator.serviceWorker.register("/sw.js", { scope: "/" })
      .then(() => navigator.serviceWorker.ready)
      .then((registration) => registration.active?.postMessage("check"))
      .catch((error: unknown) => console.warn("offline copies are not kept", error)); // a private window, for example
  });
}

/** On the page for none: which project pages this device has. */
export async function keptPages(): Promise<void> {
  const box = document.getElementById("kept-pages");
  if (!box || !("caches" in window)) return;
  const pages = await caches.open(PAGES);
  const items = await Promise.all([...(await pages.keys())].reverse().map(async (request) => {
    const text = (await (await pages.match(request))?.text()) ?? "";
    const title = new DOMParser().parseFromString(text, "text/html").querySelector("h1")?.textContent ?? request.url;
    return h("li", {}, h("a", { href: new URL(request.url).pathname }, title));
  }));
  box.querySelector("ul")!.replaceChildren(...items);
  box.hidden = !items.length;
}
