/** process.ioPriority: the I/O scheduling class and priority of the process. */
import type { IoPriority } from '../../config/spec.js';
import type { PlanBuilder } from '../steps/builder.js';
import type { NameTable } from '../steps/name-table.js';

/** The classes of ioprio_set(2). */
export const ioPriorityClasses: NameTable = {
  IOPRIO_CLASS_RT: 1,
  IOPRIO_CLASS_BE: 2,
  IOPRIO_CLASS_IDLE: 3,
};

/**
 * The bits from this one on hold the class, those below the priority: IOPRIO_PRIO_VALUE in
 * include/uapi/linux/ioprio.h.
 */
const CLASS_SHIFT = 13;

/**
 * Adds the step for process.ioPriority. An unknown class is noted as a problem.
 * @param pointer JSON pointer of the process
 */
export function planIoPriority(priority: IoPriority | undefined, pointer: string, builder: PlanBuilder): void {
  if (priority === undefined) return;
  const at = `${pointer}/ioPriority`;
  const number = builder.lookUp(ioPriorityClasses, priority.class, 'I/O priority class', `${at}/class`);
  if (number === undefined) return;
  builder.add(at, { step: 'io-priority', value: (number << CLASS_SHIFT) | (priority.priority ?? 0) });
}

/** Splits a value of ioprio_set(2) into class and priority. */
export function splitIoPriority(value: number): [number, number] {
  return [value >> CLASS_SHIFT, value & ((1 << CLASS_SHIFT) - 1)];
}
