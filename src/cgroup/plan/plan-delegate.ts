import { crunAnnotations, crunPointer } from '../../config/crun-annotations.js';
import type { Spec } from '../../config/spec.js';
import { containerRoot } from '../owner.js';
import type { CgroupHost } from './cgroup-host.js';
import type { CgroupOperation, DelegatePlan } from './cgroup-plan.js';
import { unsupported } from './operations.js';

/**
 * The annotation run.oci.delegate-cgroup.
 * @param v2 the container's own v2 cgroup
 * @throws TsruncError 'unsupported' where the container has none, or the controllers are v1's: there is no safe delegation of those
 */
export function planDelegate(
  spec: Spec,
  v2: { path: string; controllers: readonly string[] } | undefined,
  host: CgroupHost,
  rootless: boolean,
): { delegate?: DelegatePlan } {
  const { delegate: below } = crunAnnotations(spec.annotations);
  if (below === '') return {};
  const from = crunPointer('delegate-cgroup');
  if (v2 === undefined || host.mode !== 'unified')
    throw unsupported(
      from,
      v2 === undefined ? 'the container has no cgroup of v2 to delegate one of' : 'cgroup v1 is not delegated',
      'remove the annotation, or use a host with cgroup v2 alone',
    );
  const folder = `${v2.path}/${below}`;
  const operations: CgroupOperation[] = [];
  let path = v2.path;
  for (const part of below.split('/')) {
    operations.push({ op: 'enable', path, controllers: [...v2.controllers], needed: {}, from });
    path += `/${part}`;
  }
  const uid = rootless ? undefined : containerRoot(spec);
  if (uid !== undefined) operations.push({ op: 'own', path: folder, uid, from });
  return {
    delegate: { make: [{ op: 'make', path: folder, from }], enter: `${folder}/cgroup.procs`, operations, from },
  };
}
