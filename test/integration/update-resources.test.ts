/** Each member of the file that `update --resources` takes, seen in the cgroup of a running container. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Resources } from '../../src/config/spec.js';
import { cgroupDirectory } from '../helpers/cgroup-directory.js';
import { pureV2 } from '../helpers/pure-v2.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, needsFile, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const v1 = needsFile('/sys/fs/cgroup/memory/tasks', 'no v1 hierarchies');

/** A sleeping container that was updated with these resources; `file` reads one of its cgroup files. */
function updated(resources: Resources, before: Resources = {}) {
  const { id } = box.started((config) => (config.linux.resources = before));
  const { pid } = box.state(id);
  const result = box.call(['update', '--resources', '-', id], { input: JSON.stringify(resources) });
  t.equal(result.status, 0, result.stderr);
  return (name: string) => readFileSync(join(cgroupDirectory(pid, name.split('.')[0]!), name), 'utf8').trim();
}

t.test(
  'memory',
  { skip: skipIf(v1, differs({ runc: 'its update drops swappiness and disableOOMKiller' })) },
  async (t) => {
    const file = updated({
      memory: {
        limit: 67108864,
        reservation: 33554432,
        swap: 134217728,
        swappiness: 30,
        disableOOMKiller: true,
        useHierarchy: true,
      },
    });
    t.equal(file('memory.limit_in_bytes'), '67108864');
    t.equal(file('memory.soft_limit_in_bytes'), '33554432');
    t.equal(file('memory.memsw.limit_in_bytes'), '134217728');
    t.equal(file('memory.swappiness'), '30');
    t.match(file('memory.oom_control'), /^oom_kill_disable 1$/m);
  },
);

t.test('cpu and pids', { skip: skipIf(v1, differs({ runc: 'burst came with 1.2' })) }, async (t) => {
  const file = updated({
    cpu: { shares: 512, quota: 50000, period: 200000, burst: 1000, cpus: '0', mems: '0' },
    pids: { limit: 33 },
  });
  t.equal(file('cpu.shares'), '512');
  t.equal(file('cpu.cfs_quota_us'), '50000');
  t.equal(file('cpu.cfs_period_us'), '200000');
  t.equal(file('cpu.cfs_burst_us'), '1000');
  t.equal(file('cpuset.cpus'), '0');
  t.equal(file('cpuset.mems'), '0');
  t.equal(file('pids.max'), '33');
});

t.test(
  'cpu.idle',
  { skip: skipIf(v1, differs({ runc: 'came with 1.2' }), needsFile('/sys/fs/cgroup/cpu/cpu.idle')) },
  async (t) => {
    t.equal(updated({ cpu: { idle: 1 } })('cpu.idle'), '1');
  },
);

t.test('blockIO: rates', { skip: skipIf(v1, needsFile('/sys/block/loop0/dev')) }, async (t) => {
  const dev = readFileSync('/sys/block/loop0/dev', 'utf8').trim();
  const [major, minor] = dev.split(':').map(Number) as [number, number];
  const file = updated({
    blockIO: {
      throttleReadBpsDevice: [{ major, minor, rate: 1048576 }],
      throttleWriteBpsDevice: [{ major, minor, rate: 2097152 }],
      throttleReadIOPSDevice: [{ major, minor, rate: 100 }],
      throttleWriteIOPSDevice: [{ major, minor, rate: 200 }],
    },
  });
  t.equal(file('blkio.throttle.read_bps_device'), `${dev} 1048576`);
  t.equal(file('blkio.throttle.write_bps_device'), `${dev} 2097152`);
  t.equal(file('blkio.throttle.read_iops_device'), `${dev} 100`);
  t.equal(file('blkio.throttle.write_iops_device'), `${dev} 200`);
});

t.test('devices are not changed, and that is said', { skip: skipIf(v1) }, async (t) => {
  const allowed = { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' } as const;
  const file = updated({ devices: [allowed] }, { devices: [{ allow: false, access: 'rwm' }] });
  t.notMatch(file('devices.list'), 'c 10:229');
});

t.test('what no kernel has is refused, and named', { skip: skipIf(v1, tsruncOnly('its words')) }, async (t) => {
  const { id } = box.started();
  const disk = { major: 7, minor: 0 };
  for (const [resources, field] of [
    [{ blockIO: { leafWeight: 300 } }, '/blockIO/leafWeight'],
    [{ blockIO: { weightDevice: [{ ...disk, leafWeight: 300 }] } }, '/blockIO/weightDevice/0/leafWeight'],
    [{ rdma: { mlx5_1: { hcaHandles: 1 } } }, '/rdma'],
    [{ rdma: { mlx5_1: { hcaObjects: 1 } } }, '/rdma'],
  ] as [Resources, string][]) {
    if (field === '/rdma' && existsSync('/sys/fs/cgroup/rdma')) continue;
    const result = box.call(['update', '--resources', '-', id], { input: JSON.stringify(resources) });
    t.equal(result.status, 1, field);
    t.match(result.stderr, field);
  }
});

const hugetlb = needsFile('/sys/fs/cgroup/unified/cgroup.controllers');

t.test(
  'hugepageLimits and unified',
  { skip: skipIf(hugetlb, differs({ runc: 'wants CAP_SYS_RESOURCE for devices' })) },
  async (t) => {
    if (!readFileSync('/sys/fs/cgroup/unified/cgroup.controllers', 'utf8').includes('hugetlb')) return;
    const id = box.id();
    const bundle = box.bundle((config) => {
      config.process.args = ['sleep', '1000'];
      config.linux.resources = { hugepageLimits: [{ pageSize: '2MB', limit: 4194304 }] };
    });
    const call = (args: string[], input?: string) =>
      box.call(args, { ...pureV2, ...(input !== undefined && { input }) });
    t.equal(call(['run', '--detach', '--bundle', bundle, id]).status, 0);
    const file = `/sys/fs/cgroup/unified${/^0::(.*)$/m.exec(readFileSync(`/proc/${box.state(id).pid}/cgroup`, 'utf8'))?.[1]}/hugetlb.2MB.max`;
    for (const [resources, shown] of [
      [{ hugepageLimits: [{ pageSize: '2MB', limit: 2097152 }] }, '2097152'],
      [{ unified: { 'hugetlb.2MB.max': '6291456' } }, '6291456'],
    ] as const) {
      const result = call(['update', '--resources', '-', id], JSON.stringify(resources));
      t.equal(result.status, 0, result.stderr);
      t.equal(readFileSync(file, 'utf8').trim(), shown);
    }
    call(['delete', '--force', id]);
  },
);

box.end(t);
