/** The command `doctor`. */

import { examineMachine } from '../../doctor/doctor.js';
import { doctorJson, doctorText, lacksNeeded } from '../../doctor/document.js';
import type { CommandContext } from '../context.js';

/** `doctor`: prints what this machine can do. 0 if containers can be made, 1 if what they need is missing. */
export function doctor({ rt, args, print }: CommandContext): number {
  const groups = examineMachine(rt);
  print(args.text('format') === 'json' ? `${JSON.stringify(doctorJson(groups), null, 2)}\n` : doctorText(groups));
  return lacksNeeded(groups) ? 1 : 0;
}
