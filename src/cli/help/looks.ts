/** What stdout is, for output that people read: how wide, and whether it takes colours. */
import type { Native } from '../../native/native.js';

const STDOUT = 1;
const USUAL_WIDTH = 80;
/** Narrower, nothing can be laid out; wider, lines are tiring to read. */
const [NARROWEST, WIDEST] = [40, 120];

/** How text is laid out. */
export interface Looks {
  /** The width of a line, in characters. */
  readonly width: number;
  /** Whether bold text and colours may be used. */
  readonly colour: boolean;
}

/**
 * The looks of what is printed: as wide as $COLUMNS or else the terminal says, otherwise 80 columns. With colours on a terminal
 * only, and not where $NO_COLOR is set (no-color.org) or the terminal is a dumb one.
 */
export function looksOf(native: Native, env: Readonly<Record<string, string>>): Looks {
  const given = /^\d{1,4}$/.test(env.COLUMNS ?? '') ? Number(env.COLUMNS) : 0;
  const width = given || native.terminalColumns(STDOUT) || USUAL_WIDTH;
  return {
    width: Math.min(Math.max(width, NARROWEST), WIDEST),
    colour: !env.NO_COLOR && env.TERM !== 'dumb' && native.isatty(STDOUT),
  };
}

const styles = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** Text in a style of the terminal (console_codes(4)), or as it is. */
export function styled(text: string, style: keyof typeof styles, { colour }: Pick<Looks, 'colour'>): string {
  return colour ? `\u001b[${styles[style]}m${text}\u001b[0m` : text;
}
