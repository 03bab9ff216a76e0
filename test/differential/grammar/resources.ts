/** Limits of cgroups, of config.json and of update. Values are such that the probe and both runtimes get along with them. */
import type {
  BlockIoLimits,
  CpuLimits,
  DeviceRule,
  MemoryLimits,
  RdmaLimits,
  Resources,
  ThrottleDevice,
} from '../../../src/config/spec.js';
import type { Random } from '../random.js';
import type { World } from '../world.js';

const mega = 1048576;
/** What the host hasn't got is asked for rarely: it is refused, and nothing is compared. */
const rarely = 0.02;

function makeMemory(random: Random, isV2: boolean): MemoryLimits {
  const limit = random.pick([-1, 0, 128 * mega, 128 * mega + 1, 256 * mega, 9223372036854771712n]);
  const more = (): number => random.pick([-1, 0, 256 * mega, 512 * mega]);
  const memory = random.members<Required<MemoryLimits>>(
    {
      limit: () => limit,
      reservation: () => random.pick([-1, 0, 32 * mega, 64 * mega + 7]),
      swap: more,
      kernel: () => random.pick([-1, 0, 128 * mega]),
      kernelTCP: () => random.pick([-1, 0, 8 * mega]),
      swappiness: () => random.pick([0, 1, 60, 100]),
      disableOOMKiller: () => random.chance(0.5),
      useHierarchy: () => random.chance(0.95),
      checkBeforeUpdate: () => random.chance(0.5),
    },
    0.35,
  );
  // Memory and swap together are limited where memory is.
  if (!(Number(memory.limit ?? 0) > 0) && !random.chance(rarely)) delete memory.swap;
  if (isV2)
    for (const name of ['kernelTCP', 'swappiness', 'disableOOMKiller', 'useHierarchy'] as const) delete memory[name];
  return memory;
}

/** @param any whether nothing has to run with it; else what the probe needs is left to it */
function makeCpu(random: Random, isV2: boolean, any: boolean): CpuLimits {
  const [quota, period] = any
    ? [random.pick([-1, 0, 1000, 50000, 123456, 400000]), random.pick([0, 1000, 50000, 100001, 1000000])]
    : random.pick([
        [-1, 0],
        [0, 50000],
        [100000, 0],
        [100000, 100000],
        [123456, 100001],
        [400000, 100000],
      ]);
  const cpu = random.members<Required<CpuLimits>>(
    {
      shares: () =>
        random.pick(any || random.chance(rarely) ? [0, 1, 2, 3, 100, 1024, 300000] : [0, 1024, 5000, 262144, 300000]),
      quota: () => quota!,
      period: () => period!,
      burst: () => random.pick([0, 1000, 50000]),
      // What is left of real time is the whole machine's affair.
      realtimeRuntime: () => 0,
      realtimePeriod: () => random.pick([0, 1000000]),
      cpus: () => random.pick(random.chance(rarely) ? ['7', '0-99'] : ['', '0', '0-1', '1', '0,1', '1,0']),
      mems: () => random.pick(random.chance(rarely) ? ['3'] : ['', '0', '0-0']),
      idle: () => (any || random.chance(rarely) ? random.pick([0, 1]) : 0),
    },
    0.35,
  );
  // One without the other goes with the kernel's own value of that.
  if (!any && (cpu.quota === undefined) !== (cpu.period === undefined)) delete cpu.quota;
  if (isV2) for (const name of ['realtimeRuntime', 'realtimePeriod'] as const) delete cpu[name];
  return cpu;
}

function makeThrottles(random: Random): ThrottleDevice[] {
  // With a byte a second a process that writes its core doesn't end.
  const rate = (): number | bigint => random.pick([524288, 1048576, 10485760, 4294967296]);
  const minors = random.chance(rarely) ? [0, 77] : [0];
  return minors.map((minor) => ({ major: 254, minor, rate: rate() }));
}

function makeBlockIo(random: Random, isV2: boolean): BlockIoLimits {
  const weight = (): number => random.pick([0, 10, 100, 500, 1000]);
  const limits = random.members<Required<BlockIoLimits>>(
    {
      weight,
      leafWeight: weight,
      weightDevice: () => [{ major: 254, minor: 0, weight: weight(), leafWeight: weight() }],
      throttleReadBpsDevice: () => makeThrottles(random),
      throttleWriteBpsDevice: () => makeThrottles(random),
      throttleReadIOPSDevice: () => makeThrottles(random),
      throttleWriteIOPSDevice: () => makeThrottles(random),
    },
    0.25,
  );
  // Weights are the scheduler's, which a host with v1 seldom has.
  if (!isV2 && !random.chance(rarely))
    for (const name of ['weight', 'leafWeight', 'weightDevice'] as const) delete limits[name];
  return limits;
}

function makeDeviceRule(random: Random): DeviceRule {
  const allow = random.chance(0.7);
  const [type, major, minor] = random.pick<['a' | 'b' | 'c', number, number]>([
    ['c', 1, 3],
    ['c', 1, 1],
    ['c', 1, 11],
    ['c', 10, 229],
    ['c', 10, -1],
    ['c', -1, -1],
    ['b', 7, 0],
    ['b', 254, -1],
    ['b', -1, -1],
    ['a', -1, -1],
  ]);
  return {
    allow,
    ...((random.chance(0.9) || type !== 'a') && { type }),
    ...((major >= 0 || random.chance(0.2)) && { major }),
    ...((minor >= 0 || random.chance(0.2)) && { minor }),
    access: random.pick(['rwm', 'rwm', 'r', 'w', 'm', 'rw', 'mr']),
  };
}

function makeDeviceRules(random: Random): DeviceRule[] {
  const rules = Array.from({ length: random.int(0, 4) }, () => makeDeviceRule(random));
  return random.chance(0.7) ? [{ allow: false, access: 'rwm' }, ...rules] : rules;
}

export interface ResourceOptions {
  readonly density: number;
  readonly isUpdate: boolean;
}

export function makeResources(
  random: Random,
  { controllers }: World,
  { density, isUpdate }: ResourceOptions,
): Resources {
  const isV2 = controllers.every(({ name }) => name === '' || name.startsWith('name='));
  const has = (name: string): boolean => controllers.some((one) => one.name.split(',').includes(name));
  const resources = random.members<Required<Resources>>(
    {
      devices: () => makeDeviceRules(random),
      memory: () => makeMemory(random, isV2),
      cpu: () => makeCpu(random, isV2, isUpdate),
      pids: () => ({ limit: random.pick([-1, 0, 100, 1000, 4194304]) }),
      blockIO: () => makeBlockIo(random, isV2),
      hugepageLimits: () => (random.chance(0.2) ? [{ pageSize: '2MB', limit: 0 }] : []),
      network: () => random.members({ classID: () => 1048577, priorities: () => [{ name: 'lo', priority: 5 }] }, 0.2),
      rdma: (): Record<string, RdmaLimits> => (random.chance(0.3) ? { mlx5_1: { hcaHandles: 3, hcaObjects: 9 } } : {}),
      unified: () =>
        (isV2 ? random.members({ 'memory.high': () => '134217728', 'pids.max': () => '500' }, 0.5) : {}) as Record<
          string,
          string
        >,
    },
    density,
  );
  if (isUpdate) delete resources.devices;
  if (!isV2 && !random.chance(rarely)) delete resources.unified;
  if (!has('hugetlb') && !random.chance(rarely)) delete resources.hugepageLimits;
  if (!has('net_cls') && !random.chance(rarely)) delete resources.network;
  if (!has('rdma') && !random.chance(rarely)) delete resources.rdma;
  return resources;
}
