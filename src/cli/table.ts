/** Formats tables as runc does. */
import { onOneLine } from '../base/quote.js';

/** The length of text in characters, not in UTF-16 units. */
const width = (text: string): number => [...text].length;

/**
 * The text of rows in columns, a line for each row. The widths are those that runc's `list` gets from Go's tabwriter: at least 12
 * characters, and 3 more than the longest cell. The last column is not padded.
 */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]?.length ?? 0;
  const cells = rows.map((row) => row.map(onOneLine));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(12, ...cells.map((row) => width(row[column] ?? '') + 3)),
  );
  const cell = (text: string, column: number): string =>
    column === columns - 1 ? text : text + ' '.repeat((widths[column] ?? 0) - width(text));
  return cells.map((row) => `${row.map(cell).join('')}\n`).join('');
}
