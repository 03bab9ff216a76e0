/** `resources` of config.json (or of an update) as writes into the folders a container has. */
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

/** The folders of one container, by controller. */
export interface ContainerFolders {
  /** v1: controller to folder. */
  v1: Readonly<Record<string, string>>;
  /** v2, and the controllers it has on this host. */
  v2?: { path: string; controllers: readonly string[] };
  /** Why there are no more: completes "… cgroup controller <reason>". */
  absent: string;
}

interface Place {
  version: 1 | 2;
  path: string;
}

/** Where a controller is: v1 first, as a controller can be in one hierarchy only. */
function placeOf(folders: ContainerFolders, controller: string): Place | undefined {
  const v1 = folders.v1[controller];
  if (v1 !== undefined) return { version: 1, path: v1 };
  if (folders.v2?.controllers.includes(controller)) return { version: 2, path: folders.v2.path };
  return undefined;
}

/** A field of `resources`, and what it becomes where its controller is. */
interface Section {
  readonly controller: string;
  readonly field: keyof Resources;
  /** What of it needs the controller, if it isn't 0; left out: it does as a whole, if anything is in it. */
  readonly fields?: readonly string[];
  /** What of it needs the controller in any case: 0 is a value like others. */
  readonly given?: readonly string[];
  /** @param from pointer of the field */
  set(resources: Resources, place: Place, from: string): CgroupOperation[];
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
    set: ({ cpu }, place, from) => setCpuset(cpu!, place, from),
  },
  {
    controller: 'cpu',
    field: 'cpu',
    fields: ['shares', 'quota', 'burst', 'period', 'realtimeRuntime', 'realtimePeriod', 'idle'],
    set: ({ cpu }, { version, path }, from) => (version === 2 ? cpuV2 : cpuV1).setCpu(cpu!, path, from),
  },
  {
    controller: 'memory',
    field: 'memory',
    fields: ['limit', 'reservation', 'swap', 'kernel', 'kernelTCP', 'disableOOMKiller', 'useHierarchy'],
    given: ['swappiness'],
    set: ({ memory }, { version, path }, from) => (version === 2 ? memoryV2 : memoryV1).setMemory(memory!, path, from),
  },
  {
    controller: 'pids',
    field: 'pids',
    fields: [],
    given: ['limit'],
    set: ({ pids }, { path }, from) => setPids(pids!, path, from),
  },
  {
    controller: 'blkio',
    field: 'blockIO',
    fields: ioFields,
    set: ({ blockIO }, { path }, from) => blkio.setBlkio(blockIO!, path, from),
  },
  {
    controller: 'io',
    field: 'blockIO',
    fields: ioFields,
    set: ({ blockIO }, { path }, from) => io.setIo(blockIO!, path, from),
  },
  {
    controller: 'hugetlb',
    field: 'hugepageLimits',
    set: ({ hugepageLimits }, { version, path }, from) =>
      setHugetlb(hugepageLimits!, path, version === 2 ? hugetlbV2 : hugetlbV1, from),
  },
  {
    controller: 'net_cls',
    field: 'network',
    fields: ['classID'],
    set: ({ network: net }, { path }, from) => network.setNetCls(net!, path, from),
  },
  {
    controller: 'net_prio',
    field: 'network',
    fields: ['priorities'],
    set: ({ network: net }, { path }, from) => network.setNetPrio(net!, path, from),
  },
  { controller: 'rdma', field: 'rdma', set: ({ rdma }, { path }, from) => setRdma(rdma!, path, from) },
];

/**
 * All limits but device rules, `unified` last.
 * @param from pointer of `resources`: /linux/resources in config.json, '' in a resources file
 * @throws TsruncError 'unsupported' naming the field that asks for a controller or a setting this host hasn't
 */
export function planLimits(resources: Resources, folders: ContainerFolders, from: string): CgroupOperation[] {
  const operations: CgroupOperation[] = [];
  for (const section of sections) {
    if (resources[section.field] === undefined) continue;
    // One of the two is there.
    if (section.controller === (folders.v1.blkio === undefined ? 'blkio' : 'io')) continue;
    operations.push(...planSection(section, resources, folders, from));
  }
  const { unified } = resources;
  if (unified && Object.keys(unified).length > 0) {
    if (!folders.v2) throw unsupported(`${from}/unified`, `a cgroup of v2 ${folders.absent}`);
    operations.push(...setUnified(unified, folders.v2.path, folders.v2.controllers, `${from}/unified`));
  }
  return operations;
}

/** The operations of a section where its controller is; elsewhere none, unless a field asks for something. */
function planSection(
  { controller, field, fields, given = [], set }: Section,
  resources: Resources,
  folders: ContainerFolders,
  from: string,
): CgroupOperation[] {
  const pointer = `${from}/${field}`;
  const place = placeOf(folders, controller);
  if (place) return set(resources, place, pointer);
  const why = `the ${controller} cgroup controller ${folders.absent}`;
  for (const name of given) if (Object.hasOwn(resources[field]!, name)) throw unsupported(`${pointer}/${name}`, why);
  if (fields) refuseSet(resources[field]!, fields, pointer, why);
  else if (Object.keys(resources[field]!).length > 0) throw unsupported(pointer, why);
  return [];
}
