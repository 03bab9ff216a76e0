/** linux.personality: the execution domain of the process. */
import type { Spec } from '../../config/spec.js';
import type { PlanBuilder } from '../steps/builder.js';
import type { NameTable } from '../steps/name-table.js';

/** The domains of personality(2) that the specification names (config-linux.md, "Personality"). */
export const personalities: NameTable = { LINUX: 0x0000, LINUX32: 0x0008 };

/** Adds the step for linux.personality. Flags are noted as a problem, since the specification defines none. */
export function planPersonality(spec: Spec, builder: PlanBuilder): void {
  const personality = spec.linux?.personality;
  if (personality === undefined) return;
  const pointer = '/linux/personality';
  const value = builder.lookUp(personalities, personality.domain, 'personality', `${pointer}/domain`);
  if (value === undefined) return;
  if ((personality.flags?.length ?? 0) > 0) {
    builder.problem(
      'unsupported',
      `${pointer}/flags`,
      'personality flags are not supported',
      'the runtime-spec defines none',
    );
  } else builder.add(pointer, { step: 'personality', value });
}
