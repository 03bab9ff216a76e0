import type { IoPriority } from '../../config/spec.js';
import type { PlanBuilder } from '../steps/builder.js';
import type { NameTable } from '../steps/name-table.js';

/** ioprio_set(2) classes. */
export const ioPriorityClasses: NameTable = {
  IOPRIO_CLASS_RT: 1,
  IOPRIO_CLASS_BE: 2,
  IOPRIO_CLASS_IDLE: 3,
};

const CLASS_SHIFT = 13;

/** Step for process.ioPriority. */
export function planIoPriority(priority: IoPriority | undefined, pointer: string, builder: PlanBuilder): void {
  if (priority === undefined) return;
  const from = `${pointer}/ioPriority`;
  const number = builder.lookUp(ioPriorityClasses, priority.class, 'I/O priority class', `${from}/class`);
  if (number === undefined) return;
  builder.add(from, { step: 'io-priority', value: (number << CLASS_SHIFT) | (priority.priority ?? 0) });
}
