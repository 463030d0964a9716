// A vector tile's bytes → one path per class, straight into Path2D: no object per vertex.

/** All shapes of one class and one kind (1 points, 2 lines, 3 polygons) of a tile, drawn together. */
export interface Group {
  type: number;
  class: string;
  path: Path2D;
}

export interface Decoded {
  groups: Group[];
  named: { key: string; name: string; box: [number, number, number, number] }[];
  extent: number;
  vertices: number;
}

export interface DecodeOptions {
  keepNames?: boolean;
  /** The property that the style goes by. */
  property?: string;
  /** Vertices nearer to the one before, in tile units, can't be seen and are left out. */
  tolerance?: number;
}

const text = new TextDecoder();

/** Reads protocol buffers' wire format; only what a tile needs. */
class Wire {
  pos = 0;
  constructor(readonly bytes: Uint8Array, readonly end = bytes.length) {}

  varint(): number {
    const { bytes } = this;
    let byte = bytes[this.pos++]!;
    if (byte < 128) return byte;
    let value = byte & 127;
    let factor = 128;
    do {
      if (this.pos >= this.end) throw new Error("a tile is cut short");
      byte = bytes[this.pos++]!;
      value += (byte & 127) * factor;
      factor *= 128;
    } while (byte > 127);
    return value;
  }

  block(): Uint8Array {
    const length = this.varint();
    const start = this.pos;
    this.pos += length;
    if (this.pos > this.end) throw new Error("a tile is cut short");
    return this.bytes.subarray(start, this.pos);
  }

  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.pos += 8;
    else if (wire === 2) this.block();
    else if (wire === 5) this.pos += 4;
    else throw new Error("no vector tile");
  }
}

const isPair = (tag: number, field: number): boolean => tag >> 3 === field && (tag & 7) === 2;

function nameOf(layer: Uint8Array): string {
  const wire = new Wire(layer);
  while (wire.pos < wire.end) {
    const tag = wire.varint();
    if (isPair(tag, 1)) return text.decode(wire.block());
    wire.skip(tag & 7);
  }
  return "";
}

/** The bytes of each layer in a tile, by name; nothing is decoded yet. */
export function layersOf(bytes: Uint8Array): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  const wire = new Wire(bytes);
  while (wire.pos < wire.end) {
    const tag = wire.varint();
    if (isPair(tag, 3)) {
      const layer = wire.block();
      found.set(nameOf(layer), layer);
    } else wire.skip(tag & 7);
  }
  return found;
}

function valueOf(bytes: Uint8Array): string {
  const wire = new Wire(bytes);
  while (wire.pos < wire.end) {
    const tag = wire.varint();
    if (isPair(tag, 1)) return text.decode(wire.block());
    if ((tag & 7) === 0) return String(wire.varint());
    wire.skip(tag & 7);
  }
  return "";
}

/** Decodes one layer of a tile. */
export function decode(layer: Uint8Array, options: DecodeOptions = {}): Decoded {
  const { keepNames = false, property = "class", tolerance = 0 } = options;
  const features: Uint8Array[] = [];
  const keys: string[] = [];
  const values: Uint8Array[] = [];
  let extent = 4096;
  const wire = new Wire(layer);
  while (wire.pos < wire.end) {
    const tag = wire.varint();
    if (isPair(tag, 2)) features.push(wire.block());
    else if (isPair(tag, 3)) keys.push(text.decode(wire.block()));
    else if (isPair(tag, 4)) values.push(wire.block());
    else if (tag >> 3 === 5 && (tag & 7) === 0) extent = wire.varint();
    else wire.skip(tag & 7);
  }
  const said: (string | undefined)[] = [];
  const value = (index: number): string => (said[index] ??= values[index] ? valueOf(values[index]) : "");
  const [classKey, nameKey, keyKey] = [keys.indexOf(property), keys.indexOf("name"), keys.indexOf("key")];
  const groups = new Map<string, Group>();
  const decoded: Decoded = { groups: [], named: [], extent, vertices: 0 };

  for (const bytes of features) {
    const feature = new Wire(bytes);
    let type = 0;
    let tags: Uint8Array | null = null;
    let geometry: Uint8Array | null = null;
    while (feature.pos < feature.end) {
      const tag = feature.varint();
      if (isPair(tag, 2)) tags = feature.block();
      else if (isPair(tag, 4)) geometry = feature.block();
      else if (tag >> 3 === 3 && (tag & 7) === 0) type = feature.varint();
      else feature.skip(tag & 7);
    }
    let [code, name, key] = ["", "", ""];
    if (tags) {
      const pairs = new Wire(tags);
      while (pairs.pos < pairs.end) {
        const k = pairs.varint();
        const v = pairs.varint();
        if (k === classKey) code = value(v);
        else if (keepNames && k === nameKey) name = value(v);
        else if (keepNames && k === keyKey) key = value(v);
      }
    }
    if (!geometry || type < 1 || type > 3) continue;
    const id = `${type}/${code}`;
    let group = groups.get(id);
    if (!group) {
      group = { type, class: code, path: new Path2D() };
      groups.set(id, group);
      decoded.groups.push(group);
    }
    const box: [number, number, number, number] | null = keepNames && name ? [Infinity, Infinity, -Infinity, -Infinity] : null;
    decoded.vertices += trace(geometry, type, group.path, tolerance, box);
    if (box) decoded.named.push({ key: key || name, name, box });
  }
  return decoded;
}

const HALF = 16; // of the square that stands for a point, in tile units

function trace(bytes: Uint8Array, type: number, path: Path2D, tolerance: number, box: number[] | null): number {
  const wire = new Wire(bytes);
  let [x, y, drawnX, drawnY, vertices] = [0, 0, 0, 0, 0];
  while (wire.pos < wire.end) {
    const head = wire.varint();
    const command = head & 7;
    let count = head >> 3;
    if (command === 7) {
      path.closePath();
      continue;
    }
    if (command !== 1 && command !== 2) throw new Error("no vector tile");
    vertices += count;
    while (count-- > 0) {
      const dx = wire.varint();
      const dy = wire.varint();
      x += dx & 1 ? -(dx + 1) / 2 : dx / 2;
      y += dy & 1 ? -(dy + 1) / 2 : dy / 2;
      if (box) {
        if (x < box[0]!) box[0] = x;
        if (y < box[1]!) box[1] = y;
        if (x > box[2]!) box[2] = x;
        if (y > box[3]!) box[3] = y;
      }
      if (type === 1) path.rect(x - HALF, y - HALF, 2 * HALF, 2 * HALF);
      else if (command === 1) {
        path.moveTo(x, y);
        drawnX = x;
        drawnY = y;
      } else if (Math.abs(x - drawnX) > tolerance || Math.abs(y - drawnY) > tolerance || (count === 0 && type === 2)) {
        path.lineTo(x, y);
        drawnX = x;
        drawnY = y;
      }
    }
  }
  return vertices;
}
