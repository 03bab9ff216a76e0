/** process.terminal: the terminal of the process. */
import type { Process } from '../../config/spec.js';
import type { PlanBuilder } from '../steps/builder.js';

/**
 * Adds the step that opens the terminal, if process.terminal is true.
 * @param pointer JSON pointer of the process
 * @param bind the terminal is also bound at /dev/console: for a new container, not for `exec`
 */
export function planConsole(process: Process, pointer: string, bind: boolean, builder: PlanBuilder): void {
  if (!process.terminal) return;
  builder.add(`${pointer}/terminal`, {
    step: 'console',
    rows: process.consoleSize?.height ?? 0,
    columns: process.consoleSize?.width ?? 0,
    uid: process.user?.uid ?? 0,
    bind: bind ? 1 : 0,
  });
}
