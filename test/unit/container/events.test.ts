import t from 'tap';
import { ESRCH } from '../../../src/base/errno.js';
import { TsruncError } from '../../../src/base/error.js';
import { watchOom } from '../../../src/cgroup/oom.js';
import { type ContainerEvents, watchContainer } from '../../../src/container/commands/events.js';
import { parseInterfaces } from '../../../src/container/commands/interface-stats.js';
import { pauseContainer, resumeContainer } from '../../../src/container/commands/pause.js';
import { intelRdtStats } from '../../../src/container/resctrl/intel-rdt-stats.js';
import type { Runtime } from '../../../src/container/runtime.js';
import { POLLIN, POLLPRI, RDTGROUP_SUPER_MAGIC } from '../../../src/native/flags.js';
import type { Native } from '../../../src/native/native.js';
import { stateFile } from '../../helpers/cli-fake.js';
import { fakeNative } from '../../helpers/fake-native.js';

/** What one poll returns: what became ready after so many milliseconds, and what the machine is like then. */
interface Wake {
  after?: number;
  ended?: boolean;
  oom?: boolean;
  change?: () => void;
}

/** A machine with one container, whose polls answer by a script. Descriptors are numbers of opened files. */
function machine(paths: Record<string, string>, files: Record<string, string>, script: Wake[] = []) {
  const mark = '1:2 2026-01-01T00:00:00Z /run/t/web';
  const fake = fakeNative({
    files: {
      '/run/t/web/state.json': stateFile({ cgroup: { paths, made: [], mark } }),
      '/run/t/web/config.json': '{"ociVersion":"1.3.0"}',
      ...files,
    },
    directories: ['/run/t/web', ...Object.values(paths)],
  });
  for (const path of Object.values(paths)) fake.native.setXattr(path, 'trusted.tsrunc', `made ${mark}`, true);
  let time = 1000;
  let alive = true;
  const open = new Map<number, string>();
  const polled: { fds: number[]; events: number[]; timeout: number }[] = [];
  const opening = (path: string): number => {
    const fd = 100 + polled.length * 10 + open.size;
    open.set(fd, path);
    return fd;
  };
  let signalled = 0;
  const native: Partial<Native> = {
    ...fake.native,
    clock: () => [Math.floor(time / 1000), (time % 1000) * 1e6],
    open: (path) => {
      if (!fake.files.has(path) && !fake.directories.has(path)) fake.native.readFile(path, 0);
      return opening(path);
    },
    close: (fd) => {
      if (!open.delete(fd)) throw new Error(`${fd} is not open`);
    },
    flock: () => true,
    fstat: (fd) => fake.native.stat(open.get(fd)!, false)!,
    eventFd: () => opening('eventfd'),
    read: (fd) => {
      if (open.get(fd) !== 'eventfd') return fake.files.get(open.get(fd)!) ?? '';
      const text = signalled > 0 ? '\x01\0\0\0\0\0\0\0' : null;
      signalled = 0;
      return text;
    },
    pidfdOpen: (pid) => {
      if (!alive) throw new TsruncError('system', 'no such process', { errno: ESRCH });
      return opening(`pid ${pid}`);
    },
    processStat: () =>
      alive ? { name: 'tsrunc:[INIT]', state: 'S', ppid: 1, threads: 1, exiting: false, startTime: 99 } : null,
    poll: (fds, events, timeout) => {
      polled.push({ fds, events, timeout });
      const wake = script.shift();
      if (wake === undefined) throw new Error('nothing is to come any more');
      time += wake.after ?? timeout;
      if (wake.oom) signalled++;
      wake.change?.();
      return fds.map((_, i) => (i === 0 && wake.ended ? POLLIN : i === 1 && wake.oom ? events[1]! : 0));
    },
  };
  const rt = {
    native,
    root: '/run/t',
    env: {},
    cwd: '/',
    cgroupManager: 'cgroupfs',
    rootless: 'false',
  } as unknown as Runtime;
  return { rt, fake, polled, open, end: () => (alive = false) };
}

/** Names of what was told. */
function recorder(): ContainerEvents & { told: string[] } {
  const told: string[] = [];
  return { told, stats: () => told.push('stats'), oom: () => told.push('oom') };
}

t.test('statistics at every interval, then the end', async (t) => {
  const { rt, polled, open } = machine({}, {}, [{}, { after: 30 }, {}, { after: 1, ended: true }]);
  const record = recorder();
  watchContainer(rt, 'web', 100, record);
  t.strictSame(record.told, ['stats', 'stats']);
  t.strictSame(
    polled.map(({ timeout }) => timeout),
    [100, 100, 70, 100],
    'a wake-up in between puts nothing off',
  );
  t.equal(open.size, 0, 'no descriptor is left open');
});

t.test('a slow reader gets fewer', async (t) => {
  const { rt } = machine({}, {}, [{ after: 1000 }, {}, { ended: true }]);
  const record = recorder();
  watchContainer(rt, 'web', 100, record);
  t.strictSame(record.told, ['stats', 'stats']);
});

