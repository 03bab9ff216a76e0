/**
 * What answers are checked with, as far as programs rely on it. Members that are not named here are kept as they are. This file loads
 * zod: it is loaded itself when the first answer comes.
 */
import { z } from 'zod';
import type { Features } from '../../types/features.js';
import type { State } from '../../types/state.js';
import type { ContainerStats, MemoryEntry, Pressure } from '../../types/stats.js';
import type { ListedContainer } from './answers.js';

const int = z.union([z.number(), z.bigint()]);
const strings = z.array(z.string());
const status = z.enum(['creating', 'created', 'running', 'paused', 'stopped']);

const common = {
  id: z.string(),
  status,
  pid: z.int().optional(),
  bundle: z.string(),
  annotations: z.record(z.string(), z.string()).optional(),
  rootfs: z.string().optional(),
  created: z.string().optional(),
  owner: z.string().optional(),
};

/** `state`. */
export const state = z.looseObject({ ociVersion: z.string(), ...common }) satisfies z.ZodType<State>;

/** `list --format json`; runc prints null when there is none. */
export const list = z
  .array(z.looseObject({ ociVersion: z.string().optional(), ...common }))
  .nullable()
  .transform((listed) => listed ?? []) satisfies z.ZodType<ListedContainer[]>;

/** `ps --format json`; null when there is none. */
export const pids = z
  .array(z.int())
  .nullable()
  .transform((all) => all ?? []) satisfies z.ZodType<number[]>;

const known = z.looseObject({ enabled: z.boolean().optional() });

/** `features`. */
export const features = z.looseObject({
  ociVersionMin: z.string(),
  ociVersionMax: z.string(),
  hooks: strings.optional(),
  mountOptions: strings.optional(),
  linux: z
    .looseObject({
      namespaces: strings.optional(),
      capabilities: strings.optional(),
      cgroup: z
        .looseObject({
          v1: z.boolean().optional(),
          v2: z.boolean().optional(),
          systemd: z.boolean().optional(),
          systemdUser: z.boolean().optional(),
          rdma: z.boolean().optional(),
        })
        .optional(),
      seccomp: known
        .extend({
          actions: strings.optional(),
          operators: strings.optional(),
          archs: strings.optional(),
          knownFlags: strings.optional(),
          supportedFlags: strings.optional(),
        })
        .optional(),
      apparmor: known.optional(),
      selinux: known.optional(),
      intelRdt: known.extend({ schemata: z.boolean().optional(), monitoring: z.boolean().optional() }).optional(),
      memoryPolicy: z.looseObject({ modes: strings.optional(), flags: strings.optional() }).optional(),
      mountExtensions: z.looseObject({ idmap: known.optional() }).optional(),
      netDevices: known.optional(),
    })
    .optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  potentiallyUnsafeConfigAnnotations: strings.optional(),
}) satisfies z.ZodType<Features>;

const pressureLine = z.looseObject({ avg10: z.number(), avg60: z.number(), avg300: z.number(), total: int });
const pressure = z.looseObject({ some: pressureLine, full: pressureLine }) satisfies z.ZodType<Pressure>;
const memoryEntry = z.looseObject({
  limit: int,
  usage: int.optional(),
  max: int.optional(),
  failcnt: int,
}) satisfies z.ZodType<MemoryEntry>;
const blkio = z
  .array(
    z.looseObject({ major: int.optional(), minor: int.optional(), op: z.string().optional(), value: int.optional() }),
  )
  .optional();

const stats = z.looseObject({
  cpu: z.looseObject({
    usage: z
      .looseObject({
        total: int.optional(),
        percpu: z.array(int).optional(),
        percpu_kernel: z.array(int).optional(),
        percpu_user: z.array(int).optional(),
        kernel: int,
        user: int,
      })
      .optional(),
    throttling: z
      .looseObject({ periods: int.optional(), throttledPeriods: int.optional(), throttledTime: int.optional() })
      .optional(),
    psi: pressure.optional(),
  }),
  cpuset: z.looseObject({
    cpus: z.array(z.number()).optional(),
    mems: z.array(z.number()).optional(),
    cpu_exclusive: int,
    mem_hardwall: int,
    mem_exclusive: int,
    memory_migrate: int,
    memory_spread_page: int,
    memory_spread_slab: int,
    memory_pressure: int,
    sched_load_balance: int,
    sched_relax_domain_level: int,
  }),
  memory: z.looseObject({
    cache: int.optional(),
    usage: memoryEntry.optional(),
    swap: memoryEntry.optional(),
    kernel: memoryEntry.optional(),
    kernelTCP: memoryEntry.optional(),
    raw: z.record(z.string(), int).optional(),
    psi: pressure.optional(),
  }),
  pids: z.looseObject({ current: int.optional(), limit: int.optional() }),
  blkio: z.looseObject({
    ioServiceBytesRecursive: blkio,
    ioServicedRecursive: blkio,
    ioQueueRecursive: blkio,
    ioServiceTimeRecursive: blkio,
    ioWaitTimeRecursive: blkio,
    ioMergedRecursive: blkio,
    ioTimeRecursive: blkio,
    sectorsRecursive: blkio,
    psi: pressure.optional(),
  }),
  hugetlb: z.record(z.string(), z.looseObject({ usage: int.optional(), max: int.optional(), failcnt: int })),
  intel_rdt: z.looseObject({}),
  network_interfaces: z
    .array(
      z.looseObject({
        Name: z.string(),
        RxBytes: int,
        RxPackets: int,
        RxErrors: int,
        RxDropped: int,
        TxBytes: int,
        TxPackets: int,
        TxErrors: int,
        TxDropped: int,
      }),
    )
    .nullable(),
}) satisfies z.ZodType<ContainerStats>;

/** A line of `events`. */
export const event = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('stats'), id: z.string(), data: stats }),
  z.looseObject({ type: z.literal('oom'), id: z.string() }),
]);
