/**
 * Whatever resources ask for, on whatever host: there is an operation for it, or an error or a warning that names the field. No
 * field of the specification is left out here, nor a value that looks like none (0, -1, false) and is one.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { TsruncError } from '../../../src/base/error.js';
import type { CgroupController, CgroupHost } from '../../../src/cgroup/plan/cgroup-host.js';
import type { CgroupOperation } from '../../../src/cgroup/plan/cgroup-plan.js';
import { planCgroup } from '../../../src/cgroup/plan/plan-cgroup.js';
import { planUpdate } from '../../../src/cgroup/plan/plan-update.js';
import { planSystemd } from '../../../src/cgroup/systemd/plan-systemd.js';
import type { Resources, Spec } from '../../../src/config/spec.js';
import { hybridRoot, unifiedRoot } from '../../helpers/plan-hosts.js';

const R = '/linux/resources';
const disk = { major: 8, minor: 0 };
const limit = 1 << 26;

/** Values of each field; those of a second list ask for what a new cgroup has. */
const samples: readonly [pointer: string, asks: readonly Resources[], asksNothing?: readonly Resources[]][] = [
  ['memory/limit', [{ memory: { limit } }, { memory: { limit: -1 } }], [{ memory: { limit: 0 } }]],
  ['memory/reservation', [{ memory: { reservation: limit } }], [{ memory: { reservation: 0 } }]],
  [
    'memory/swap',
    [{ memory: { limit, swap: limit } }, { memory: { limit, swap: 2 * limit } }, { memory: { swap: -1 } }],
    [{ memory: { swap: 0 } }],
  ],
  ['memory/kernel', [{ memory: { kernel: limit } }], [{ memory: { kernel: 0 } }]],
  ['memory/kernelTCP', [{ memory: { kernelTCP: limit } }], [{ memory: { kernelTCP: 0 } }]],
  ['memory/swappiness', [{ memory: { swappiness: 0 } }, { memory: { swappiness: 60 } }]],
  ['memory/disableOOMKiller', [{ memory: { disableOOMKiller: true } }], [{ memory: { disableOOMKiller: false } }]],
  // True is what v2 does anyway, and what v1 is told.
  ['memory/useHierarchy', []],
  ['memory/checkBeforeUpdate', [], [{ memory: { checkBeforeUpdate: true } }]],
  ['cpu/shares', [{ cpu: { shares: 2 } }], [{ cpu: { shares: 0 } }]],
  ['cpu/quota', [{ cpu: { quota: 5000 } }, { cpu: { quota: -1 } }], [{ cpu: { quota: 0 } }]],
  ['cpu/burst', [{ cpu: { quota: 5000, burst: 1000 } }], [{ cpu: { burst: 0 } }]],
  ['cpu/period', [{ cpu: { period: 5000 } }], [{ cpu: { period: 0 } }]],
  ['cpu/realtimeRuntime', [{ cpu: { realtimeRuntime: 5000 } }, { cpu: { realtimeRuntime: -1 } }]],
  ['cpu/realtimePeriod', [{ cpu: { realtimePeriod: 5000 } }], [{ cpu: { realtimePeriod: 0 } }]],
  ['cpu/cpus', [{ cpu: { cpus: '0' } }], [{ cpu: { cpus: '' } }]],
  ['cpu/mems', [{ cpu: { mems: '0' } }], [{ cpu: { mems: '' } }]],
  ['cpu/idle', [{ cpu: { idle: 1 } }], [{ cpu: { idle: 0 } }]],
  ['pids/limit', [{ pids: { limit: 0 } }, { pids: { limit: 5 } }, { pids: { limit: -1 } }]],
  ['blockIO/weight', [{ blockIO: { weight: 100 } }], [{ blockIO: { weight: 0 } }]],
  ['blockIO/leafWeight', [{ blockIO: { leafWeight: 100 } }]],
  [
    'blockIO/weightDevice',
    [
      { blockIO: { weightDevice: [{ ...disk, weight: 100 }] } },
      { blockIO: { weightDevice: [{ ...disk, leafWeight: 9 }] } },
    ],
  ],
  ...(['ReadBps', 'WriteBps', 'ReadIOPS', 'WriteIOPS'] as const).map((name): (typeof samples)[number] => {
    const rates = (rate: number): Resources => ({ blockIO: { [`throttle${name}Device`]: [{ ...disk, rate }] } });
    return [`blockIO/throttle${name}Device`, [rates(0), rates(100)]];
  }),
  [
    'hugepageLimits',
    [{ hugepageLimits: [{ pageSize: '2MB', limit: 0 }] }, { hugepageLimits: [{ pageSize: '1GB', limit: 1 << 30 }] }],
  ],
  ['network/classID', [{ network: { classID: 5 } }]],
  ['network/priorities', [{ network: { priorities: [{ name: 'lo', priority: 0 }] } }]],
  ['rdma', [{ rdma: { mlx: { hcaHandles: 0 } } }, { rdma: { mlx: { hcaObjects: 5 } } }]],
  [
    'unified',
    [{ unified: { 'pids.max': '0' } }, { unified: { 'misc.max': 'res_a 1' } }, { unified: { 'memory.high': '0' } }],
  ],
  [
    'devices',
    [{ devices: [{ allow: false }] }, { devices: [{ allow: true, type: 'c', major: 10, minor: 229, access: 'r' }] }],
  ],
];

