import t from 'tap';
import { ENXIO, EROFS } from '../../../src/base/errno.js';
import type { CgroupHost } from '../../../src/cgroup/plan/cgroup-host.js';
import { examineCgroups } from '../../../src/doctor/cgroup-layout.js';
import { examineCriu } from '../../../src/doctor/criu.js';
import { examineDevices } from '../../../src/doctor/devices.js';
import { doctorJson, doctorText, lacksNeeded, statusCounts } from '../../../src/doctor/document.js';
import { examineLeftovers } from '../../../src/doctor/leftovers.js';
import { examineLimits } from '../../../src/doctor/limits.js';
import type { DoctorGroup } from '../../../src/doctor/line.js';
import { examineStateDirectory } from '../../../src/doctor/state-directory.js';
import { examineSystemd } from '../../../src/doctor/systemd.js';
import { examination, lineOf } from '../../helpers/examination.js';

const top = '/sys/fs/cgroup';
const unified = (controllers: string[], writable?: boolean): CgroupHost => ({
  mode: 'unified',
  controllers: [],
  unified: {
    mountPoint: top,
    root: '/',
    self: '/user.slice/a',
    controllers,
    ...(writable !== undefined && { writable }),
  },
});

t.test('cgroup v2', async (t) => {
  const files = { [`${top}/user.slice/a/cgroup.freeze`]: '0', [`${top}/user.slice/a/cgroup.kill`]: '' };
  const all = ['cpu', 'memory', 'pids', 'cpuset', 'io'];
  const good = examineCgroups(examination({ files, facts: { cgroup: unified(all) } }));
  for (const name of ['layout', 'making', ...all, 'freezer', 'cgroup.kill'])
    t.match(lineOf(good, name), { status: 'ok' }, name);
  const poor = examineCgroups(examination({ facts: { cgroup: unified(['cpu']) } }));
  t.match(lineOf(poor, 'memory'), { status: 'missing', where: /cgroup_enable=memory/ });
  t.match(lineOf(poor, 'freezer'), { status: 'missing', remedy: 'Linux 5.2 or newer' });
  t.match(lineOf(poor, 'cgroup.kill'), { status: 'limited', remedy: 'Linux 5.14 or newer' });
});

t.test('a cgroup that can not be made, or was not delegated', async (t) => {
  const readonly = examineCgroups(
    examination({ facts: { cgroup: unified(['cpu']) }, closed: { [`${top}/user.slice`]: EROFS } }),
  );
  t.match(lineOf(readonly, 'making'), { status: 'limited', text: /mkdir .*errno 30/ });
  const files = { [`${top}/cgroup.controllers`]: 'cpu memory' };
  const user = examineCgroups(examination({ uid: 1000, files, facts: { cgroup: unified([], false) } }));
  t.match(lineOf(user, 'making'), { status: 'limited', text: /no cgroup is delegated/, remedy: /systemd-run --user/ });
  t.match(lineOf(user, 'cpu'), { status: 'limited', text: /not delegated/, remedy: /Delegate=cpu/ });
});

t.test('cgroup v1, both, and none', async (t) => {
  const controllers = ['memory', 'freezer', 'blkio'].map((name) => ({
    name,
    mountPoint: `${top}/${name}`,
    root: '/',
    self: '/',
  }));
  const old = examineCgroups(examination({ facts: { cgroup: { mode: 'legacy', controllers } } }));
  t.match(lineOf(old, 'layout'), { status: 'limited', where: /unified_cgroup_hierarchy=1/ });
  t.match(lineOf(old, 'memory'), { status: 'ok', text: /^v1/ });
  t.match(lineOf(old, 'io'), { status: 'ok' }, 'blkio');
  t.match(lineOf(old, 'cpu'), { status: 'missing' });
  t.match(lineOf(old, 'freezer'), { status: 'ok' });
  const hybrid = examineCgroups(examination({ facts: { cgroup: { ...unified([]), mode: 'hybrid', controllers } } }));
  t.match(lineOf(hybrid, 'layout'), { status: 'limited', text: /v2 beside it/ });
  t.match(examineCgroups(examination({ facts: { cgroup: { mode: 'none', controllers: [] } } })), [
    { name: 'layout', status: 'missing', remedy: /mount -t cgroup2/ },
  ]);
});

