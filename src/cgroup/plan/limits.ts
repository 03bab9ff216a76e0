/** Turns `resources` of config.json (or of an update) into writes to the container's cgroups. */
import type { Resources } from '../../config/spec.js';
import { setCpuset } from '../cpuset.js';
import { hugetlbV1, hugetlbV2, setHugetlb } from '../hugetlb.js';
import { setPids } from '../pids.js';
import { setRdma } from '../rdma.js';
import * as blkio from '../v1/blkio.js';
import * as cpuV1 from '../v1/cpu.js';
import * as memoryV1 from '../v1/memory.js';
import * as network from '../v1/network.js';
import * as cpuV2 from '../v2/cpu.js';
import * as io from '../v2/io.js';
import * as memoryV2 from '../v2/memory.js';
import { setUnified } from '../v2/unified.js';
import type { CgroupOperation } from './cgroup-plan.js';
import { refuseSet, unsupported } from './operations.js';

/** The cgroup directories of one container. */
export interface ContainerDirectories {
  /** The v1 directory of each controller. */
  v1: Readonly<Record<string, string>>;
  /** The v2 directory, and the controllers that v2 has on this host. */
  v2?: { path: string; controllers: readonly string[] };
  /** Why a controller is missing: completes "the … cgroup controller" in an error message. */
  absent: string;
}

interface Place {
  version: 1 | 2;
  path: string;
}

/** Where the container has a controller. It can't be in both places: the kernel has each in one hierarchy only. */
function placeOf(directories: ContainerDirectories, controller: string): Place | undefined {
  const v1 = directories.v1[controller];
  if (v1 !== undefined) return { version: 1, path: v1 };
  if (directories.v2?.controllers.includes(controller)) return { version: 2, path: directories.v2.path };
  return undefined;
}

/** A field of `resources`, or a part of one, that is set by one controller. */
interface Section {
  readonly controller: string;
  readonly field: keyof Resources;
  /** Members that need the controller unless they are 0. Left out: any content of the field needs it. */
  readonly fields?: readonly string[];
  /** Members that need the controller whenever they are given: 0 is a value like any other for them. */
  readonly given?: readonly string[];
  /**
   * The operations for the field.
   * @param pointer JSON pointer of the field
   */
  set(resources: Resources, place: Place, pointer: string): CgroupOperation[];
}

const ioFields = [
  ...['weight', 'leafWeight', 'weightDevice', 'throttleReadBpsDevice', 'throttleWriteBpsDevice'],
  ...['throttleReadIOPSDevice', 'throttleWriteIOPSDevice'],
];

const sections: readonly Section[] = [
  {
    controller: 'cpuset',
    field: 'cpu',
    fields: ['cpus', 'mems'],
    set: ({ cpu }, place, pointer) => setCpuset(cpu!, place, pointer),
  },
  {
    controller: 'cpu',
    field: 'cpu',
    fields: ['shares', 'quota', 'burst', 'period', 'realtimeRuntime', 'realtimePeriod', 'idle'],
    set: ({ cpu }, { version, path }, pointer) => (version === 2 ? cpuV2 : cpuV1).setCpu(cpu!, path, pointer),
  },
  {
    controller: 'memory',
    field: 'memory',
    fields: ['limit', 'reservation', 'swap', 'kernel', 'kernelTCP', 'disableOOMKiller', 'useHierarchy'],
    given: ['swappiness'],
    set: ({ memory }, { version, path }, pointer) =>
      (version === 2 ? memoryV2 : memoryV1).setMemory(memory!, path, pointer),
  },
  {
    controller: 'pids',
    field: 'pids',
    fields: [],
    given: ['limit'],
    set: ({ pids }, { path }, pointer) => setPids(pids!, path, pointer),
  },
  {
    controller: 'blkio',
    field: 'blockIO',
    fields: ioFields,
    set: ({ blockIO }, { path }, pointer) => blkio.setBlkio(blockIO!, path, pointer),
  },
  {
    controller: 'io',
    field: 'blockIO',
    fields: ioFields,
    set: ({ blockIO }, { path }, pointer) => io.setIo(blockIO!, path, pointer),
  },
  {
    controller: 'hugetlb',
    field: 'hugepageLimits',
    set: ({ hugepageLimits }, { version, path }, pointer) =>
      setHugetlb(hugepageLimits!, path, version === 2 ? hugetlbV2 : hugetlbV1, pointer),
  },
  {
    controller: 'net_cls',
    field: 'network',
    fields: ['classID'],
    set: ({ network: net }, { path }, pointer) => network.setNetCls(net!, path, pointer),
  },
  {
    controller: 'net_prio',
    field: 'network',
    fields: ['priorities'],
    set: ({ network: net }, { path }, pointer) => network.setNetPrio(net!, path, pointer),
  },
  { controller: 'rdma', field: 'rdma', set: ({ rdma }, { path }, pointer) => setRdma(rdma!, path, pointer) },
];

/**
 * The operations for all limits except device rules. `unified` comes last, so that it wins.
 * @param pointer JSON pointer of `resources`: /linux/resources in config.json, '' in a resources file
 * @throws TsruncError 'unsupported' with the field that asks for a controller or setting that this host lacks, 'config'
 * for an impossible value
 */
export function planLimits(
  resources: Resources,
  directories: ContainerDirectories,
  pointer: string,
): CgroupOperation[] {
  const operations: CgroupOperation[] = [];
  for (const section of sections) {
    if (resources[section.field] === undefined) continue;
    // blockIO is set by blkio of v1 or by io of v2: skip the one that isn't used here.
    if (section.controller === (directories.v1.blkio === undefined ? 'blkio' : 'io')) continue;
    operations.push(...planSection(section, resources, directories, pointer));
  }
  const { unified } = resources;
  if (unified && Object.keys(unified).length > 0) {
    if (!directories.v2) throw unsupported(`${pointer}/unified`, `a cgroup of v2 ${directories.absent}`);
    operations.push(...setUnified(unified, directories.v2.path, directories.v2.controllers, `${pointer}/unified`));
  }
  return operations;
}

/** The operations of a section. Without its controller there are none, or an error if a member needs the controller. */
function planSection(
  { controller, field, fields, given = [], set }: Section,
  resources: Resources,
  directories: ContainerDirectories,
  pointer: string,
): CgroupOperation[] {
  const at = `${pointer}/${field}`;
  const place = placeOf(directories, controller);
  if (place) return set(resources, place, at);
  const why = `the ${controller} cgroup controller ${directories.absent}`;
  for (const name of given) if (Object.hasOwn(resources[field]!, name)) throw unsupported(`${at}/${name}`, why);
  if (fields) refuseSet(resources[field]!, fields, at, why);
  else if (Object.keys(resources[field]!).length > 0) throw unsupported(at, why);
  return [];
}
