/** Plans the annotation run.oci.delegate-cgroup, which asks for a cgroup below the container's that init is moved to. */
import { crunAnnotations, crunPointer } from '../../config/crun-annotations.js';
import type { Spec } from '../../config/spec.js';
import { containerRoot } from '../owner.js';
import type { CgroupHost } from './cgroup-host.js';
import type { CgroupOperation, DelegatePlan } from './cgroup-plan.js';
import { unsupported } from './operations.js';

/**
 * The delegate plan for the annotation; empty without it.
 * @param v2 the container's own v2 directory, and the controllers that v2 has on this host
 * @throws TsruncError 'unsupported' unless the host has only cgroup v2: cgroup v1 can't be delegated safely
 */
export function planDelegate(
  spec: Spec,
  v2: { path: string; controllers: readonly string[] } | undefined,
  host: CgroupHost,
  rootless: boolean,
): { delegate?: DelegatePlan } {
  const { delegate: below } = crunAnnotations(spec.annotations);
  if (below === '') return {};
  const pointer = crunPointer('delegate-cgroup');
  if (v2 === undefined || host.mode !== 'unified')
    throw unsupported(
      pointer,
      v2 === undefined ? 'the container has no cgroup of v2 to delegate one of' : 'cgroup v1 is not delegated',
      'remove the annotation, or use a host with cgroup v2 alone',
    );
  const directory = `${v2.path}/${below}`;
  const operations: CgroupOperation[] = [];
  let path = v2.path;
  for (const part of below.split('/')) {
    operations.push({ op: 'enable', path, controllers: [...v2.controllers], needed: {}, pointer });
    path += `/${part}`;
  }
  const uid = rootless ? undefined : containerRoot(spec);
  if (uid !== undefined) operations.push({ op: 'own', path: directory, uid, pointer });
  return {
    delegate: {
      make: [{ op: 'make', path: directory, pointer }],
      enter: `${directory}/cgroup.procs`,
      operations,
      pointer,
    },
  };
}
