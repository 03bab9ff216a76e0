/** process.capabilities: which of the capabilities asked for the process can be given. */
import { capabilityNames } from '../../config/capability-names.js';
import type { Capabilities } from '../../config/spec.js';
import type { HostFacts } from '../host-facts.js';
import type { PlanBuilder } from '../steps/builder.js';

/** Bits of a capability mask (include/uapi/linux/capability.h). */
export const CAP_SYS_ADMIN = 1n << 21n;
export const CAP_MKNOD = 1n << 27n;

const numbers = new Map(capabilityNames.map((name, number) => [name, number]));

/** The sets in the order their names are looked through for a warning. */
export const capabilitySets = ['bounding', 'effective', 'inheritable', 'permitted', 'ambient'] as const;

/** The five sets as bit masks: bit N is capability number N. */
export type CapabilityMasks = Record<(typeof capabilitySets)[number], bigint>;

/** What decides which capabilities can be granted. */
export interface CapabilityHost {
  facts: HostFacts;
  /** The process will be in a user namespace other than the runtime's, whose first process has every capability. */
  userNamespace: boolean;
  /** Names that were already warned about. */
  told?: ReadonlySet<string>;
}

/**
 * Reads process.capabilities into masks. If the field is missing, the process gets no capabilities, as with runc.
 * Those that can't be granted are left out with a warning (config.md, `capabilities`: it "MUST be logged as a
 * warning", and "runtimes SHOULD NOT fail"). Unknown names are skipped here: the checks of the configuration warn
 * about them.
 * @param pointer JSON pointer of process.capabilities
 */
export function readCapabilities(
  capabilities: Capabilities | undefined,
  pointer: string,
  { facts, userNamespace, told }: CapabilityHost,
  builder: PlanBuilder,
): CapabilityMasks {
  const masks: CapabilityMasks = { bounding: 0n, effective: 0n, inheritable: 0n, permitted: 0n, ambient: 0n };
  let all = 0n;
  for (const set of capabilitySets) {
    let mask = 0n;
    for (const name of capabilities?.[set] ?? []) {
      const number = numbers.get(name);
      if (number !== undefined) mask |= 1n << BigInt(number);
    }
    masks[set] = mask;
    all |= mask;
  }
  const missing = all & ~(all === 0n ? 0n : grantable(facts, userNamespace));
  if (missing !== 0n) {
    for (const set of capabilitySets) masks[set] &= ~missing;
    for (const { name, at } of firstOfEach(capabilities ?? {}, missing)) {
      if (told?.has(name)) continue;
      const why =
        numbers.get(name)! <= facts.lastCapability
          ? 'tsrunc itself has not got it'
          : 'this kernel has no such capability';
      builder.warn(`${pointer}/${at}`, `${name} can't be granted and is left out: ${why}`);
    }
  }
  // The kernel refuses any other ambient capability (capabilities(7)); the checks of the configuration warn about
  // them.
  masks.ambient &= masks.inheritable & masks.permitted;
  return masks;
}

function grantable(facts: HostFacts, userNamespace: boolean): bigint {
  // init is executed as root, so execve(2) gives it everything in the bounding set (capabilities(7)).
  return userNamespace ? (2n << BigInt(facts.lastCapability)) - 1n : facts.boundingCapabilities;
}

/** The capabilities of a mask by name, and where each is named first, as `set/index`. */
function firstOfEach(capabilities: Capabilities, mask: bigint): { name: string; at: string }[] {
  const found = new Map<string, string>();
  for (const set of capabilitySets) {
    capabilities[set]?.forEach((name, i) => {
      const number = numbers.get(name);
      if (number !== undefined && (mask >> BigInt(number)) & 1n && !found.has(name)) found.set(name, `${set}/${i}`);
    });
  }
  return [...found].map(([name, at]) => ({ name, at }));
}

/** The names of the capabilities in a mask, by number; `CAP_<number>` for one that has no name here. */
export function capabilityList(mask: bigint): string[] {
  const names: string[] = [];
  for (let number = 0; mask >> BigInt(number) > 0n; number++) {
    if ((mask >> BigInt(number)) & 1n) names.push(capabilityNames[number] ?? `CAP_${number}`);
  }
  return names;
}
