import type { Spec } from '../../config/spec.js';
import type { ContainerContext } from '../container-context.js';
import type { HostFacts } from '../host-facts.js';
import { readNamespaces } from '../namespaces/namespaces.js';
import { readUserNamespace } from '../namespaces/user-namespace.js';
import type { PlanBuilder } from '../steps/builder.js';

/** What mounts are planned with for a process that is no container's (finishHelper): it has no cgroup, no terminal, no descriptors. */
export function helperContext(
  spec: Spec,
  { id, bundle, rootfs }: { id: string; bundle: string; rootfs: string },
  facts: HostFacts,
  given: { builder: PlanBuilder; cloneSources: boolean },
): ContainerContext {
  return {
    spec,
    options: {
      id,
      bundle,
      rootfs,
      noPivot: false,
      noNewKeyring: true,
      preserveFds: 0,
      listenFds: 0,
      foreground: true,
      cgroupManager: 'disabled',
    },
    facts,
    builder: given.builder,
    namespaces: readNamespaces(spec, facts, given.builder),
    user: readUserNamespace(spec, facts),
    cgroupPaths: {},
    cloneSources: given.cloneSources,
  };
}
