/** Length in characters, not UTF-16 units. */
const width = (text: string): number => [...text].length;

/**
 * Rows as columns: what Go's tabwriter with minimum width 12 and padding 3 makes of them, which is runc's form of
 * `list`. The last column is not padded.
 */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(12, ...rows.map((row) => width(row[column] ?? '') + 3)),
  );
  const cell = (text: string, column: number): string =>
    column === columns - 1 ? text : text + ' '.repeat((widths[column] ?? 0) - width(text));
  return rows.map((row) => `${row.map(cell).join('')}\n`).join('');
}
