import { TsruncError } from '../../base/error.js';
import { sysctlNamespace } from '../../config/checks/check-sysctl.js';
import { namespaceTypes } from '../../config/namespace-types.js';
import type { NamespaceType } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import type { PlannedStep, PlanPart, SlotSource } from '../../plan/plan.js';

type NamespaceSource = Extract<SlotSource, { kind: 'namespace' }>;

/** What of a plan a namespace keeps from the host, as the step that does it. */
const changes: Readonly<Partial<Record<NamespaceType, (step: PlannedStep) => string | undefined>>> = {
  uts: (step) => {
    if (step.step === 'hostname') return 'the hostname';
    return step.step === 'domainname' ? 'the domainname' : undefined;
  },
  // Planned for a namespace that hides the caller's cgroups and their options (src/plan/mounts/mounts/cgroup-mount.ts).
  cgroup: (step) =>
    step.step === 'mount-fs' && (step.type === 'cgroup' || step.type === 'cgroup2')
      ? `the cgroups at ${step.target}`
      : undefined,
};

/** True when the namespace is the one the runtime is in. */
export function isOwnNamespace(native: Native, descriptor: number, type: NamespaceType): boolean {
  const own = native.stat(`/proc/self/ns/${namespaceTypes[type].file}`, true);
  const joined = native.fstat(descriptor);
  return own !== null && own.ino === joined.ino && own.dev === joined.dev;
}

/**
 * A namespace that is joined by path may turn out to be the runtime's own. Then what the configuration says of the container's
 * would be done to the host: its name, kernel parameters, cgroups; and of a mount namespace all that is mounted.
 * @param descriptor the namespace, opened
 * @throws TsruncError 'config' naming the field that would change the host
 */
export function refuseOwnNamespace(
  native: Native,
  { steps }: PlanPart,
  descriptor: number,
  { type: flag, from }: NamespaceSource,
): void {
  const [name] = Object.entries(namespaceTypes).find(([, type]) => type.flag === flag) ?? [];
  const type = name as NamespaceType | undefined;
  if (type === undefined || !isOwnNamespace(native, descriptor, type)) return;
  if (type === 'mount') throw wouldChange("the container's mounts", type, from);
  for (const step of steps) {
    const what = step.step === 'sysctl' && sysctlNamespace(step.path) === type ? step.path : changes[type]?.(step);
    if (what !== undefined) throw wouldChange(what, type, step.from);
  }
}

/** The error for something that would be done to the host, as the container is in a namespace of the runtime's. */
export function wouldChange(what: string, type: NamespaceType, pointer: string): TsruncError {
  return new TsruncError('config', `${what} would change the host: the ${type} namespace is its own`, {
    pointer,
    hint: 'join another one, or leave its path out',
  });
}
