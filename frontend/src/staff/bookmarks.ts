import { getJson, postJson, Problem, request } from "../core/api";
import { h, icon, need } from "../core/dom";
import { t, type Key } from "../core/i18n";
import { BOOKMARKS, moved, type Bookmark, type Opened } from "./bookmark-data";

interface Around {
  /** The address of what is shown now, behind ? and #. */
  view(): { query: string; hash: string };
  open(opened: Opened): Promise<void>;
  /** Presents, beginning with one. */
  present(rows: Bookmark[], id: number): void;
}

const UP = "M6 15l6-6 6 6";
const DOWN = "M6 9l6 6 6-6";

/** The panel of bookmarks: keeps the view that is shown, opens, orders, replaces and deletes those that are kept. */
export class Bookmarks {
  private rows: Bookmark[] = [];
  private opened: number | null = null;
  private asked: number | null = null;
  private isWhole = true;
  private readonly root = need("#bookmark-rows");
  private readonly form = need<HTMLFormElement>("#bookmark-form");
  private readonly status = need("#bookmark-status");

  constructor(private readonly around: Around) {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.act(() => this.keep());
    });
    need("#bookmark-present").addEventListener("click", () => {
      const first = this.rows.find((row) => row.id === this.opened) ?? this.rows[0];
      if (first) this.around.present(this.rows, first.id);
    });
  }

  /** Whether all of the view has come: half of one is not kept. */
  whole(is: boolean): void {
    this.isWhole = is;
    const keep = need<HTMLButtonElement>("button[type=submit], button:not([type])", this.form);
    for (const button of [keep, ...this.root.querySelectorAll<HTMLButtonElement>("[data-keeps]")]) button.disabled = !is;
  }

  /** What one may open, as it is now. */
  async load(): Promise<Bookmark[]> {
    this.rows = await getJson<Bookmark[]>(BOOKMARKS);
    this.draw();
    return this.rows;
  }

  /** Presents from one on, as an address asks for it. */
  async present(id: number): Promise<void> {
    await this.act(async () => this.around.present(await this.load(), id));
  }

  async show(): Promise<void> {
    await this.act(async () => void (await this.load()));
  }

  /** Opens one: its view is asked for anew, as what the reader may see may have changed. */
  async open(id: number): Promise<void> {
    await this.act(async () => {
      this.asked = id;
      const opened = await getJson<Opened>(`${BOOKMARKS}${id}/`);
      if (this.asked !== id) return; // another one was asked for meanwhile
      await this.around.open(opened);
      this.opened = id;
      this.draw();
      this.status.textContent = t("bookmarks.opened", { name: opened.name });
    });
  }

  /** Does something and says in the panel why it didn't come about. */
  private async act(action: () => Promise<void>): Promise<void> {
    this.status.textContent = "";
    try {
      await action();
    } catch (error) {
      const why = error instanceof Problem ? [error.detail, ...error.items.map((item) => item.message ?? item.text ?? "")].filter(Boolean).join(" ") : (error as Error).message;
      this.status.textContent = t("bookmarks.failed", { why });
    }
  }

  private async keep(): Promise<void> {
    if (!this.isWhole) return; // Enter in a field asks no button
    const said = new FormData(this.form);
    const kept = await postJson<Opened>(BOOKMARKS, {
      name: said.get("name"), series: said.get("series") ?? "", note: said.get("note") ?? "", shared: said.get("shared") !== null, ...this.around.view(),
    });
    this.form.reset();
    this.opened = kept.id;
    await this.load();
    this.status.textContent = t("bookmarks.kept", { name: kept.name });
  }

  private async replace(row: Bookmark): Promise<void> {
    await request<Opened>(`${BOOKMARKS}${row.id}/`, { method: "PATCH", body: JSON.stringify(this.around.view()), headers: { "Content-Type": "application/json" } });
    this.opened = row.id;
    this.draw();
    this.status.textContent = t("bookmarks.replaced", { name: row.name });
  }

  private async remove(row: Bookmark): Promise<void> {
    await request<null>(`${BOOKMARKS}${row.id}/`, { method: "DELETE" });
    await this.load();
    this.status.textContent = t("bookmarks.deleted", { name: row.name });
    (this.root.querySelector<HTMLElement>("button") ?? need("#bookmark-name")).focus();
  }

  private async move(row: Bookmark, by: -1 | 1): Promise<void> {
    const order = moved(this.rows.filter((one) => one.mine).map((one) => one.id), row.id, by);
    if (!order) return;
    await postJson(`${BOOKMARKS}order/`, { order });
    await this.load();
    // The button that was pressed keeps the focus; at the end of the list the other one takes it.
    const buttons = [...this.root.querySelectorAll<HTMLButtonElement>(`[data-bookmark="${row.id}"] .move`)];
    const pressed = buttons[by < 0 ? 0 : 1];
    (pressed?.disabled ? buttons[by < 0 ? 1 : 0] : pressed)?.focus();
    this.status.textContent = t("bookmarks.moved", { name: row.name, n: order.indexOf(row.id) + 1 });
  }

  private draw(): void {
    need("#bookmark-present").toggleAttribute("disabled", !this.rows.length);
    if (!this.rows.length) return this.root.replaceChildren(h("p", { class: "empty" }, t("bookmarks.none")));
    const [own, others] = [this.rows.filter((row) => row.mine), this.rows.filter((row) => !row.mine)];
    this.root.replaceChildren(
      own.length ? h("ol", { class: "rows bookmark-rows" }, ...own.map((row, at) => this.item(row, at, own.length))) : h("p", { class: "empty" }, t("bookmarks.noneOwn")),
      ...(others.length ? [h("h3", {}, t("bookmarks.ofUnit")), h("ul", { class: "rows bookmark-rows" }, ...others.map((row) => this.item(row)))] : []),
    );
  }

  private item(row: Bookmark, at = 0, of = 0): HTMLLIElement {
    const about = [row.series, row.mine ? (row.shared ? t("bookmarks.shared") : "") : row.owner].filter(Boolean).join(" · ");
    const label = (key: Key): string => t("bookmarks.actOn", { act: t(key), name: row.name });
    const button = (key: Key, press: () => void): HTMLButtonElement => h("button", { type: "button", class: "btn-link-plain", "aria-label": label(key), ...(key === "bookmarks.replace" ? { "data-keeps": "" } : {}), onclick: press }, t(key));
    const arrow = (path: string, key: Key, by: -1 | 1, end: boolean): HTMLButtonElement =>
      h("button", { type: "button", class: "tiny move", title: t(key), "aria-label": label(key), disabled: end, onclick: () => void this.act(() => this.move(row, by)) }, icon(path));
    const away = button("bookmarks.delete", () => {
      // The second press deletes: nothing brings it back.
      if (away.dataset["sure"]) return void this.act(() => this.remove(row));
      away.dataset["sure"] = "yes";
      away.textContent = t("bookmarks.sure");
      away.setAttribute("aria-label", label("bookmarks.sure"));
    });
    away.addEventListener("blur", () => {
      delete away.dataset["sure"];
      away.textContent = t("bookmarks.delete");
      away.setAttribute("aria-label", label("bookmarks.delete"));
    });
    return h("li", { class: row.id === this.opened ? "row-item is-chosen" : "row-item", "data-bookmark": row.id },
      h("button", { type: "button", class: "row-main bookmark-open", "aria-current": row.id === this.opened ? "true" : null, onclick: () => void this.open(row.id) },
        h("span", { class: "row-name" }, row.name), about ? h("span", { class: "row-note" }, about) : null),
      h("div", { class: "bookmark-tools" },
        button("bookmarks.present", () => this.around.present(this.rows, row.id)),
        ...(row.mine ? [
          Object.assign(button("bookmarks.replace", () => void this.act(() => this.replace(row))), { disabled: !this.isWhole }),
          h("a", { href: `${row.page}edit/`, "aria-label": label("bookmarks.edit") }, t("bookmarks.edit")),
          away,
          arrow(UP, "layers.up", -1, at === 0), arrow(DOWN, "layers.down", 1, at === of - 1),
        ] : [])));
  }
}
