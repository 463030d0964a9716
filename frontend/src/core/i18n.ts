import { zh } from "./zh";
import { en } from "./en";

export type Key = keyof typeof zh;
export const english = document.documentElement.lang.startsWith("en");
const words: Record<Key, string> = english ? en : zh;

/** The sentence in the page's language, with `{name}` places filled in. */
export function t(key: Key, places: Record<string, string | number> = {}): string {
  return words[key].replace(/\{(\w+)\}/g, (_, name: string) => String(places[name] ?? ""));
}

/** A word that the server may send and this page may know: falls back to the word itself. */
export const term = (prefix: string, word: string): string => (words as Record<string, string>)[`${prefix}.${word}`] ?? word;