t.test('systemd', async (t) => {
  t.match(examineSystemd(examination()), [{ status: 'limited', where: '/run/systemd/system' }]);
  const stats = { '/run/systemd/system': { mode: 0o40755 } };
  const lines = examineSystemd(examination({ uid: 1000, stats }));
  t.match(lines, [{ status: 'limited', text: /can't be reached/, remedy: /enable-linger/ }]);
});

t.test('criu', async (t) => {
  t.match(examineCriu(examination()), [{ name: 'criu', status: 'missing', remedy: /package criu/ }]);
});

t.test('devices', async (t) => {
  const device = (minor: number) => ({ mode: 0o20666, rdevMajor: 1, rdevMinor: minor });
  const stats = {
    '/dev/null': device(3),
    '/dev/zero': device(5),
    '/dev/full': device(7),
    '/dev/random': device(8),
    '/dev/urandom': device(9),
  };
  const good = examineDevices(examination({ stats, fsTypes: { '/dev/pts': 0x1cd1 } }));
  for (const name of ['/dev/ptmx', '/dev/pts', 'default devices']) t.match(lineOf(good, name), { status: 'ok' }, name);
  const wrong = { ...stats, '/dev/full': device(3), '/dev/null': { mode: 0o100644 } };
  const bad = examineDevices(examination({ stats: wrong, closed: { '/dev/ptmx': ENXIO } }));
  t.match(lineOf(bad, '/dev/ptmx'), { status: 'limited', remedy: /mount -t devpts/ });
  t.match(lineOf(bad, '/dev/pts'), { status: 'limited' });
  t.match(lineOf(bad, 'default devices'), {
    status: 'missing',
    text: /^\/dev\/null, \/dev\/full: /,
    remedy: 'mknod -m 666 /dev/null c 1 3; mknod -m 666 /dev/full c 1 7',
  });
});

t.test('the state directory', async (t) => {
  const mountinfo = { '/proc/self/mountinfo': '20 1 8:1 / / rw - ext4 /dev/sda1 rw' };
  t.match(lineOf(examineStateDirectory(examination({ files: mountinfo })), '--root'), { status: 'ok' });
  const readonly = { '/proc/self/mountinfo': '20 1 8:1 / / ro - ext4 /dev/sda1 ro' };
  t.match(lineOf(examineStateDirectory(examination({ files: readonly })), '--root'), {
    status: 'missing',
    needed: true,
    text: /read-only/,
  });
  const user = (env: Record<string, string>, owner = 1000) =>
    examineStateDirectory(
      examination({ uid: 1000, files: mountinfo, env, stats: { '/run/user/1000': { uid: owner } } }),
    );
  t.match(lineOf(user({}), '--root'), { status: 'missing', text: /nothing can be made in \// });
  t.match(lineOf(user({}), 'XDG_RUNTIME_DIR'), { status: 'limited', text: /not set/, remedy: /enable-linger/ });
  t.match(lineOf(user({ XDG_RUNTIME_DIR: '/nowhere' }), 'XDG_RUNTIME_DIR'), { status: 'limited', text: /is missing/ });
  t.match(lineOf(user({ XDG_RUNTIME_DIR: '/run/user/1000' }), 'XDG_RUNTIME_DIR'), { status: 'ok' });
  t.match(lineOf(user({ XDG_RUNTIME_DIR: '/run/user/1000' }, 5), 'XDG_RUNTIME_DIR'), {
    status: 'limited',
    text: /uid 5/,
  });
});

t.test('limits', async (t) => {
  const files = {
    '/proc/sys/kernel/pid_max': '4096\n',
    '/proc/sys/kernel/threads-max': '100000\n',
    '/proc/sys/kernel/keys/maxkeys': '20\n',
    '/proc/sys/kernel/keys/root_maxkeys': '20\n',
    '/proc/self/limits': 'Max processes             100                  200                  processes\n',
    [`${top}/user.slice/a/pids.max`]: '50\n',
  };
  const lines = examineLimits(
    examination({ uid: 1000, files, nofile: [1024, 2048], facts: { cgroup: unified(['pids']) } }),
  );
  t.match(lineOf(lines, 'kernel.pid_max'), { status: 'limited', remedy: /sysctl -w kernel.pid_max=131072/ });
  t.match(lineOf(lines, 'kernel.threads-max'), { status: 'ok' });
  t.match(lineOf(lines, 'kernel.keys.maxkeys'), { status: 'limited', where: 'kernel.keys.maxkeys' });
  t.equal(lineOf(lines, 'kernel.keys.root_maxkeys'), undefined, "root's alone");
  t.match(lineOf(lines, 'RLIMIT_NOFILE'), { status: 'limited', remedy: /LimitNOFILE=/ });
  t.match(lineOf(lines, 'RLIMIT_NPROC'), { status: 'limited', text: /^100 processes/ });
  t.match(lineOf(lines, 'pids.max'), { status: 'limited', remedy: /TasksMax=/ });
  const root = examineLimits(examination({ files }));
  t.match(lineOf(root, 'kernel.keys.root_maxkeys'), { status: 'limited' });
  t.match(lineOf(root, 'RLIMIT_NOFILE'), { status: 'ok' });
  t.equal(lineOf(root, 'RLIMIT_NPROC'), undefined, 'the kernel does not hold root to it');
});

t.test('leftovers', async (t) => {
  const none = examineLeftovers(examination({ facts: { cgroup: unified([]) } }));
  t.match(lineOf(none, 'containers'), { status: 'ok', text: '0 alive, none ended' });
  t.match(lineOf(none, 'cgroups'), { status: 'ok' });
  const files = {
    '/run/tsrunc/web/state.json': '{"damaged',
    [`${top}/web/cgroup.procs`]: '',
    [`${top}/cgroup.procs`]: '',
  };
  const attributes = { [`${top}/web trusted.tsrunc`]: 'made 1:2 2025-01-01T00:00:00Z /run/tsrunc/gone' };
  const stats = { [top]: { links: 3 } };
  const some = examineLeftovers(examination({ files, attributes, stats, facts: { cgroup: unified([]) } }));
  t.match(lineOf(some, 'state'), { status: 'limited', remedy: /delete --force/ });
  t.match(lineOf(some, 'cgroups'), { status: 'limited', text: /\/sys\/fs\/cgroup\/web/, remedy: /rmdir/ });
});

t.test('what is printed', async (t) => {
  const groups: DoctorGroup[] = [
    { name: 'first', lines: [{ name: 'a', status: 'ok', text: 'good' }] },
    {
      name: 'second',
      lines: [
        { name: 'long name', status: 'limited', text: 'so so', remedy: 'mend it', where: '/etc/x' },
        { name: 'b', status: 'missing', text: 'gone', where: '/dev/y', needed: true },
      ],
    },
  ];
  t.equal(
    doctorText(groups),
    [
      'first',
      '  ok       a          good',
      '',
      'second',
      '  limited  long name  so so',
      '                      mend it [/etc/x]',
      '  missing  b          gone',
      '                      see /dev/y',
      '',
      '1 ok, 1 limited, 1 missing',
      '',
    ].join('\n'),
  );
  t.same(statusCounts(groups), { ok: 1, limited: 1, missing: 1 });
  t.ok(lacksNeeded(groups));
  t.match(doctorJson(groups), { counts: { ok: 1 }, usable: false, groups });
});
