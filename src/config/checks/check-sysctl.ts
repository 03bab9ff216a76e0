/** Checks linux.sysctl, and knows which kernel parameters belong to a namespace. */
import { quote } from '../../base/quote.js';
import { eachName, type Findings } from '../findings.js';
import type { NamespaceSet } from '../namespace-set.js';
import type { NamespaceType } from '../spec.js';
import { sysctlPath } from '../sysctl-name.js';

/** The parameters that each namespace has of its own (paths below /proc/sys). All other parameters are the host's. */
const owners: readonly (readonly [pattern: RegExp, namespace: NamespaceType])[] = [
  [/^kernel\/(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced|(msg|sem|shm)_next_id)$/, 'ipc'],
  [/^fs\/mqueue\//, 'ipc'],
  [/^net\//, 'network'],
  [/^kernel\/domainname$/, 'uts'],
  [/^user\//, 'user'],
];

/** The type of namespace that a kernel parameter belongs to; undefined for one of the host. path is below /proc/sys. */
export function sysctlNamespace(path: string): NamespaceType | undefined {
  return owners.find(([pattern]) => pattern.test(path))?.[1];
}

/** linux.sysctl: each parameter must belong to a namespace that the container has of its own, as it would change the host otherwise. */
export function checkSysctl(
  sysctl: Readonly<Record<string, string>> | undefined,
  namespaces: NamespaceSet,
  findings: Findings,
): void {
  const seen = new Map<string, string>();
  eachName(sysctl, '/linux/sysctl', (value, pointer, name) => {
    const path = sysctlPath(name);
    if (path === undefined) {
      findings.problem(pointer, `${quote(name)} is no kernel parameter; must be a name such as "net.core.somaxconn"`);
      return;
    }
    if (value === '') findings.problem(pointer, 'is empty, which would set nothing; must be a value');
    const first = seen.get(path);
    if (first === undefined) seen.set(path, name);
    else findings.problem(pointer, `${quote(name)} is the same as ${quote(first)}; must be given once`);
    if (path === 'kernel/hostname') {
      findings.problem(pointer, 'would set the hostname; must be given as /hostname');
      return;
    }
    const namespace = sysctlNamespace(path);
    if (namespace === undefined) {
      findings.problem(pointer, `${quote(name)} belongs to no namespace, it would change the host; must be left out`);
    } else if (namespaces.lacks(namespace)) {
      findings.problem(pointer, `${quote(name)} would change the host; must have "${namespace}" in /linux/namespaces`);
    }
  });
}
