/** The type that describes which cgroup hierarchies a host has (host.ts finds out). */
import type { SystemdFacts } from '../../systemd/manager.js';

/** A v1 controller, or a named hierarchy without one. */
export interface CgroupController {
  /** For example cpu, memory, name=systemd. */
  name: string;
  /** Mount point of its v1 hierarchy, e.g. /sys/fs/cgroup/memory. */
  mountPoint: string;
  /** Which directory of the hierarchy is mounted there (field 4 of mountinfo), usually '/'. */
  root: string;
  /** Path of our own cgroup in that hierarchy (/proc/self/cgroup). */
  self: string;
  /** For a rootless runtime: whether it may make cgroups where the container's would go. Undefined for root. */
  writable?: boolean;
}

/** The hierarchies of a host. */
export interface CgroupHost {
  /**
   * unified: only cgroup2 at /sys/fs/cgroup; hybrid: v1 controllers and a cgroup2 mount; legacy: v1 only; none: nothing
   * mounted.
   */
  mode: 'unified' | 'hybrid' | 'legacy' | 'none';
  /** The v1 hierarchies, one entry per controller (cpu,cpuacct gives two with the same mountPoint). */
  controllers: CgroupController[];
  /** The cgroup2 mount, where there is one; its fields are as in CgroupController. */
  unified?: {
    mountPoint: string;
    root: string;
    self: string;
    /**
     * The controllers v2 has here: cgroup.controllers of the root or, for a rootless runtime, of the cgroup delegated
     * to it.
     */
    controllers: string[];
    /** As CgroupController.writable. */
    writable?: boolean;
  };
  /** Set where systemd makes the cgroups. */
  systemd?: SystemdFacts;
}
