/** Rules about single fields: those newer than the configuration's version, given up, of other platforms, or of cgroup v1. */
import { quote } from '../../base/quote.js';
import { eachAt } from './each-at.js';
import type { Note, Parts } from './rule.js';

/** Fields by the version of the runtime specification that brought them (its ChangeLog). */
const brought: Readonly<Record<string, readonly string[]>> = {
  '1.0.2': [
    '/hooks/createRuntime',
    '/hooks/createContainer',
    '/hooks/startContainer',
    '/process/user/umask',
    '/linux/intelRdt/closID',
    '/linux/intelRdt/memBwSchema',
    '/linux/personality',
    '/linux/resources/memory/useHierarchy',
    '/linux/seccomp/flags',
  ],
  '1.1.0': [
    '/domainname',
    '/process/scheduler',
    '/process/ioPriority',
    '/mounts/*/uidMappings',
    '/mounts/*/gidMappings',
    '/linux/timeOffsets',
    '/linux/resources/unified',
    '/linux/resources/cpu/burst',
    '/linux/resources/cpu/idle',
    '/linux/resources/memory/checkBeforeUpdate',
    '/linux/seccomp/defaultErrnoRet',
    '/linux/seccomp/listenerPath',
    '/linux/seccomp/listenerMetadata',
    '/linux/seccomp/syscalls/*/errnoRet',
  ],
  '1.2.1': ['/process/execCPUAffinity'],
  '1.3.0': ['/linux/netDevices', '/linux/memoryPolicy', '/linux/intelRdt/schemata', '/linux/intelRdt/enableMonitoring'],
};

/** Fields below `resources` that only cgroup v1 has, with the values that ask for something. */
const onlyV1: readonly (readonly [pattern: string, asks: (value: unknown) => boolean])[] = [
  ['/memory/disableOOMKiller', (value) => value === true],
  ['/memory/swappiness', () => true],
  ['/memory/useHierarchy', (value) => value === false],
  ['/cpu/realtimeRuntime', isSet],
  ['/cpu/realtimePeriod', isSet],
  ['/blockIO/leafWeight', isSet],
  ['/blockIO/weightDevice/*/leafWeight', isSet],
  ['/network/classID', isSet],
  ['/network/priorities', (value) => Array.isArray(value) && value.length > 0],
];

function isSet(value: unknown): boolean {
  return Number(value) !== 0;
}

const nothingHas = 'no kernel has it any more';
const givenUp: readonly (readonly [pattern: string, why: string])[] = [
  ['/linux/resources/memory/kernel', nothingHas],
  ['/linux/resources/memory/kernelTCP', 'cgroup v2 has no such limit'],
  ['/linux/intelRdt/enableCMT', 'version 1.3 of the specification has enableMonitoring in its place'],
  ['/linux/intelRdt/enableMBM', 'version 1.3 of the specification has enableMonitoring in its place'],
];

const foreign: readonly (readonly [pattern: string, platform: string])[] = [
  ['/solaris', 'Solaris'],
  ['/windows', 'Windows'],
  ['/vm', 'virtual machines'],
  ['/zos', 'z/OS'],
  ['/freebsd', 'FreeBSD'],
  ['/process/commandLine', 'Windows'],
  ['/process/user/username', 'Windows'],
];

/** Applies the rules about single fields to a file. */
export function checkFields(parts: Parts, note: Note): void {
  const { spec, process, resources } = parts;
  const config = spec ?? { process: process?.[0], linux: { resources: resources?.[0] } };
  const away = spec !== undefined ? '' : process !== undefined ? '/process' : '/linux/resources';
  const each = (pattern: string, visit: (value: unknown, pointer: string) => void): void =>
    eachAt(config, pattern, (value, pointer) => {
      if (value !== undefined) visit(value, pointer.slice(away.length));
    });
  if (spec !== undefined) checkNewer(spec.ociVersion, each, note);
  for (const [pattern, why] of givenUp) {
    each(pattern, (value, pointer) => {
      if (value !== false && isSet(value)) note('deprecated', pointer, `is given up: ${why}; should be left out`);
    });
  }
  for (const [pattern, platform] of foreign) {
    each(pattern, (_, pointer) => note('other-platform', pointer, `is for ${platform}, and has no effect on Linux`));
  }
  for (const [pattern, asks] of onlyV1) {
    each(`/linux/resources${pattern}`, (value, pointer) => {
      if (asks(value)) {
        note(
          'cgroup-v1',
          pointer,
          'is a setting of cgroup v1; a host with cgroup v2 refuses it, so it should be left out',
        );
      }
    });
  }
}

/** Versions with a pre-release are of engines that were ahead of it: they say nothing. */
function checkNewer(
  version: string | undefined,
  each: (pattern: string, visit: (value: unknown, pointer: string) => void) => void,
  note: Note,
): void {
  const given = /^1\.(\d+)\.(\d+)$/.exec(version ?? '');
  if (given === null) return;
  const number = (minor: string, patch: string): number => Number(minor) * 1000 + Number(patch);
  const told = (pointer: string, since: string): void =>
    note(
      'newer-field',
      pointer,
      `came with version ${since} of the specification; ociVersion is ${quote(version ?? '')}`,
    );
  for (const [since, patterns] of Object.entries(brought)) {
    const [, minor = '', patch = ''] = since.split('.');
    if (number(minor, patch) <= number(given[1]!, given[2]!)) continue;
    for (const pattern of patterns) each(pattern, (_, pointer) => told(pointer, since));
    if (since === '1.1.0') {
      each('/linux/namespaces/*/type', (type, pointer) => {
        if (type === 'time') told(pointer, since);
      });
    }
  }
}
