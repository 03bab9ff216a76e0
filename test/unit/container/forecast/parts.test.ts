import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import t from 'tap';
import type { CgroupOperation } from '../../../../src/cgroup/plan/cgroup-plan.js';
import { foretellCgroups } from '../../../../src/container/forecast/cgroups.js';
import { forecastJson, forecastText } from '../../../../src/container/forecast/forecast-document.js';
import { EXECUTE, type Identity, isReadonlyMount, may, WRITE } from '../../../../src/container/forecast/host-rights.js';
import { interpreterOf } from '../../../../src/container/forecast/program.js';
import { resolveIn } from '../../../../src/container/forecast/resolve-path.js';
import { fails, unknown, Verdicts, WORKS } from '../../../../src/container/forecast/verdict.js';
import { nodeNative } from '../../../../src/hosts/node/host.js';
import type { Native } from '../../../../src/native/native.js';
import { fakeNative } from '../../../helpers/fake-native.js';
import { plan, specWith } from '../../../helpers/plan-helpers.js';
import { unifiedRoot } from '../../../helpers/plan-hosts.js';

t.test('interpreters', async (t) => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  t.equal(interpreterOf(bytes('#!/bin/sh\n'), 'x86_64'), '/bin/sh');
  t.equal(interpreterOf(bytes('#! \t/usr/bin/env  python3\n'), 'x86_64'), '/usr/bin/env');
  t.equal(interpreterOf(bytes('#!\n'), 'x86_64'), undefined);
  t.equal(interpreterOf(bytes('echo'), 'x86_64'), undefined);
  t.equal(interpreterOf(new Uint8Array(), 'x86_64'), undefined);
  const machine = execFileSync('uname', ['-m'], { encoding: 'utf8' }).trim();
  const node = new Uint8Array(readFileSync('/usr/bin/env').subarray(0, 4096));
  t.match(interpreterOf(node, machine), /^\/lib.*ld-linux/);
  t.equal(interpreterOf(node, machine === 'x86_64' ? 'aarch64' : 'x86_64'), undefined, 'of another machine');
});

function realNative(): Native | undefined {
  try {
    return nodeNative();
  } catch {
    return undefined;
  }
}

t.test('paths in a root', async (t) => {
  const native = realNative();
  if (native === undefined) return t.comment('the addon is not built');
  const root = t.testdir({ etc: { passwd: '' }, usr: { bin: { env: '' } } });
  symlinkSync('usr/bin', `${root}/bin`);
  symlinkSync('/bin/../../../usr/bin/env', `${root}/env`);
  symlinkSync('loop', `${root}/loop`);
  const at = (path: string) => resolveIn(native, root, path);
  t.match(at('/bin/env'), { path: '/usr/bin/env', stat: Object });
  t.match(at('/env'), { path: '/usr/bin/env', stat: Object }, 'an absolute link stays in the root');
  t.match(at('/../../etc/passwd'), { path: '/etc/passwd', stat: Object });
  t.match(at('/etc/none/below'), { path: '/etc', stat: null, notDirectory: false });
  t.match(at('/etc/passwd/below'), { path: '/etc/passwd', stat: null, notDirectory: true });
  t.match(at('/'), { path: '/', stat: Object });
  t.equal(at('/loop/x').stat, null);
});

t.test('rights by owner and mode', async (t) => {
  const stat = (mode: number, uid = 0, gid = 0) => ({ mode, uid, gid }) as ReturnType<Native['fstat']>;
  const user: Identity = { uid: 1000, gids: [1000, 20], overrides: () => false };
  t.ok(may(user, stat(0o40755, 1000), WRITE));
  t.notOk(may(user, stat(0o40577, 1000), WRITE), 'the owner has the rights of the owner alone');
  t.ok(may(user, stat(0o40070, 0, 20), WRITE | EXECUTE));
  t.notOk(may(user, stat(0o40707, 0, 20), WRITE));
  t.ok(may(user, stat(0o40007), WRITE));
  const root: Identity = { uid: 0, gids: [0], overrides: () => true };
  t.ok(may(root, stat(0o40000, 5), WRITE | EXECUTE));
  t.notOk(may(root, stat(0o100644), EXECUTE), 'root executes no file without a bit for it');
});

