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
  const widths: number[] = [];
  for (let column = 0; column < last; column++) {
    let most = 9;
    for (const line of lines) {
      const cell = line[column]!;
      if (cell.length > most) most = Math.max(most, widthOf(cell));
    }
    widths.push(most + 3);
  }
  const made: string[] = [];
  for (const line of lines) {
    let text = '';
    for (let column = 0; column < last; column++) {
      const cell = line[column]!;
      text += plain ? cell.padEnd(widths[column]!) : cell + ' '.repeat(widths[column]! - widthOf(cell));
    }
    made.push(text, line[last]!, '\n');
  }
  return made.join('');
}
