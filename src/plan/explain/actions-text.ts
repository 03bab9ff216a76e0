/** Lays out what `explain` prints, for every command that it explains. */
import { linesText } from '../../base/quote.js';
import type { PlanWarning } from '../plan.js';
import type { Line } from './line.js';

/**
 * A line for each action: its number, who does it, the JSON pointer of the field that asks for it, and what it is. Above them the
 * title with their number, below them the warnings. Ends with a newline.
 */
export function actionsText(title: string, lines: readonly Line[], warnings: readonly PlanWarning[]): string {
  const rows = actionRows(lines);
  const said = warningLines(warnings);
  const byInit = lines.filter(({ actor }) => actor === 'init').length;
  const counts = `${lines.length} actions, ${byInit} of them by init`;
  return linesText([`${title}: ${counts}`, '', ...rows, ...(said.length > 0 ? ['', ...said] : [])]);
}

/**
 * The row of each action, in columns.
 * @param mark a column of its own behind the number; none if left out
 */
export function actionRows<T extends Line>(lines: readonly T[], mark: (line: T) => string = () => ''): string[] {
  const digits = String(lines.length).length;
  const width = Math.max(...lines.map(({ pointer }) => pointer.length));
  return lines.map((line, i) => {
    const { actor, pointer, text } = line;
    return `${String(i + 1).padStart(digits)}  ${mark(line)}${actor.padEnd(7)}  ${pointer.padEnd(width)}  ${text}`;
  });
}

/** A line for each warning. */
export const warningLines = (warnings: readonly PlanWarning[]): string[] =>
  warnings.map(({ text, pointer }) => `warning: ${text}${pointer === '' ? '' : `  ${pointer}`}`);

/** The same for JSON.stringify. */
export function actionsJson(title: string, lines: readonly Line[], warnings: readonly PlanWarning[]): unknown {
  return {
    title,
    actions: lines.map(({ actor, pointer, text }, i) => ({ number: i + 1, actor, pointer, text })),
    warnings: warnings.map(({ pointer, text }) => ({ pointer, text })),
  };
}
