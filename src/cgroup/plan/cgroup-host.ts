/** What cgroups a host has. */
import type { SystemdFacts } from '../../systemd/manager.js';

export interface CgroupController {
  /** e.g. cpu, memory, name=systemd. */
  name: string;
  /** Mount point of its v1 hierarchy, e.g. /sys/fs/cgroup/memory. */
  mountPoint: string;
  /** Root of that mount within the hierarchy (field 4 of mountinfo), '/' usually. */
  root: string;
  /** Our own cgroup in that hierarchy (/proc/self/cgroup). */
  self: string;
  /** False: a rootless runtime may not make cgroups where the container's would go. Undefined: it may, or is root. */
  writable?: boolean;
}

export interface CgroupHost {
  /** unified: only cgroup2 at /sys/fs/cgroup; hybrid: v1 controllers and a cgroup2 mount; legacy: v1 only; none: nothing mounted. */
  mode: 'unified' | 'hybrid' | 'legacy' | 'none';
  /** v1 hierarchies, one entry a controller (cpu,cpuacct give two with the same mountPoint). */
  controllers: CgroupController[];
  /** The cgroup2 mount, where there is one. */
  unified?: {
    mountPoint: string;
    root: string;
    self: string;
    /** cgroup.controllers of the root: what v2 can control here. */
    controllers: string[];
    /** As CgroupController.writable. */
    writable?: boolean;
  };
  /** Asked for where cgroups are made by way of systemd. */
  systemd?: SystemdFacts;
}
