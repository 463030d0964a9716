import L from "leaflet";
import { getJson } from "../core/api";
import { debounce, h, need } from "../core/dom";
import { count } from "../core/format";
import { t, type Key } from "../core/i18n";
import { GatheredMarkers } from "../map/gathered-markers";

interface Photo {
  key: string;
  kind: "photo" | "video";
  project: number;
  project_name: string;
  lon: number;
  lat: number;
  on: string;
  taken: boolean;
  caption: string;
  position_by: "file" | "typed" | "entered";
  small: string;
  whole: string;
}

type Placed = Photo & { at: L.LatLng };

interface Answer {
  total: number;
  photos: Photo[];
}

const PAGE = 40;

/** Where photos and videos were taken: thumbs on the map, gathered where they are many, and the same as a list. */
export class Photos {
  isOpen = false;
  private found: Placed[] = [];
  private total = 0;
  private limit = PAGE;
  private controller: AbortController | null = null;
  private markers: GatheredMarkers<Placed> | null = null;
  private readonly popup = L.popup({ maxWidth: 300, minWidth: 240, autoPanPaddingTopLeft: [40, 150], autoPanPaddingBottomRight: [40, 70], className: "photo-popup" });
  private readonly root = need("#photos");
  private readonly list = h("div", { id: "photo-list" });
  private readonly form = h("form", { class: "photo-filters", role: "search" });

  constructor(
    private readonly map: L.Map,
    private readonly address: string,
    private readonly show: () => void,
  ) {
    this.build();
  }

  async open(): Promise<void> {
    this.isOpen = true;
    this.markers ??= new GatheredMarkers<Placed>(this.map, (members) => this.marker(members), (members) => this.look(members));
    this.pressed();
    this.show();
    await this.load();
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.controller?.abort();
    this.markers?.remove();
    this.markers = null;
    this.popup.remove();
    this.pressed();
  }

  private pressed(): void {
    document.querySelector('[data-panel-tool="photos"]')?.setAttribute("aria-pressed", String(this.isOpen));
  }

  private build(): void {
    const field = (name: string, label: Key, attributes: Record<string, string>): HTMLElement =>
      h("div", {}, h("label", { for: `photo-${name}` }, t(label)), h("input", { class: "form-control form-control-sm", id: `photo-${name}`, name, ...attributes }));
    this.form.append(
      field("q", "photos.project", { type: "search", maxlength: "100", placeholder: t("photos.projectHint") }),
      h("div", { class: "print-pair" }, field("since", "photos.since", { type: "date" }), field("until", "photos.until", { type: "date" })),
      h("button", { type: "reset", class: "btn btn-sm btn-outline-secondary" }, t("photos.clear")));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", debounce(() => void this.load(), 250));
    this.form.addEventListener("reset", () => setTimeout(() => void this.load()));
    this.root.replaceChildren(this.form, this.list);
  }

  private async load(): Promise<void> {
    this.controller?.abort();
    const controller = (this.controller = new AbortController());
    const asked = new URLSearchParams([...new FormData(this.form)].flatMap(([name, value]) => (value ? [[name, String(value)]] : [])));
    this.list.setAttribute("aria-busy", "true");
    try {
      const answer = await getJson<Answer>(`${this.address}?${asked}`, controller.signal);
      if (controller.signal.aborted) return;
      this.total = answer.total;
      this.found = answer.photos.map((photo) => ({ ...photo, at: L.latLng(photo.lat, photo.lon) }));
      this.limit = PAGE;
      this.popup.remove();
      this.markers?.show(this.found);
      this.say(this.found);
    } catch (error) {
      if (!controller.signal.aborted) this.list.replaceChildren(h("p", { class: "empty", role: "alert" }, t("map.failed", { what: t("photos.title") }), ` ${(error as Error).message}`));
    } finally {
      if (!controller.signal.aborted) this.list.removeAttribute("aria-busy");
    }
  }

