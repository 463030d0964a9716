import { Problem, getJson, postJson, request } from "./core/api";
import { embedded, h, need } from "./core/dom";
import { t } from "./core/i18n";
import { Poll } from "./upload/poll";
import { Row } from "./upload/row";
import { OtherFile, Sender, Stopped } from "./upload/sender";
import { bytes, layerOf, type Limits, type Upload } from "./upload/state";

const AT_ONCE = 2;
const ADDRESS = "/api/v1/uploads/";

/** The list of one's uploads: new files by choice or drop, unfinished ones to go on with, progress of all. */
class Page {
  private readonly rows = new Map<string, Row>();
  private readonly senders = new Map<string, Sender>();
  private readonly queue: { row: Row; file: File }[] = [];
  private readonly list = need("#uploads");
  private readonly status = need("#upload-status");
  private readonly chooser = need<HTMLInputElement>("#resume-file");
  private readonly layer = need<HTMLSelectElement>("#new-layer");
  private readonly limits = embedded<Limits>("limits")!;
  private wanted: Row | null = null;
  private readonly poll = new Poll(
    () => this.refresh(),
    () => [...this.rows.values()].some((row) => row.upload.at_work),
  );

  start(): void {
    for (const upload of [...(embedded<Upload[]>("uploads-data") ?? [])].reverse()) this.add(upload);
    const input = need<HTMLInputElement>("#files");
    input.addEventListener("change", () => {
      void this.take([...(input.files ?? [])]);
      input.value = "";
    });
    this.chooser.addEventListener("change", () => {
      const file = this.chooser.files?.[0];
      if (file && this.wanted) this.send(this.wanted, file);
      this.chooser.value = "";
    });
    this.dropZone(need("#drop"));
    window.addEventListener("beforeunload", (event) => {
      if (this.senders.size) event.preventDefault();
    });
    this.poll.soon();
  }

  private dropZone(zone: HTMLElement): void {
    let depth = 0;
    const over = (on: boolean): void => void zone.classList.toggle("is-over", on);
    zone.addEventListener("dragenter", (event) => (event.preventDefault(), depth++, over(true)));
    zone.addEventListener("dragleave", () => --depth <= 0 && over(false));
    // A file dropped beside the zone must not replace the page.
    for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
    zone.addEventListener("drop", (event) => {
      depth = 0;
      over(false);
      void this.take([...((event as DragEvent).dataTransfer?.files ?? [])]);
    });
  }

  private say(text: string): void {
    this.status.textContent = text;
  }

  private add(upload: Upload): Row {
    const row = new Row(upload, { resume: (r) => this.choose(r), cancel: (r) => void this.cancel(r) });
    this.rows.set(upload.uuid, row);
    this.list.prepend(row.element);
    need("#no-uploads").hidden = true;
    return row;
  }

  /** New files; one that was begun with before goes on there. */
  private async take(files: File[]): Promise<void> {
    const codes = [...this.layer.options].map((option) => option.value).filter(Boolean);
    for (const file of files) {
      const begun = [...this.rows.values()].find((r) => r.upload.state === "receiving" && !r.busy && r.upload.filename === file.name && r.upload.size === file.size);
      if (begun) {
        this.send(begun, file);
        continue;
      }
      if (file.size === 0 || file.size > this.limits.max_bytes) {
        this.complain(file.name, file.size ? t("upload.tooLarge", { limit: bytes(this.limits.max_bytes) }) : t("upload.empty"));
        continue;
      }
      try {
        const layer = this.layer.value || layerOf(file.name, codes);
        this.send(this.add(await postJson<Upload>(ADDRESS, { filename: file.name, size: file.size, layer })), file);
      } catch (error) {
        this.complain(file.name, error instanceof Problem ? error.message : t("upload.unreachable"));
      }
    }
  }

  private complain(name: string, why: string): void {
    const item = h("li", { class: "upload-row", role: "alert" }, h("div", { class: "upload-name" }, name), h("p", { class: "upload-note" }, why),
      h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", onclick: () => item.remove() }, t("upload.dismiss")));
    this.list.prepend(item);
  }

  private choose(row: Row): void {
    this.wanted = row;
    this.chooser.click();
  }

  private send(row: Row, file: File): void {
    row.show("queued");
    this.queue.push({ row, file });
    this.next();
  }

  private next(): void {
    while (this.senders.size < AT_ONCE && this.queue.length) {
      const { row, file } = this.queue.shift()!;
      if (row.upload.state === "receiving") void this.run(row, file);
    }
  }

  private async run(row: Row, file: File): Promise<void> {
    const sender = new Sender(file, row.upload, {
      sent: (count) => row.show("sending", "", count),
      checking: (share) => row.show("checking", `${Math.floor(share * 100)}%`),
      waiting: (seconds) => row.show("waiting", String(seconds)),
      told: (upload) => void row.take(upload),
    });
    this.senders.set(row.upload.uuid, sender);
    let why = "";
    try {
      row.take(await sender.run());
      this.say(t("upload.sent", { name: file.name }));
    } catch (error) {
      if (error instanceof OtherFile) why = t("upload.otherFile", { name: row.upload.filename });
      else if (error instanceof Problem) why = error.message;
      else if (!(error instanceof Stopped)) throw error;
      if (why) this.say(`${file.name} ${why}`);
    } finally {
      this.senders.delete(row.upload.uuid);
      row.show("", why);
      this.next();
      this.poll.soon();
    }
  }

  private async cancel(row: Row): Promise<void> {
    this.senders.get(row.upload.uuid)?.stop();
    const at = this.queue.findIndex((entry) => entry.row === row);
    if (at >= 0) this.queue.splice(at, 1);
    try {
      row.take(await request<Upload>(row.upload.url, { method: "DELETE" }));
      row.show("");
      this.say(t("upload.cancelled", { name: row.upload.filename }));
    } catch (error) {
      row.show("", error instanceof Problem ? error.message : t("upload.unreachable"));
    }
    // The button that had the focus is gone.
    row.element.querySelector<HTMLElement>("a")?.focus();
  }

  private async refresh(): Promise<boolean> {
    let changed = false;
    for (const upload of await getJson<Upload[]>(ADDRESS)) {
      const row = this.rows.get(upload.uuid);
      if (!row) this.add(upload);
      else if (!row.busy) {
        const before = row.upload.state;
        changed = row.take(upload) || changed;
        if (before !== upload.state) this.say(`${upload.filename} ${upload.state_label}`);
      }
    }
    return changed;
  }
}

if (document.getElementById("uploads")) new Page().start();
