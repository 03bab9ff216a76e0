/** Limits that few ask for, on hosts with v1 hierarchies: real time, weights of block devices, kernel memory, the network. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Resources } from '../../src/config/spec.js';
import { cgroupDirectory } from '../helpers/cgroup-directory.js';
import { execute } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, needsFile, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const v1 = needsFile('/sys/fs/cgroup/memory/tasks', 'no v1 hierarchies');
const realTime = needsFile('/sys/fs/cgroup/cpu/cpu.rt_runtime_us', 'CONFIG_RT_GROUP_SCHED');

/** A container with these resources that sleeps; `file` reads one of its cgroup files, `update` changes its limits. */
function limited(resources: Resources) {
  const { id } = box.started((config) => (config.linux.resources = resources));
  const { pid } = box.state(id);
  const file = (name: string) => readFileSync(join(cgroupDirectory(pid, name.split('.')[0]!), name), 'utf8').trim();
  const update = (changes: Resources) => box.call(['update', '-r', '-', id], { input: JSON.stringify(changes) });
  return { file, update };
}

t.test('realtimeRuntime and realtimePeriod, at first and by update', { skip: skipIf(v1, realTime) }, async (t) => {
  const { file, update } = limited({ cpu: { realtimeRuntime: 20_000, realtimePeriod: 500_000 } });
  const now = () => [file('cpu.rt_runtime_us'), file('cpu.rt_period_us')];
  t.same(now(), ['20000', '500000']);
  const raised = update({ cpu: { realtimeRuntime: 30_000, realtimePeriod: 800_000 } });
  t.equal(raised.status, 0, raised.stderr);
  t.same(now(), ['30000', '800000']);
});

t.test('useHierarchy, kernel and kernelTCP', { skip: skipIf(v1, differs({ runc: 'drops kernelTCP' })) }, async (t) => {
  const asked = { limit: 67108864, useHierarchy: true, kernel: 33554432, kernelTCP: 16777216 };
  const { file, update } = limited({ memory: asked });
  const has = (name: string) => existsSync(`/sys/fs/cgroup/memory/${name}`);
  if (has('memory.use_hierarchy')) t.equal(file('memory.use_hierarchy'), '1');
  // Linux 5.16 gave up the limit of kernel memory, and what is written to its file is refused or forgotten.
  if (has('memory.kmem.tcp.limit_in_bytes')) {
    t.equal(file('memory.kmem.tcp.limit_in_bytes'), '16777216');
    t.equal(update({ memory: { kernelTCP: 8388608 } }).status, 0);
    t.equal(file('memory.kmem.tcp.limit_in_bytes'), '8388608');
  }
});

t.test('what no kernel keeps is said', { skip: skipIf(v1, tsruncOnly('its words')) }, async (t) => {
  const log = join(box.directory(), 'log');
  const bundle = box.bundle((config) => (config.linux.resources = { memory: { kernel: 33554432 } }));
  const result = box.call(['--log', log, 'run', '--bundle', bundle, box.id()]);
  t.equal(result.status, 0, result.stderr);
  const text = readFileSync(log, 'utf8');
  t.match(text, /\/linux\/resources\/memory\/kernel/, text);
});

/** Gives act the number of a loop device whose queue BFQ schedules. */
function withBfq(t: Test, act: (major: number, minor: number) => void): void {
  const image = join(box.directory(), 'image');
  writeFileSync(image, Buffer.alloc(1 << 20));
  const device = execute(['losetup', '--find', '--show', image]).stdout.trim();
  if (device === '') throw new Error('no loop device is free');
  t.teardown(() => execute(['losetup', '--detach', device]));
  const name = device.replace('/dev/', '');
  writeFileSync(`/sys/block/${name}/queue/scheduler`, 'bfq');
  const [major, minor] = readFileSync(`/sys/block/${name}/dev`, 'utf8').trim().split(':').map(Number);
  act(major!, minor!);
}

t.test(
  'blockIO throttling',
  { skip: skipIf(v1, needsFile('/sys/fs/cgroup/blkio/blkio.throttle.read_bps_device')) },
  async (t) => {
    // The device of the root file system, which is there on any machine that boots from one.
    const rows = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .map((line) => line.split(' '));
    const entry = rows.find((row) => row[4] === '/' && row[row.indexOf('-') + 2]?.startsWith('/dev/'));
    if (!entry) {
      t.test('throttling', { skip: 'the root is on no block device' }, async () => undefined);
      return;
    }
    const [major, minor] = entry[2]!.split(':').map(Number) as [number, number];
    const { file } = limited({
      blockIO: {
        throttleReadBpsDevice: [{ major, minor, rate: 1048576 }],
        throttleWriteBpsDevice: [{ major, minor, rate: 2097152 }],
        throttleReadIOPSDevice: [{ major, minor, rate: 100 }],
        throttleWriteIOPSDevice: [{ major, minor, rate: 200 }],
      },
    });
    t.equal(file('blkio.throttle.read_bps_device'), `${major}:${minor} 1048576`);
    t.equal(file('blkio.throttle.write_bps_device'), `${major}:${minor} 2097152`);
    t.equal(file('blkio.throttle.read_iops_device'), `${major}:${minor} 100`);
    t.equal(file('blkio.throttle.write_iops_device'), `${major}:${minor} 200`);
  },
);

const bfq = [
  needsFile('/sys/fs/cgroup/blkio/blkio.bfq.io_serviced', 'BFQ'),
  needsFile('/sys/block/loop0/queue/scheduler'),
  execute(['losetup', '--version']).status !== 0 && 'needs losetup',
];

t.test('weight, and that of a device, at first and by update', { skip: skipIf(v1, ...bfq) }, async (t) => {
  withBfq(t, (major, minor) => {
    const { file, update } = limited({ blockIO: { weight: 300, weightDevice: [{ major, minor, weight: 400 }] } });
    t.match(file('blkio.bfq.weight'), /300/);
    t.match(file('blkio.bfq.weight_device'), new RegExp(`^${major}:${minor} 400$`, 'm'));
    const changed = update({ blockIO: { weight: 500, weightDevice: [{ major, minor, weight: 600 }] } });
    t.equal(changed.status, 0, changed.stderr);
    t.match(file('blkio.bfq.weight'), /500/);
    t.match(file('blkio.bfq.weight_device'), new RegExp(`^${major}:${minor} 600$`, 'm'));
  });
});

t.test(
  'leafWeight went with CFQ, and is an error',
  { skip: skipIf(v1, differs({ runc: 'other words' })) },
  async (t) => {
    const disk = { major: 7, minor: 0 };
    for (const [blockIO, field] of [
      [{ leafWeight: 300 }, 'leafWeight'],
      [{ weightDevice: [{ ...disk, leafWeight: 300 }] }, 'weightDevice/0/leafWeight'],
    ] as const) {
      const result = box.run((config) => (config.linux.resources = { blockIO } as Resources));
      t.equal(result.status, 1, field);
      t.match(result.stderr, `/linux/resources/blockIO/${field}`);
    }
  },
);

box.end(t);
