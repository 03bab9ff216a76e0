/** Formats tables as runc does. */
import { isPlain, onOneLine } from '../base/quote.js';

interface Row {
  readonly cells: readonly string[];
  /** In characters, not in UTF-16 units. */
  readonly widths: readonly number[];
}

function rowOf(values: readonly string[]): Row {
  // One look at all of them: a table may have thousands of rows.
  if (isPlain(values.join(''))) return { cells: values, widths: values.map(({ length }) => length) };
  const cells = values.map(onOneLine);
  return { cells, widths: cells.map((cell) => [...cell].length) };
}

/**
 * The text of rows in columns, a line for each row. The widths are those that runc's `list` gets from Go's tabwriter: at least 12
 * characters, and 3 more than the longest cell. The last column is not padded.
 */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const last = (rows[0]?.length ?? 0) - 1;
  const lines = rows.map(rowOf);
  const most: number[] = [];
  for (let column = 0; column < last; column++) {
    let wide = 12;
    for (const { widths } of lines) wide = Math.max(wide, (widths[column] ?? 0) + 3);
    most.push(wide);
  }
  const padded = lines.map(({ cells, widths }) =>
    cells.map((cell, column) => (column === last ? cell : cell + ' '.repeat(most[column]! - widths[column]!))).join(''),
  );
  return padded.map((line) => `${line}\n`).join('');
}
