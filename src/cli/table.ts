/** Formats tables as runc does. */
import { isPlain, onOneLine } from '../base/quote.js';

/**
 * The text of rows in columns, a line for each row. The widths are those that runc's `list` gets from Go's tabwriter: at least 12
 * characters, and 3 more than the longest cell. The last column is not padded.
 */
export function formatTable(rows: readonly (readonly string[])[]): string {
  // One look at all of them: a table may have thousands of rows.
  const plain = isPlain(rows.map((row) => row.join('')).join(''));
  const lines = plain ? rows : rows.map((row) => row.map(onOneLine));
  // In characters, not in UTF-16 units.
  const widthOf = (cell: string): number => (plain ? cell.length : [...cell].length);
  const last = (rows[0]?.length ?? 0) - 1;
  const columns: (readonly string[])[] = [];
  for (let column = 0; column < last; column++) {
    const cells = lines.map((line) => line[column]!);
    let most = 9;
    for (const cell of cells) if (cell.length > most) most = Math.max(most, widthOf(cell));
    columns.push(cells.map((cell) => (plain ? cell.padEnd(most + 3) : cell + ' '.repeat(most + 3 - widthOf(cell)))));
  }
  return lines.map((line, row) => `${columns.map((cells) => cells[row]).join('')}${line[last]}\n`).join('');
}