t.test('read-only mounts', async (t) => {
  const mountinfo = [
    '20 1 8:1 / / rw - ext4 a rw',
    '21 20 8:2 / /srv ro - ext4 b rw',
    '22 20 8:3 / /mnt rw - ext4 c ro',
    '23 21 8:4 / /srv/data rw - ext4 d rw',
  ].join('\n');
  const { native } = fakeNative({ files: { '/proc/self/mountinfo': mountinfo } });
  t.same(
    ['/', '/srv', '/srv/x', '/srvx', '/mnt/y', '/srv/data/z'].map((path) => isReadonlyMount(native, path)),
    [false, true, true, false, true, false],
  );
});

t.test('cgroups', async (t) => {
  const top = '/sys/fs/cgroup';
  const files = {
    [`${top}/cgroup.controllers`]: 'cpu memory io',
    [`${top}/cgroup.subtree_control`]: '',
    [`${top}/busy/cgroup.controllers`]: 'cpu memory io',
    [`${top}/busy/cgroup.subtree_control`]: '',
    [`${top}/busy/cgroup.type`]: 'domain',
    [`${top}/busy/cgroup.procs`]: '12\n',
    [`${top}/cpuset.cpus.effective`]: '0-3\n',
    '/proc/self/mountinfo': '20 1 8:1 / / rw - ext4 a rw\n30 20 0:9 / /sys/fs/cgroup rw - cgroup2 c rw',
  };
  const { native } = fakeNative({ files, directories: ['/', '/sys', '/sys/fs', top, `${top}/busy`] });
  native.fsType = () => 0x63677270;
  const told = (operation: CgroupOperation) => {
    const verdicts = new Verdicts();
    const made = plan(specWith());
    foretellCgroups(native, { ...made, cgroup: { ...made.cgroup, operations: [operation] } }, unifiedRoot, verdicts);
    return verdicts.get(operation);
  };
  const write = (file: string, value: string): CgroupOperation => ({
    op: 'write',
    path: `${top}/new/${file}`,
    value,
    pointer: '/p',
  });
  t.match(told({ op: 'make', path: `${top}/new`, pointer: '' }), WORKS);
  t.match(told({ op: 'enable', path: top, controllers: ['cpu'], needed: { cpu: '/p' }, pointer: '' }), WORKS);
  t.match(told({ op: 'enable', path: top, controllers: ['rdma'], needed: { rdma: '/p' }, pointer: '' }), {
    outcome: 'fails',
    pointer: '/p',
  });
  t.match(told({ op: 'enable', path: `${top}/busy`, controllers: ['cpu'], needed: { cpu: '/p' }, pointer: '' }), {
    outcome: 'fails',
    why: /has processes of its own/,
  });
  t.match(told(write('memory.max', '1000')), WORKS);
  t.match(told(write('hugetlb.2MB.max', '1000')), { outcome: 'fails' });
  t.match(told(write('memory.new-thing', '1')), { outcome: 'unknown' });
  t.match(told(write('io.max', '8:0 rbps=1')), { outcome: 'fails', why: 'there is no block device 8:0' });
});

t.test('what is printed', async (t) => {
  const line = (text: string, pointer: string, verdict: typeof WORKS) => ({
    actor: 'init' as const,
    text,
    pointer,
    of: {},
    verdict,
  });
  const lines = [
    line('first', '/mounts/0', WORKS),
    line('second', '/mounts/1', fails('no such file', '/mounts/1/source')),
    line('third', '', unknown('not tried')),
  ];
  t.equal(
    forecastText(lines, [{ text: 'mind', pointer: '/x' }]),
    [
      '1  will work   init     /mounts/0  first',
      '2  will fail   init     /mounts/1  second',
      '       /mounts/1/source: no such file',
      "3  can't know  init                third",
      '       not tried',
      '',
      'warning: mind  /x',
      "3 actions: 1 will work, 1 will fail, 1 can't be known",
      '',
    ].join('\n'),
  );
  t.match(forecastJson(lines, []), {
    counts: { works: 1, fails: 1, unknown: 1 },
    actions: [
      { outcome: 'works' },
      { outcome: 'fails', pointer: '/mounts/1/source', why: 'no such file' },
      { number: 3 },
    ],
  });
});
