/** What `tsrunc features` prints. */
import { commit, version } from '../base/generated/build-info.js';
import { PROPERTY_ANNOTATION } from '../cgroup/systemd/annotations.js';
import { CRUN_ANNOTATION } from '../config/crun-annotations.js';
import type { Native } from '../native/native.js';
import { plannerFeatures, supportedCapabilities, supportedSeccompFlags } from '../plan/features.js';
import { SPEC_VERSION } from './version.js';

/** What a tsrunc supports: features.md and features-linux.md of the runtime-spec. */
export interface FeaturesDocument {
  readonly ociVersionMin: string;
  readonly ociVersionMax: string;
  readonly hooks: readonly string[];
  readonly mountOptions: readonly string[];
  readonly linux: {
    readonly namespaces: readonly string[];
    readonly capabilities: readonly string[];
    readonly cgroup: Readonly<Record<'v1' | 'v2' | 'systemd' | 'systemdUser' | 'rdma', boolean>>;
    readonly seccomp: {
      readonly enabled: boolean;
      readonly actions: readonly string[];
      readonly operators: readonly string[];
      readonly archs: readonly string[];
      readonly knownFlags: readonly string[];
      /** Of the known ones, those that this kernel has. */
      readonly supportedFlags: readonly string[];
    };
    readonly apparmor: { readonly enabled: boolean };
    readonly selinux: { readonly enabled: boolean };
    readonly intelRdt: Readonly<Record<'enabled' | 'schemata' | 'monitoring', boolean>>;
    readonly memoryPolicy: { readonly modes: readonly string[]; readonly flags: readonly string[] };
    readonly mountExtensions: { readonly idmap: { readonly enabled: boolean } };
    readonly netDevices: { readonly enabled: boolean };
  };
  readonly annotations: Readonly<Record<string, string>>;
  readonly potentiallyUnsafeConfigAnnotations: readonly string[];
}

/**
 * The document of `features`, as an object (runtime-spec, features.md and features-linux.md), with its keys in runc's order. It says
 * what this tsrunc can do on any host; only the supported seccomp flags and the capabilities are those of the running kernel.
 * containerd, dockerd and CRI-O look at mountOptions (for `rro`) and at mountExtensions.idmap.
 */
export function featuresDocument(native: Native): FeaturesDocument {
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
    // These annotations of a configuration reach beyond the container: the first one names a file of the host that criu reads,
    // the prefixes are for properties of the systemd unit, and for crun's settings of groups, cgroups and the files of hooks.
    potentiallyUnsafeConfigAnnotations: ['org.criu.config', PROPERTY_ANNOTATION, CRUN_ANNOTATION],
  };
}
