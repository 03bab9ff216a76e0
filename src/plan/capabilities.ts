import { capabilityNames } from '../config/capability-names.js';
import type { Capabilities } from '../config/spec.js';
import type { HostFacts } from '../host-facts.js';
import type { PlanBuilder } from './builder.js';

export const CAP_SYS_ADMIN = 1n << 21n;
export const CAP_MKNOD = 1n << 27n;

const numbers = new Map(capabilityNames.map((name, number) => [name, number]));

export const capabilitySets = ['bounding', 'effective', 'inheritable', 'permitted', 'ambient'] as const;

/** The five sets as bit masks. */
export type CapabilityMasks = Record<(typeof capabilitySets)[number], bigint>;

/**
 * Reads process.capabilities. None at all means none: so does runc. A name that neither we nor this kernel knows is left out with
 * a warning (runtime-spec 1.1: unknown capabilities must be ignored with a warning).
 */
export function readCapabilities(
  capabilities: Capabilities | undefined,
  pointer: string,
  facts: HostFacts,
  builder: PlanBuilder,
): CapabilityMasks {
  const masks: CapabilityMasks = { bounding: 0n, effective: 0n, inheritable: 0n, permitted: 0n, ambient: 0n };
  const unknown = new Set<string>();
  for (const set of capabilitySets) {
    let mask = 0n;
    for (const name of capabilities?.[set] ?? []) {
      const number = numbers.get(name);
      if (number === undefined || number > facts.lastCapability) unknown.add(name);
      else mask |= 1n << BigInt(number);
    }
    masks[set] = mask;
  }
  // The kernel refuses the others (capabilities(7)); the checks of the config warn of them.
  masks.ambient &= masks.inheritable & masks.permitted;
  if (unknown.size > 0) {
    builder.warn(pointer, `capabilities this host doesn't know are left out: ${[...unknown].join(', ')}`);
  }
  return masks;
}

/** The names of a mask, for explain. */
export function capabilityList(mask: bigint): string[] {
  const names: string[] = [];
  for (let number = 0; mask >> BigInt(number) > 0n; number++) {
    if ((mask >> BigInt(number)) & 1n) names.push(capabilityNames[number] ?? `CAP_${number}`);
  }
  return names;
}
