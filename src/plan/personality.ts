import type { Spec } from '../config/spec.js';
import type { PlanBuilder } from './builder.js';

/** personality(2) domains; the runtime-spec defines no flags. */
export const personalities: Readonly<Record<string, number>> = { LINUX: 0x0000, LINUX32: 0x0008 };

/** Step for linux.personality. */
export function planPersonality(spec: Spec, builder: PlanBuilder): void {
  const personality = spec.linux?.personality;
  if (personality === undefined) return;
  const from = '/linux/personality';
  const value = Object.hasOwn(personalities, personality.domain) ? personalities[personality.domain] : undefined;
  if (value === undefined) {
    builder.problem(
      'config',
      `${from}/domain`,
      `unknown personality ${JSON.stringify(personality.domain)}`,
      `one of ${Object.keys(personalities).join(', ')}`,
    );
  } else if ((personality.flags?.length ?? 0) > 0) {
    builder.problem(
      'unsupported',
      `${from}/flags`,
      'personality flags are not supported',
      'the runtime-spec defines none',
    );
  } else builder.add(from, { step: 'personality', value });
}