const only = (...names: string[]): CgroupController[] =>
  names.map((name) => ({ name, mountPoint: `/sys/fs/cgroup/${name}`, root: '/', self: '/' }));
const systemd = { version: 257, controlGroup: '', user: false };
const unified = unifiedRoot.cgroup.unified!;
const hosts: Readonly<Record<string, CgroupHost>> = {
  v2: unifiedRoot.cgroup,
  'v2 with nothing but pids': { ...unifiedRoot.cgroup, unified: { ...unified, controllers: ['pids'] } },
  hybrid: hybridRoot.cgroup,
  'hybrid, a few of each': {
    mode: 'hybrid',
    controllers: only('cpu', 'devices'),
    unified: { ...unified, mountPoint: '/sys/fs/cgroup/unified', controllers: ['memory', 'hugetlb'] },
  },
  'v1 with nothing but freezer': { mode: 'legacy', controllers: only('freezer') },
  nothing: { mode: 'none', controllers: [] },
};

interface Outcome {
  operations: readonly Pick<CgroupOperation, 'pointer'>[];
  warnings: readonly { pointer: string }[];
}
type Planner = (resources: Resources, host: CgroupHost) => Outcome;

const spec = (resources: Resources): Spec => ({ ociVersion: '1.3.0', linux: { resources } });
const own = { id: 'c', rootless: false, hostRoot: true };
const planners: Readonly<Record<string, Planner>> = {
  create: (resources, host) => planCgroup(spec(resources), { ...own, manager: 'cgroupfs' }, host),
  'create, --rootless true': (resources, host) =>
    planCgroup(spec(resources), { ...own, rootless: true, manager: 'cgroupfs' }, host),
  disabled: (resources, host) => planCgroup(spec(resources), { ...own, manager: 'disabled' }, host),
  systemd: (resources, host) => planSystemd(spec(resources), own, { ...host, systemd }),
  // The present rules are others: what is there already needs nothing.
  update: (resources, host) => {
    const v1 = Object.fromEntries(host.controllers.map(({ name, mountPoint }) => [name, `${mountPoint}/c`]));
    const v2 = host.unified && { v2: { path: '/v2/c', controllers: host.unified.controllers } };
    const present: Resources = { devices: [{ allow: true, access: 'rwm' }] };
    return planUpdate(present, resources, { v1, ...v2, absent: 'is missing' }, R);
  },
};

/** Whether anything of the plan is for that field, or the command fails for these resources. */
function isHeeded(planner: Planner, resources: Resources, host: CgroupHost, pointer: string): boolean {
  try {
    const { operations, warnings } = planner(resources, host);
    const at = `${R}/${pointer}`;
    return [...operations, ...warnings].some(({ pointer: one }) => one === at || one.startsWith(`${at}/`));
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return error.pointer?.startsWith(`${R}/`) === true;
  }
}

for (const [way, planner] of Object.entries(planners))
  t.test(way, async (t) => {
    for (const [name, host] of Object.entries(hosts)) {
      // Said before anything of resources is looked at.
      if (way === 'systemd' && host.mode === 'none') continue;
      for (const [pointer, asks, asksNothing = []] of samples) {
        for (const resources of asks)
          t.ok(isHeeded(planner, resources, host, pointer), `${name}: ${JSON.stringify(resources)}`);
        for (const resources of asksNothing)
          t.doesNotThrow(() => planner(resources, host), `${name}: ${JSON.stringify(resources)}`);
      }
    }
  });

t.test('every field of the specification is among the samples', async (t) => {
  const source = readFileSync('src/config/spec.ts', 'utf8');
  const start = source.indexOf('export interface Resources {');
  const body = source.slice(start, source.indexOf('\n}', start));
  let section = '';
  for (const line of body.split('\n')) {
    const [, indent = '', field, rest = ''] = /^( +)(\w+)\?: (.*)$/.exec(line) ?? [];
    if (field === undefined) continue;
    if (indent.length === 2) section = rest === '{' ? field : '';
    if (rest === '{') continue;
    const pointer = section === '' ? field : `${section}/${field}`;
    t.ok(
      samples.some(([sample]) => sample === pointer || sample.startsWith(`${pointer}/`)),
      pointer,
    );
  }
});
