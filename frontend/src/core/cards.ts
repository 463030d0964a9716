/**
 * On a phone the rows of a wide table become cards, one cell below the other (`.table-cards`). What a cell says then
 * needs its column's name beside it: it is copied from the table's head once, so that no page has to write it twice.
 *
 * A cell keeps a label that it brings (`data-label`, or a `.card-label` within, which becomes one). Row heads name the card and need none;
 * cells over several columns and columns whose head is hidden (ticks, buttons) have none. A cell without anything to
 * say is marked, and left out of the card.
 */
export function labelCards(within: ParentNode = document): void {
  for (const table of within.querySelectorAll<HTMLTableElement>("table.table-cards")) {
    const head = table.tHead?.rows[table.tHead.rows.length - 1];
    if (!head) continue;
    const names = [...head.cells].map(nameOf);
    for (const body of table.tBodies) for (const row of body.rows) labelRow(row, names);
    if (table.tFoot) for (const row of table.tFoot.rows) labelRow(row, names);
  }
}

function nameOf(head: HTMLTableCellElement): string {
  const seen = head.cloneNode(true) as HTMLElement;
  for (const hidden of seen.querySelectorAll(".visually-hidden")) hidden.remove();
  return (seen.textContent ?? "").replace(/[\s▲▼]+/g, " ").trim(); // without the mark of the sorting
}

function labelRow(row: HTMLTableRowElement, names: readonly string[]): void {
  let column = 0;
  for (const cell of row.cells) {
    const name = names[column];
    column += cell.colSpan;
    if (cell.tagName !== "TD" || cell.colSpan > 1) continue;
    const own = cell.querySelector(".card-label");
    const text = (cell.textContent ?? "").replace(own?.textContent ?? "", "").trim();
    if ((text === "" || text === "—") && !cell.querySelector("input, select, textarea, button, a, img, svg, progress, meter, canvas")) {
      cell.classList.add("card-empty");
    } else if (cell.dataset.label === undefined) {
      const label = own?.textContent?.trim() ?? name;
      if (label) cell.dataset.label = label;
    }
    own?.remove();
  }
}
