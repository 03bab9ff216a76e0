import type { Process } from '../../config/spec.js';
import type { PlanBuilder } from '../steps/builder.js';

/** Step for process.terminal; bind: /dev/console is made of it (a new container, not exec). */
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
