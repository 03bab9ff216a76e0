import type { Spec } from '../../config/spec.js';
import type { PlanBuilder } from '../steps/builder.js';
import type { NameTable } from '../steps/name-table.js';

/** personality(2) domains; the runtime-spec defines no flags. */
export const personalities: NameTable = { LINUX: 0x0000, LINUX32: 0x0008 };

/** Step for linux.personality. */
export function planPersonality(spec: Spec, builder: PlanBuilder): void {
  const personality = spec.linux?.personality;
  if (personality === undefined) return;
  const from = '/linux/personality';
  const value = builder.lookUp(personalities, personality.domain, 'personality', `${from}/domain`);
  if (value === undefined) return;
  if ((personality.flags?.length ?? 0) > 0) {
    builder.problem(
      'unsupported',
      `${from}/flags`,
      'personality flags are not supported',
      'the runtime-spec defines none',
    );
  } else builder.add(from, { step: 'personality', value });
}
