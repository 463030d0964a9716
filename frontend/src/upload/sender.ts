import { Problem, Unreachable, csrf, request } from "../core/api";
import { crc32, hex } from "./crc32";
import type { Upload } from "./state";

/** The file isn't the one that was begun with. */
export class OtherFile extends Error {}

/** Someone pressed cancel. */
export class Stopped extends Error {}

const LONGEST_WAIT = 30_000;

/** Sends one file in parts from where the server stands; a broken connection only makes it wait. */
export class Sender {
  private stopped = false;
  private open: XMLHttpRequest | null = null;

  constructor(
    private readonly file: File,
    private upload: Upload,
    private readonly on: { sent(bytes: number): void; checking(share: number): void; waiting(seconds: number): void; told(upload: Upload): void },
  ) {}

  stop(): void {
    this.stopped = true;
    this.open?.abort();
  }

  /** Resolves when the server has every byte. */
  async run(): Promise<Upload> {
    if (this.upload.received > 0) await this.same();
    let tries = 0;
    while (this.upload.received < this.upload.size) {
      this.check();
      const offset = this.upload.received;
      const part = new Uint8Array(await this.file.slice(offset, offset + this.upload.chunk_bytes).arrayBuffer());
      try {
        this.upload = await this.send(part, offset);
        tries = 0;
        this.on.told(this.upload);
      } catch (error) {
        this.check();
        if (!again(error) || (error instanceof Problem && error.status === 400 && tries > 3)) throw error;
        await this.pause(Math.min(LONGEST_WAIT, 1000 * 2 ** tries++));
        await this.ask();
      }
    }
    return this.upload;
  }

  /** Whether what is there already is this file's beginning. */
  private async same(): Promise<void> {
    if (this.file.size !== this.upload.size) throw new OtherFile();
    let crc = 0;
    for (let at = 0; at < this.upload.received; at += this.upload.chunk_bytes) {
      this.check();
      const end = Math.min(this.upload.received, at + this.upload.chunk_bytes);
      crc = crc32(new Uint8Array(await this.file.slice(at, end).arrayBuffer()), crc);
      this.on.checking(end / this.upload.received);
    }
    if (hex(crc) !== this.upload.crc32) throw new OtherFile();
  }

  private check(): void {
    if (this.stopped) throw new Stopped();
  }

  private send(part: Uint8Array<ArrayBuffer>, offset: number): Promise<Upload> {
    return new Promise((resolve, reject) => {
      const xhr = (this.open = new XMLHttpRequest());
      xhr.open("PATCH", this.upload.url);
      xhr.responseType = "text";
      xhr.setRequestHeader("Content-Type", "application/octet-stream");
      xhr.setRequestHeader("Accept", "application/json");
      xhr.setRequestHeader("X-CSRFToken", csrf());
      xhr.setRequestHeader("Upload-Offset", String(offset));
      xhr.setRequestHeader("Upload-Checksum", `crc32 ${hex(crc32(part))}`);
      xhr.upload.addEventListener("progress", (event) => this.on.sent(offset + Math.min(event.loaded, part.length)));
      xhr.addEventListener("error", () => reject(new Unreachable("connection")));
      xhr.addEventListener("abort", () => reject(new Stopped()));
      xhr.addEventListener("load", () => {
        let body: Partial<Upload> & { title?: string; detail?: string } = {};
        try {
          body = JSON.parse(xhr.responseText) as typeof body;
        } catch {
          reject(new Unreachable(String(xhr.status)));
          return;
        }
        if (xhr.status < 300) resolve(body as Upload);
        else reject(new Problem(xhr.status, body.title ?? "", body.detail ?? "", []));
      });
      xhr.send(part);
    });
  }

  /** Where the server stands now; keeps trying until it can be asked. */
  private async ask(): Promise<void> {
    for (let tries = 0; ; tries++) {
      this.check();
      try {
        this.upload = await request<Upload>(this.upload.url);
        this.on.told(this.upload);
        if (this.upload.state !== "receiving") throw new Stopped();
        return;
      } catch (error) {
        if (!again(error)) throw error;
        await this.pause(Math.min(LONGEST_WAIT, 1000 * 2 ** tries));
      }
    }
  }

  private pause(milliseconds: number): Promise<void> {
    this.on.waiting(Math.round(milliseconds / 1000));
    return new Promise((resolve) => {
      const timer = setTimeout(done, milliseconds);
      function done(): void {
        clearTimeout(timer);
        window.removeEventListener("online", done);
        resolve();
      }
      window.addEventListener("online", done);
    });
  }
}

/** Whether trying again may help: the connection, a damaged part, another offset, a server that is busy. */
function again(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  return error instanceof Problem && [400, 409, 429, 502, 503, 504].includes(error.status);
}
