import { commit, version } from '../base/generated/build-info.js';
import { PROPERTY_ANNOTATION } from '../cgroup/systemd/annotations.js';
import { CRUN_ANNOTATION } from '../config/crun-annotations.js';
import type { Native } from '../native/native.js';
import { plannerFeatures, supportedCapabilities, supportedSeccompFlags } from '../plan/features.js';
import { SPEC_VERSION } from './version.js';

/**
 * What `features` prints: runtime-spec, features.md and features-linux.md, keys in runc's order. It says what this
 * tsrunc can do, whatever this host has; only the flags of seccomp and the capabilities are asked of the kernel.
 * containerd, dockerd and CRI-O decide by mountOptions (`rro`) and mountExtensions.idmap.
 */
export function featuresDocument(native: Native): Record<string, unknown> {
  const planner = plannerFeatures();
  const [flags = 0] = native.seccompKernel();
  const lastCapability = Number(native.readFileIfExists('/proc/sys/kernel/cap_last_cap', 64) ?? '63');
  return {
    ociVersionMin: '1.0.0',
    ociVersionMax: SPEC_VERSION,
    hooks: planner.hooks,
    mountOptions: planner.mountOptions,
    linux: {
      namespaces: planner.namespaces,
      capabilities: supportedCapabilities(lastCapability),
      cgroup: { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true },
      seccomp: {
        enabled: true,
        actions: planner.seccompActions,
        operators: planner.seccompOperators,
        archs: planner.seccompArchitectures,
        knownFlags: planner.seccompFlags,
        supportedFlags: supportedSeccompFlags(flags),
      },
      apparmor: { enabled: true },
      selinux: { enabled: true },
      intelRdt: { enabled: true, schemata: true, monitoring: true },
      memoryPolicy: { modes: planner.memoryPolicyModes, flags: planner.memoryPolicyFlags },
      mountExtensions: { idmap: { enabled: true } },
      netDevices: { enabled: true },
    },
    annotations: {
      'io.github.seccomp.libseccomp.version': native.seccompVersion().join('.'),
      'org.tsrunc.checkpoint.enabled': 'true',
      ...(commit ? { 'org.tsrunc.commit': commit } : {}),
      'org.tsrunc.version': version,
    },
    // What annotations of a configuration change: a file of the host that criu reads, and by their prefixes properties
    // of the unit, and groups, cgroups and files of hooks.
    potentiallyUnsafeConfigAnnotations: ['org.criu.config', PROPERTY_ANNOTATION, CRUN_ANNOTATION],
  };
}
