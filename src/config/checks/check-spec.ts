/** Checks a whole config.json, with one function for each part of it. */
import { utf8Length } from '../../base/bytes.js';
import { cleanPath } from '../../base/path.js';
import { quote } from '../../base/quote.js';
import { checkCrunAnnotations } from '../crun-annotations.js';
import { eachItem, type Findings } from '../findings.js';
import { NamespaceSet } from '../namespace-set.js';
import type { Linux, Spec } from '../spec.js';
import { checkDevices } from './check-devices.js';
import { checkHooks } from './check-hooks.js';
import { checkIdMappings } from './check-id-mappings.js';
import { checkIntelRdt } from './check-intel-rdt.js';
import { checkMemoryPolicy } from './check-memory-policy.js';
import { checkMounts } from './check-mounts.js';
import { checkNamespaces } from './check-namespaces.js';
import { checkNetDevices } from './check-net-devices.js';
import { checkProcess } from './check-process.js';
import { checkResources } from './check-resources.js';
import { checkSeccomp } from './check-seccomp.js';
import { checkSysctl } from './check-sysctl.js';
import { checkTimeOffsets } from './check-time-offsets.js';
import { checkVersion } from './check-version.js';

/**
 * Applies every rule for a config.json that needs to know nothing of the host. Relative destinations of mounts are made absolute in
 * spec.
 */
export function checkSpec(spec: Spec, findings: Findings): void {
  const linux = spec.linux ?? {};
  const namespaces = new NamespaceSet(spec.linux, findings);
  checkVersion(spec.ociVersion, findings);
  checkRoot(spec, findings);
  if (spec.process !== undefined) checkProcess(spec.process, '/process', findings);
  checkName(spec.hostname, '/hostname', namespaces, findings);
  checkName(spec.domainname, '/domainname', namespaces, findings);
  checkMounts(spec.mounts, namespaces, linux, findings);
  checkHooks(spec.hooks, findings);
  if (spec.annotations !== undefined && Object.hasOwn(spec.annotations, '')) {
    findings.problem('/annotations/', 'has an empty key; must have a name');
  }
  checkCrunAnnotations(spec.annotations, findings);
  checkLinux(linux, namespaces, findings);
}

function checkLinux(linux: Linux, namespaces: NamespaceSet, findings: Findings): void {
  checkNamespaces(linux, namespaces, findings);
  checkIdMappings(linux.uidMappings, '/linux/uidMappings', findings);
  checkIdMappings(linux.gidMappings, '/linux/gidMappings', findings);
  checkTimeOffsets(linux.timeOffsets, namespaces, findings);
  checkDevices(linux.devices, findings);
  checkNetDevices(linux.netDevices, namespaces, findings);
  checkCgroupsPath(linux.cgroupsPath, findings);
  if (linux.resources !== undefined) checkResources(linux.resources, '/linux/resources', findings, false);
  if (linux.seccomp !== undefined) checkSeccomp(linux.seccomp, '/linux/seccomp', findings);
  checkSysctl(linux.sysctl, namespaces, findings);
  checkPaths(linux.maskedPaths, '/linux/maskedPaths', namespaces, findings);
  checkPaths(linux.readonlyPaths, '/linux/readonlyPaths', namespaces, findings);
  checkIntelRdt(linux.intelRdt, findings);
  checkMemoryPolicy(linux.memoryPolicy, findings);
  if (linux.personality?.flags !== undefined && linux.personality.flags.length > 0) {
    findings.problem('/linux/personality/flags', 'is not empty; no flag is defined');
  }
}

function checkRoot(spec: Spec, findings: Findings): void {
  if (spec.root === undefined) {
    if (!findings.isDamaged('/root')) findings.problem('/root', 'is missing; must be given on Linux');
  } else if (spec.root.path === '') {
    findings.problem('/root/path', 'is empty; must be the path of the root file system');
  }
}

/** hostname and domainname: sethostname(2) and setdomainname(2) take at most 64 bytes. */
function checkName(name: string | undefined, pointer: string, namespaces: NamespaceSet, findings: Findings): void {
  if (name === undefined || name === '') return;
  if (utf8Length(name) > 64) findings.problem(pointer, `has ${utf8Length(name)} bytes; must have at most 64`);
  else if (namespaces.lacks('uts')) {
    findings.problem(pointer, 'would change the name of the host; must have a uts namespace in /linux/namespaces');
  }
}

/** A cgroup path must not lead out of the cgroup that it is relative to. */
function checkCgroupsPath(path: string | undefined, findings: Findings): void {
  if (path?.split('/').includes('..')) {
    findings.problem('/linux/cgroupsPath', `is ${quote(path)}; must be without ".."`);
  }
}

/** False for most paths, which then need no cleaning to see that they are not the root. */
const endsAsRoot = (path: string): boolean => path.endsWith('/') || path.endsWith('.');

function checkPaths(
  paths: readonly string[] | undefined,
  pointer: string,
  namespaces: NamespaceSet,
  findings: Findings,
): void {
  if (paths === undefined || paths.length === 0) return;
  if (namespaces.lacks('mount')) {
    findings.problem(pointer, 'would hide paths of the host; must have a mount namespace in /linux/namespaces');
  }
  eachItem(paths, pointer, (path, at) => {
    if (!path.startsWith('/')) findings.problem(at, `is ${quote(path)}; must be an absolute path`);
    else if (pointer === '/linux/maskedPaths' && endsAsRoot(path) && cleanPath(path) === '/')
      findings.problem(at, `is ${quote(path)}, the root file system itself; must be a path below it`);
  });
}
