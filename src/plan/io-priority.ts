import type { IoPriority } from '../config/spec.js';
import type { PlanBuilder } from './builder.js';

/** ioprio_set(2) classes. */
export const ioPriorityClasses: Readonly<Record<string, number>> = {
  IOPRIO_CLASS_RT: 1,
  IOPRIO_CLASS_BE: 2,
  IOPRIO_CLASS_IDLE: 3,
};

const CLASS_SHIFT = 13;

/** Step for process.ioPriority. */
export function planIoPriority(priority: IoPriority | undefined, pointer: string, builder: PlanBuilder): void {
  if (priority === undefined) return;
  const from = `${pointer}/ioPriority`;
  const number = Object.hasOwn(ioPriorityClasses, priority.class) ? ioPriorityClasses[priority.class] : undefined;
  if (number === undefined) {
    builder.problem(
      'config',
      `${from}/class`,
      `unknown I/O priority class ${JSON.stringify(priority.class)}`,
      `one of ${Object.keys(ioPriorityClasses).join(', ')}`,
    );
    return;
  }
  builder.add(from, { step: 'io-priority', value: (number << CLASS_SHIFT) | (priority.priority ?? 0) });
}