  private marker(members: Placed[]): { content: HTMLElement; title: string; size: number } {
    const first = members[0]!;
    const many = members.length > 1;
    const picture = h("img", { src: first.small, alt: "", width: 44, height: 44, loading: "lazy", decoding: "async" });
    return {
      content: h("span", { class: `photo-mark${first.kind === "video" ? " is-video" : ""}` }, picture, many ? h("b", {}, count(members.length)) : null),
      title: many ? t("photos.many", { n: count(members.length) }) : `${first.on} ${first.project_name}`,
      size: 50,
    };
  }

  /** What a marker holds: one is shown on the map; several that lie together are the list. */
  private look(members: Placed[]): void {
    const [only] = members;
    if (members.length === 1 && only) return this.choose(only);
    this.show();
    this.say(members);
    this.list.querySelector<HTMLElement>("button")?.focus();
  }

  private choose(photo: Placed): void {
    this.popup.setLatLng(photo.at).setContent(this.card(photo)).openOn(this.map);
  }

  private card(photo: Placed): HTMLElement {
    const picture = h("img", { class: "photo-picture", src: photo.small, alt: photo.caption || photo.project_name });
    return h("figure", { class: "photo-card" },
      h("a", { href: photo.whole, target: "_blank", rel: "noopener", "aria-label": t(photo.kind === "video" ? "photos.play" : "photos.whole") }, picture),
      h("figcaption", {},
        h("b", {}, t(photo.taken ? "photos.taken" : "photos.brought", { day: photo.on })),
        photo.caption ? h("p", {}, photo.caption) : null,
        h("p", { class: "row-note" }, t(`photos.by.${photo.position_by}` as Key)),
        h("p", {}, h("a", { href: `/projects/${photo.project}/` }, photo.project_name))));
  }

  private say(shown: Placed[]): void {
    if (!this.found.length) return this.list.replaceChildren(h("p", { class: "empty", role: "status" }, t("photos.none")));
    const all = shown === this.found;
    const missing = this.total - this.found.length;
    this.list.replaceChildren(
      h("p", { class: "list-count", role: "status" }, all ? t("photos.count", { n: count(this.total) }) : t("photos.here", { n: count(shown.length), all: count(this.total) })),
      missing > 0 ? h("p", { class: "row-note" }, t("photos.newest", { n: count(this.found.length) })) : "",
      all ? "" : h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", onclick: () => this.say(this.found) }, t("photos.all")),
      h("ul", { class: "rows photo-rows" }, ...shown.slice(0, this.limit).map((photo) => this.row(photo))),
      shown.length > this.limit ? h("button", { type: "button", class: "btn btn-sm btn-outline-primary rows-more", onclick: () => ((this.limit += PAGE * 2), this.say(shown)) }, t("projects.more", { n: Math.min(PAGE * 2, shown.length - this.limit) })) : "");
  }

  private row(photo: Placed): HTMLLIElement {
    return h("li", { class: "row-item" },
      h("button", { type: "button", class: "row-main photo-row", onclick: () => (this.map.setView(photo.at, Math.max(this.map.getZoom(), 15)), this.choose(photo)) },
        h("img", { src: photo.small, alt: "", width: 64, height: 48, loading: "lazy", decoding: "async" }),
        h("span", { class: "row-name" }, photo.caption || photo.project_name),
        h("span", { class: "row-note" }, `${photo.on} · ${photo.project_name}${photo.kind === "video" ? ` · ${t("photos.video")}` : ""}`)));
  }
}

/** The tool of the map's bar that opens them; none where the reader may not read projects. */
export function mountPhotos(map: L.Map, show: (panel: "photos" | "projects") => void): Photos | null {
  const tool = document.querySelector<HTMLButtonElement>('[data-panel-tool="photos"]');
  if (!tool) return null;
  const photos = new Photos(map, tool.dataset["address"]!, () => show("photos"));
  tool.addEventListener("click", () => {
    if (photos.isOpen) return (photos.close(), show("projects"));
    void photos.open();
  });
  document.querySelector('[data-close="photos"]')?.addEventListener("click", () => photos.close());
  return photos;
}
