/** Folds text into lines for a terminal. */

/**
 * Text in lines of at most `width` characters. Lines end between words only: a word that is longer has a line of its own.
 */
export function fold(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines;
}

/** The widest that the left one of two columns gets; what is wider has a line of its own. */
const LEFT = 24;

/**
 * Pairs in two columns, with folded text on the right.
 * @param width of both together, in characters
 */
export function twoColumns(pairs: readonly (readonly [left: string, right: string])[], width: number): string[] {
  const fitting = pairs.map(([left]) => left.length).filter((length) => length <= LEFT);
  const indent = Math.max(0, ...fitting) + 4;
  return pairs.flatMap(([left, right]) => {
    const [first = '', ...more] = fold(right, Math.max(width - indent, 20));
    const begin = `  ${left}`;
    const rest = more.map((line) => ' '.repeat(indent) + line);
    if (begin.length + 2 > indent) return [begin, ' '.repeat(indent) + first, ...rest];
    return [begin.padEnd(indent) + first, ...rest];
  });
}
