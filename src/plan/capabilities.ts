import type { Capabilities } from '../config/spec.js';
import type { HostFacts } from '../host-facts.js';
import type { PlanBuilder } from './builder.js';

/** Capabilities by number (include/uapi/linux/capability.h, Linux 6.18). */
export const capabilityNames: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
  'CAP_PERFMON',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
];

export const CAP_SYS_ADMIN = 1n << 21n;

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
