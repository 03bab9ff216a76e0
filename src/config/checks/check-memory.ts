/** Checks resources.memory (config-linux.md, Memory). */
import type { Findings } from '../findings.js';
import type { Resources } from '../spec.js';

/**
 * resources.memory.
 * @param pointer the JSON pointer of it
 * @param update limits that are not given stay as they are
 */
export function checkMemory(
  memory: NonNullable<Resources['memory']>,
  pointer: string,
  findings: Findings,
  update: boolean,
): void {
  for (const name of ['limit', 'reservation', 'swap', 'kernel', 'kernelTCP'] as const) {
    const value = memory[name];
    if (value !== undefined && value < -1) {
      findings.problem(`${pointer}/${name}`, `is ${value}; must be a number of bytes, or -1 for no limit`);
    }
  }
  const { limit = 0, swap = 0 } = memory;
  if (swap <= 0 || findings.isDamaged(`${pointer}/limit`)) return;
  if (limit > 0 && swap < limit) {
    findings.problem(
      `${pointer}/swap`,
      `is ${swap}, of memory and swap together; must be at least limit, which is ${limit}`,
    );
  } else if (limit <= 0 && !update) {
    findings.problem(
      `${pointer}/swap`,
      `is ${swap}, of memory and swap together; must have a limit of memory beside it`,
    );
  }
}
