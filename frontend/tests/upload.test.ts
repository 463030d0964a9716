import { describe, expect, it } from "vitest";
import { crc32, hex } from "../src/upload/crc32";
import { bytes, layerOf } from "../src/upload/state";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe("checksum", () => {
  it("is the one that everybody computes", () => {
    expect(hex(crc32(text("123456789")))).toBe("cbf43926");
    expect(hex(crc32(text("")))).toBe("00000000");
    expect(hex(crc32(text("图斑")))).toBe("a14c2666");
  });

  it("goes on where it stopped, wherever the file is cut", () => {
    const whole = Uint8Array.from({ length: 1003 }, (_, i) => (i * 31) & 255);
    for (const cut of [0, 1, 7, 8, 9, 500, 1003]) expect(crc32(whole.subarray(cut), crc32(whole.subarray(0, cut)))).toBe(crc32(whole));
  });
});

describe("a file's layer", () => {
  const codes = ["DLTB", "XZQ", "STBHHX", "ST"];
  it("is told by the beginning of its name", () => {
    expect(layerOf("DLTB.zip", codes)).toBe("DLTB");
    expect(layerOf("dltb_2026.gpkg", codes)).toBe("DLTB");
    expect(layerOf("STBHHX2026.zip", codes)).toBe("STBHHX");
    expect(layerOf("ST 1.zip", codes)).toBe("ST");
  });
  it("is left open where the name says something else", () => {
    expect(layerOf("DLTBX.zip", codes)).toBe("");
    expect(layerOf("new.zip", codes)).toBe("");
  });
});

it("bytes are said in the unit that fits", () => {
  expect([0, 1023, 1024, 1_500_000, 4 * 1024 ** 3].map(bytes)).toEqual(["0 B", "1023 B", "1.0 KB", "1.4 MB", "4.0 GB"]);
});
