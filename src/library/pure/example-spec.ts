/** exampleSpec: a configuration to start from. */
import { exampleSpec as templateSpec } from '../../cli/spec-template.js';
import type { Spec } from '../../config/spec.js';

/** For whom an example is. */
export interface ExampleOptions {
  /** For a container that is made without root: in a user namespace, without limits. */
  readonly rootless?: boolean;
  /** With `rootless`, the user who makes it, who is root in the container; 1000 if left out. */
  readonly uid?: number;
  /** With `rootless`, the user's group; the uid if left out. */
  readonly gid?: number;
  /** Whether it has a cgroup namespace, as hosts with cgroup v2 alone have it; true if left out. */
  readonly cgroupNamespace?: boolean;
}

/**
 * The configuration that `tsrunc spec` writes: a shell on a terminal, in namespaces of its own, with a read-only root file system in
 * `rootfs`. Every call makes a new one, to change at will.
 */
export function exampleSpec(options: ExampleOptions = {}): Spec {
  const { rootless = false, uid = 1000, gid = uid, cgroupNamespace = true } = options;
  // The template's parts are shared among its results.
  return JSON.parse(JSON.stringify(templateSpec(cgroupNamespace, rootless ? { uid, gid } : undefined)));
}
