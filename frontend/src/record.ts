import { t } from "./core/i18n";

// While a plan or the composition of land is typed: by how much each set misses the total. The server decides.

/** Hundredths of what was typed, exactly; null where it is no amount with at most two decimals. */
export function hundredths(text: string): bigint | null {
  const plain = text.trim().replace(/[,，]/g, "");
  if (plain === "") return 0n;
  const found = /^(\d{1,16})(?:\.(\d{1,2}))?$/.exec(plain);
  return found ? BigInt(found[1] ?? "0") * 100n + BigInt((found[2] ?? "").padEnd(2, "0")) : null;
}

/** Hundredths as people read them: 1234567 → 12,345.67. */
export function readable(amount: bigint): string {
  const digits = String(amount).padStart(3, "0");
  return `${digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",")}.${digits.slice(-2)}`;
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-adds-up]")) {
  const total = form.elements.namedItem(form.dataset["addsUp"] ?? "");
  if (!(total instanceof HTMLInputElement)) continue;
  const say = (): void => {
    const wanted = hundredths(total.value);
    for (const set of form.querySelectorAll<HTMLFieldSetElement>("fieldset[data-sums]")) {
      const note = set.querySelector(".sum-note");
      if (!note) continue;
      const typed = [...set.querySelectorAll<HTMLInputElement>(`input[name^="${set.dataset["sums"] ?? ""}"]`)];
      const amounts = typed.map((input) => hundredths(input.value));
      const sum = amounts.every((amount) => amount !== null) ? amounts.reduce((a, b) => (a ?? 0n) + (b ?? 0n), 0n) : null;
      const off = sum === null || wanted === null ? null : sum - wanted;
      const empty = set.dataset["mayBeEmpty"] !== undefined && typed.every((input) => !input.value.trim());
      note.classList.toggle("is-off", !empty && off !== 0n);
      note.textContent = empty ? "" : off === null ? t("record.notANumber") : off === 0n ? t("record.addsUp") : t(off > 0n ? "record.over" : "record.under", { by: readable(off > 0n ? off : -off) });
    }
  };
  form.addEventListener("input", say);
  say();
}