t.test('v2: an increase of oom_kill', async (t) => {
  const file = '/cg/web/memory.events';
  const set = (count: number) => () => void world.fake.files.set(file, `low 0\noom 9\noom_kill ${count}\n`);
  const world = machine({ '': '/cg/web' }, { [file]: 'oom_kill 2\n' }, [
    { after: 1, oom: true, change: () => void world.fake.files.set(file, 'low 5\noom_kill 2\n') },
    { after: 1, oom: true, change: set(3) },
    { after: 1, ended: true, change: set(4) },
  ]);
  const record = recorder();
  watchContainer(world.rt, 'web', 1000, record);
  t.strictSame(record.told, ['oom', 'oom'], 'not for other events, and once more at the end');
  t.strictSame(world.polled[0]!.events, [POLLIN, POLLPRI]);
  t.equal(world.open.size, 0);
});

t.test('v1: the eventfd', async (t) => {
  const world = machine(
    { 'cpu,cpuacct': '/cg/cpu/web', memory: '/cg/memory/web' },
    { '/cg/memory/web/memory.oom_control': '', '/cg/memory/web/cgroup.event_control': '' },
    [
      { after: 1, oom: true },
      { after: 1, ended: true },
    ],
  );
  const record = recorder();
  watchContainer(world.rt, 'web', 1000, record);
  t.strictSame(record.told, ['oom']);
  const [[path, value] = []] = world.fake.writes;
  t.equal(path, '/cg/memory/web/cgroup.event_control');
  t.match(value, /^\d+ \d+$/);
  t.strictSame(world.polled[0]!.events, [POLLIN, POLLIN]);
  t.equal(world.open.size, 0);
});

t.test('no memory controller, nothing to watch', async (t) => {
  const { rt } = machine({ '': '/cg/web' }, {});
  t.equal(watchOom(rt.native, { '': '/cg/web' }), undefined);
  t.equal(watchOom(rt.native, { pids: '/cg/pids' }), undefined);
});

t.test('a container that has ended', async (t) => {
  const { rt, end } = machine({}, {});
  end();
  t.throws(() => watchContainer(rt, 'web', 1, recorder()), {
    code: 'state',
    message: 'container with id web is not running',
  });
  t.throws(() => pauseContainer(rt, 'web'), { code: 'state', message: /container not running/ });
  t.throws(() => resumeContainer(rt, 'web'), { code: 'state', message: /container not paused/ });
});

t.test('pause and resume write the freezer', async (t) => {
  const directory = '/cg/freezer/web';
  const world = machine(
    { freezer: directory },
    { [`${directory}/freezer.state`]: 'THAWED', [`${directory}/freezer.self_freezing`]: '0' },
  );
  pauseContainer(world.rt, 'web');
  t.strictSame(world.fake.writes, [[`${directory}/freezer.state`, 'FROZEN']]);
  world.fake.files.set(`${directory}/freezer.self_freezing`, '1');
  t.throws(() => pauseContainer(world.rt, 'web'), {
    message: /container not running/,
    fields: { hint: /paused already/ },
  });
  resumeContainer(world.rt, 'web');
  t.strictSame(world.fake.writes.at(-1), [`${directory}/freezer.state`, 'THAWED']);
  t.equal(world.open.size, 0, 'the lock is released');
});

t.test('interfaces of /proc/PID/net/dev', async (t) => {
  const text = [
    'Inter-|   Receive                                                |  Transmit',
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
    '    lo:     10       1    0    0    0     0          0         0       10       1    0    0    0     0       0          0',
    '  eth0: 18446744073709551615  2    3    4    0     0          0         0       5       6    7    8    0     0       0          0',
    '',
  ].join('\n');
  t.strictSame(parseInterfaces(text), [
    {
      name: 'eth0',
      rxBytes: 18446744073709551615n,
      rxPackets: 2,
      rxErrors: 3,
      rxDropped: 4,
      txBytes: 5,
      txPackets: 6,
      txErrors: 7,
      txDropped: 8,
    },
  ]);
});

t.test('resctrl', async (t) => {
  const root = '/sys/fs/resctrl';
  const { native } = fakeNative({
    files: {
      [`${root}/info/L3/cbm_mask`]: 'fffff\n',
      [`${root}/info/L3/min_cbm_bits`]: '1\n',
      [`${root}/info/L3/num_closids`]: '16\n',
      [`${root}/info/L3_MON/mon_features`]: 'llc_occupancy\nmbm_total_bytes\nmbm_local_bytes\n',
      [`${root}/schemata`]: '    L3:0=fffff;1=fffff\n    MB:0=100\n',
      [`${root}/web/schemata`]: '    L3:0=f;1=f\n',
      [`${root}/web/mon_data/mon_L3_00/llc_occupancy`]: '4096\n',
      [`${root}/web/mon_data/mon_L3_00/mbm_total_bytes`]: '7\n',
      [`${root}/web/mon_data/mon_L3_00/mbm_local_bytes`]: '5\n',
    },
    directories: [`${root}/web/mon_data`, `${root}/web/mon_data/mon_L3_00`],
  });
  const mounted = { ...native, fsType: () => RDTGROUP_SUPER_MAGIC } as Native;
  t.strictSame(intelRdtStats(mounted, 'web'), {
    l3: { cbmMask: 'fffff', minCbmBits: 1, numClosids: 16, schemaRoot: 'L3:0=fffff;1=fffff', schema: 'L3:0=f;1=f' },
    mbm: [{ total: 7, local: 5 }],
    cmt: [{ llcOccupancy: 4096 }],
  });
});
