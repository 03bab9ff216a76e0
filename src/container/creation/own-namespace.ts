/** Keeps containers from changing the namespaces that the runtime itself is in. */
import { TsruncError } from '../../base/error.js';
import { sysctlNamespace } from '../../config/checks/check-sysctl.js';
import { namespaceTypes } from '../../config/namespace-types.js';
import type { NamespaceType } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import type { PlannedStep, PlanPart, SlotSource } from '../../plan/plan.js';

type NamespaceSource = Extract<SlotSource, { kind: 'namespace' }>;

/**
 * For a type of namespace: describes what a step would change in the host, if the container used the host's
 * namespace.
 */
const changes: Readonly<Partial<Record<NamespaceType, (step: PlannedStep) => string | undefined>>> = {
  uts: (step) => {
    if (step.step === 'hostname') return 'the hostname';
    return step.step === 'domainname' ? 'the domainname' : undefined;
  },
  // These mounts are planned for a namespace that hides the caller's cgroups (src/plan/mounts/cgroup-mount.ts).
  cgroup: (step) =>
    step.step === 'mount-fs' && (step.type === 'cgroup' || step.type === 'cgroup2')
      ? `the cgroups at ${step.target}`
      : undefined,
};

/** True if the namespace, given by a descriptor, is the one that the runtime is in. */
export function isOwnNamespace(native: Native, descriptor: number, type: NamespaceType): boolean {
  const own = native.stat(`/proc/self/ns/${namespaceTypes[type].file}`, true);
  const joined = native.fstat(descriptor);
  return own !== null && own.ino === joined.ino && own.dev === joined.dev;
}

/**
 * Refuses a plan that would change the host because a namespace joined by path is the runtime's own: it would set the
 * host's name, kernel parameters or cgroups, or in the mount namespace mount over its files.
 * @param descriptor the opened namespace
 * @throws TsruncError 'config' with the pointer of the field that would change the host
 */
export function refuseOwnNamespace(
  native: Native,
  { steps }: PlanPart,
  descriptor: number,
  { type: flag, pointer }: NamespaceSource,
): void {
  const [name] = Object.entries(namespaceTypes).find(([, type]) => type.flag === flag) ?? [];
  const type = name as NamespaceType | undefined;
  if (type === undefined || !isOwnNamespace(native, descriptor, type)) return;
  if (type === 'mount') throw wouldChange("the container's mounts", type, pointer);
  for (const step of steps) {
    const what = step.step === 'sysctl' && sysctlNamespace(step.path) === type ? step.path : changes[type]?.(step);
    if (what !== undefined) throw wouldChange(what, type, step.pointer);
  }
}

/**
 * The error for a field that would change the host, because the container uses the runtime's own namespace.
 * @param what would change, in words
 */
export function wouldChange(what: string, type: NamespaceType, pointer: string): TsruncError {
  return new TsruncError('config', `${what} would change the host: the ${type} namespace is its own`, {
    pointer,
    hint: 'join another one, or leave its path out',
  });
}
