/** What `doctor` prints. */
import { linesText } from '../base/quote.js';
import type { DoctorGroup, Status } from './line.js';

/** How many lines have each status. */
export function statusCounts(groups: readonly DoctorGroup[]): Readonly<Record<Status, number>> {
  const lines = groups.flatMap((group) => group.lines);
  const count = (status: Status) => lines.filter((line) => line.status === status).length;
  return { ok: count('ok'), limited: count('limited'), missing: count('missing') };
}

/** Whether anything is missing without which no container can be made. */
export function lacksNeeded(groups: readonly DoctorGroup[]): boolean {
  return groups.some(({ lines }) => lines.some(({ status, needed }) => needed === true && status === 'missing'));
}

/** The groups as text: a line for each thing, and below it the remedy and what it is about. Ends with a newline. */
export function doctorText(groups: readonly DoctorGroup[]): string {
  const width = Math.max(...groups.flatMap(({ lines }) => lines.map(({ name }) => name.length)));
  const indent = ' '.repeat(width + 12);
  const blocks = groups.map(({ name, lines }) => {
    const rows = lines.flatMap((line) => {
      const { status, remedy, where } = line;
      const row = `  ${status.padEnd(7)}  ${line.name.padEnd(width)}  ${line.text}`;
      if (remedy === undefined && where === undefined) return [row];
      const about = remedy === undefined ? `see ${where}` : `${remedy}${where === undefined ? '' : ` [${where}]`}`;
      return [row, `${indent} ${about}`];
    });
    return linesText([name, ...rows]);
  });
  const { ok, limited, missing } = statusCounts(groups);
  return `${blocks.join('\n')}\n${ok} ok, ${limited} limited, ${missing} missing\n`;
}

/** The groups as an object for JSON.stringify. */
export function doctorJson(groups: readonly DoctorGroup[]): unknown {
  return { counts: statusCounts(groups), usable: !lacksNeeded(groups), groups };
}
