/** `resources` of config.json (or of an update) as writes into the folders a container has. */
import type { Resources } from '../config/spec.js';
import type { CgroupOperation } from './cgroup-plan.js';
import { setCpuset } from './cpuset.js';
import { hugetlbV1, hugetlbV2, setHugetlb } from './hugetlb.js';
import { refuseSet, unsupported } from './operations.js';
import { setPids } from './pids.js';
import { setRdma } from './rdma.js';
import * as blkio from './v1/blkio.js';
import * as cpuV1 from './v1/cpu.js';
import * as memoryV1 from './v1/memory.js';
import * as network from './v1/network.js';
import * as cpuV2 from './v2/cpu.js';
import * as io from './v2/io.js';
import * as memoryV2 from './v2/memory.js';
import { setUnified } from './v2/unified.js';

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

/**
 * All limits but device rules, `unified` last.
 * @param from pointer of `resources`: /linux/resources in config.json, '' in a resources file
 * @throws TsruncError 'unsupported' naming the field that asks for a controller or a setting this host hasn't
 */
export function planLimits(resources: Resources, folders: ContainerFolders, from: string): CgroupOperation[] {
  const operations: CgroupOperation[] = [];
  /** Hands a section to the setter of the version the controller has here, or refuses the fields that ask for something. */
  const section = (
    controller: string,
    values: object | undefined,
    fields: readonly string[],
    pointer: string,
    set: (place: Place) => CgroupOperation[],
  ): void => {
    if (values === undefined) return;
    const place = placeOf(folders, controller);
    if (place) operations.push(...set(place));
    else refuseSet(values, fields, pointer, `the ${controller} cgroup controller ${folders.absent}`);
  };

  const { cpu, memory, pids, blockIO, hugepageLimits, network: net, rdma, unified } = resources;
  section('cpuset', cpu, ['cpus', 'mems'], `${from}/cpu`, ({ path }) => setCpuset(cpu!, path, `${from}/cpu`));
  const cpuFields = ['shares', 'quota', 'burst', 'period', 'realtimeRuntime', 'realtimePeriod', 'idle'];
  section('cpu', cpu, cpuFields, `${from}/cpu`, ({ version, path }) =>
    (version === 2 ? cpuV2 : cpuV1).setCpu(cpu!, path, `${from}/cpu`),
  );
  const memoryFields = ['limit', 'reservation', 'swap', 'swappiness', 'disableOOMKiller', 'useHierarchy'];
  section('memory', memory, memoryFields, `${from}/memory`, ({ version, path }) =>
    (version === 2 ? memoryV2 : memoryV1).setMemory(memory!, path, `${from}/memory`),
  );
  // A pids limit of 0 is a limit too.
  const pidsAsked = pids?.limit === undefined ? undefined : { limit: true };
  section('pids', pidsAsked, ['limit'], `${from}/pids`, ({ path }) => setPids(pids!, path, `${from}/pids`));
  const ioFields = ['weight', 'leafWeight', 'weightDevice', 'throttleReadBpsDevice', 'throttleWriteBpsDevice'];
  ioFields.push('throttleReadIOPSDevice', 'throttleWriteIOPSDevice');
  if (folders.v1.blkio !== undefined)
    section('blkio', blockIO, ioFields, `${from}/blockIO`, ({ path }) =>
      blkio.setBlkio(blockIO!, path, `${from}/blockIO`),
    );
  else section('io', blockIO, ioFields, `${from}/blockIO`, ({ path }) => io.setIo(blockIO!, path, `${from}/blockIO`));
  const pages = hugepageLimits?.length ? { hugepageLimits } : undefined;
  section('hugetlb', pages, ['hugepageLimits'], from, ({ version, path }) =>
    setHugetlb(hugepageLimits!, path, version === 2 ? hugetlbV2 : hugetlbV1, `${from}/hugepageLimits`),
  );
  section('net_cls', net, ['classID'], `${from}/network`, ({ path }) =>
    network.setNetCls(net!, path, `${from}/network`),
  );
  section('net_prio', net, ['priorities'], `${from}/network`, ({ path }) =>
    network.setNetPrio(net!, path, `${from}/network`),
  );
  const devices = rdma && Object.keys(rdma).length ? { rdma } : undefined;
  section('rdma', devices, ['rdma'], from, ({ path }) => setRdma(rdma!, path, `${from}/rdma`));
  if (unified && Object.keys(unified).length > 0) {
    if (!folders.v2) throw unsupported(`${from}/unified`, 'unified needs cgroup v2, which this host has not');
    operations.push(...setUnified(unified, folders.v2.path, folders.v2.controllers, `${from}/unified`));
  }
  return operations;
}
