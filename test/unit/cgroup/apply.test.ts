import t from 'tap';
import { EACCES, EBUSY, EEXIST, EINVAL, ENODEV, ENOENT, EOPNOTSUPP, EPERM } from '../../../src/base/errno.js';
import { TsruncError } from '../../../src/base/error.js';
import { applyCgroup, applyDeviceRules, destroyCgroup } from '../../../src/cgroup/apply.js';
import type { CgroupOperation, CgroupPlan, CgroupWrite } from '../../../src/cgroup/plan/cgroup-plan.js';
import { fakeNative } from '../../helpers/fake-native.js';

const plan = (operations: CgroupOperation[], paths: Record<string, string> = {}): CgroupPlan => ({
  manager: 'cgroupfs',
  paths,
  operations,
  cloneInto: '',
  join: [],
  warnings: [],
});
const write = (path: string, value: string, more = {}): CgroupWrite => ({
  op: 'write',
  path,
  value,
  pointer: '/field',
  ...more,
});

t.test('make: missing directories, outermost first, and no others', async (t) => {
  const fake = fakeNative({ directories: ['/cg', '/cg/there'] });
  const make: CgroupOperation = { op: 'make', path: '/cg/there/a/b', pointer: '' };
  t.same(applyCgroup(fake.native, plan([make])), ['/cg/there/a', '/cg/there/a/b']);
  t.same(applyCgroup(fake.native, plan([make])), []);
});

t.test('a failure removes what was made and names the field', async (t) => {
  const fake = fakeNative({ directories: ['/cg'], fill: () => ({ f: '' }), refuse: () => EINVAL });
  const operations: CgroupOperation[] = [{ op: 'make', path: '/cg/a/b', pointer: '' }, write('/cg/a/b/f', '7')];
  t.throws(() => applyCgroup(fake.native, plan(operations)), {
    code: 'system',
    fields: { pointer: '/field', path: '/cg/a/b/f', errno: EINVAL },
    message: /\/cg\/a\/b\/f.*"7"/,
  });
  t.same([...fake.directories], ['/cg']);
});

t.test('write: missing files and fallbacks', async (t) => {
  const fake = fakeNative({
    files: { '/g/b': '', '/g/old': '' },
    refuse: (p) => (p === '/g/old' ? EOPNOTSUPP : undefined),
  });
  const apply = (operation: CgroupOperation) => applyCgroup(fake.native, plan([operation]));
  t.throws(() => apply(write('/g/a', '1')), { code: 'unsupported', fields: { pointer: '/field', errno: ENOENT } });
  apply(write('/g/a', '1', { ifMissing: 'ignore' }));
  apply(write('/g/old', '1', { ifMissing: 'ignore' }));
  t.same(fake.writes, []);
  apply(write('/g/a', '1', { fallback: { path: '/g/b', value: '2' } }));
  t.same(fake.writes, [['/g/b', '2']]);
  t.throws(() => apply(write('/g/a', '1', { fallback: { path: '/g/c', value: '2' } })), {
    code: 'unsupported',
    message: /no a nor c/,
  });
});

t.test('write: a limit that kernels have given up is a warning', async (t) => {
  const kept = '/g/kept';
  const fake = fakeNative({ files: { [kept]: '', '/g/deaf': '', '/g/old': '' } });
  const { writeExisting } = fake.native;
  fake.native.writeExisting = (path) => {
    if (path === '/g/old') throw new TsruncError('system', 'given up', { errno: EOPNOTSUPP });
    // Rounded down to pages; and the file that takes all without effect.
    writeExisting(path, path === kept ? '4096' : '9223372036854771712');
  };
  const warnings: TsruncError[] = [];
  for (const path of [kept, '/g/deaf', '/g/old', '/g/gone'])
    applyCgroup(fake.native, plan([write(path, '5000', { ifMissing: 'warn' })]), (warning) => warnings.push(warning));
  t.match(
    warnings.map(({ message, pointer, fields }) => [message, pointer, fields.path]),
    ['deaf', 'old', 'gone'].map((name) => [
      `is left out: this kernel keeps no ${name} for a cgroup`,
      '/field',
      `/g/${name}`,
    ]),
  );
});

t.test('write: no swap at all is no matter on a host that has none', async (t) => {
  const line = '/dev/sda2  partition  1000000  0  -2\n';
  const title = 'Filename  Type  Size  Used  Priority\n';
  const apply = (files: Record<string, string>) => () =>
    applyCgroup(fakeNative({ files }).native, plan([write('/g/memory.swap.max', '0', { ifMissing: 'no-swap' })]));
  t.doesNotThrow(apply({}));
  t.doesNotThrow(apply({ '/proc/swaps': title }));
  t.throws(apply({ '/proc/swaps': title + line }), { code: 'unsupported', fields: { pointer: '/field' } });
});

t.test('write: a cpuset that would get others than those asked for', async (t) => {
  for (const [effective, fine] of [
    ['2', true],
    ['2-3', true],
    ['0-1', false],
    ['1-2', false],
  ] as const) {
    const files = { '/g/cpuset.cpus': '', '/g/cpuset.cpus.effective': `${effective}\n` };
    const apply = () =>
      applyCgroup(fakeNative({ files }).native, plan([write('/g/cpuset.cpus', '2-3', { effective: true })]));
    if (fine) t.same(apply(), []);
    else
      t.throws(apply, { code: 'unsupported', fields: { pointer: '/field' }, message: new RegExp(`on ${effective}$`) });
  }
});

t.test('device rules: a refusal is passed over, and told, only where the plan says so', async (t) => {
  for (const errno of [EPERM, EACCES, EINVAL]) {
    const fake = fakeNative({ files: { '/g/devices.deny': '' }, refuse: () => errno });
    fake.native.attachDeviceFilter = () => {
      throw new TsruncError('system', 'bpf', { errno });
    };
    const filter: CgroupOperation = { op: 'device-filter', path: '/g', rules: [], pointer: '/field' };
    for (const operation of [filter, write('/g/devices.deny', 'a')]) {
      const told: TsruncError[] = [];
      const apply = (mayBeRefused: boolean) =>
        applyCgroup(fake.native, plan([{ ...operation, mayBeRefused } as CgroupOperation]), (warning) =>
          told.push(warning),
        );
      t.throws(() => apply(false), { code: 'system', fields: { errno, pointer: '/field' } });
      if (errno === EINVAL) t.throws(() => apply(true), { code: 'system', fields: { errno } });
      else t.same(apply(true), []);
      t.match(told, errno === EINVAL ? [] : [{ message: /not in force/, fields: { errno, pointer: '/field' } }]);
    }
  }
});

t.test('device rules: all in their order, and an error says which was refused', async (t) => {
  const rules = [
    write('/g/devices.deny', 'a'),
    write('/g/devices.allow', 'c 1:3 rwm'),
    write('/g/devices.allow', 'c 1:5 rwm'),
    write('/g/devices.deny', 'c 1:5 m'),
    write('/g/devices.allow', 'c 1:7 rwm'),
  ];
  const written = rules.map(({ path, value }) => [path, value]);
  const files = { '/g/devices.allow': '', '/g/devices.deny': '' };
  const fake = fakeNative({ files });
  applyDeviceRules(fake.native, plan(rules), () => {});
  t.same(fake.writes, written);
  for (const [i, refused] of rules.entries()) {
    const refusing = fakeNative({ files, refuse: (_, value) => (value === refused.value ? EINVAL : undefined) });
    const error = {
      fields: { errno: EINVAL, pointer: '/field', path: refused.path },
      message: new RegExp(refused.value),
    };
    t.throws(() => applyDeviceRules(refusing.native, plan(rules), () => {}), error);
    t.same(refusing.writes, written.slice(0, i));
  }
  const passed = fakeNative({ files, refuse: (_, value) => (value === 'c 1:5 rwm' ? EPERM : undefined) });
  const told: TsruncError[] = [];
  applyDeviceRules(passed.native, plan(rules.map((rule) => ({ ...rule, mayBeRefused: true }))), (one) =>
    told.push(one),
  );
  t.same(
    passed.writes,
    written.filter(([, value]) => value !== 'c 1:5 rwm'),
  );
  t.equal(told.length, 1);
});

t.test('write: a file that appears once its controller is wholly on', async (t) => {
  const parent = '/cg/a/cgroup.subtree_control';
  for (const ifMissing of ['error', 'ignore']) {
    // As the kernel has it: another runtime is enabling memory. It is named already, the files come with the lock.
    const fake = fakeNative({ files: { [parent]: 'memory', '/cg/a/b/memory.swap.max': '' } });
    const { writeExisting } = fake.native;
    let locked = true;
    fake.native.writeExisting = (path, value) => {
      if (path === parent) locked = false;
      else if (locked) throw new TsruncError('system', 'not there yet', { errno: ENOENT });
      writeExisting(path, value);
    };
    applyCgroup(fake.native, plan([write('/cg/a/b/memory.swap.max', '0', { ifMissing })]));
    t.same(fake.writes, [
      [parent, '+memory'],
      ['/cg/a/b/memory.swap.max', '0'],
    ]);
  }
});

t.test('write: a controller that nobody enables stays off', async (t) => {
  const parent = '/cg/a/cgroup.subtree_control';
  const fake = fakeNative({ files: { [parent]: 'pids cpuset\n' } });
  t.throws(() => applyCgroup(fake.native, plan([write('/cg/a/b/cpu.weight', '7')])), {
    code: 'unsupported',
    fields: { pointer: '/field', errno: ENOENT },
  });
  t.same(fake.writes, [], 'a thread root would keep processes out of /cg/a/b');
});

t.test('make: a directory that never comes is an error', async (t) => {
  const fake = fakeNative({ directories: ['/cg', '/cg/a'] });
  fake.native.mkdir = (path) => {
    throw new TsruncError('system', path, { errno: path === '/cg/a' ? EEXIST : ENODEV });
  };
  t.throws(() => applyCgroup(fake.native, plan([{ op: 'make', path: '/cg/a/b', pointer: '/field' }])), {
    code: 'system',
    fields: { pointer: '/field', path: '/cg/a/b', errno: ENODEV },
  });
});

t.test('make: a parent that its last container removes meanwhile', async (t) => {
  for (const errno of [ENOENT, ENODEV]) {
    const fake = fakeNative({ directories: ['/cg', '/cg/a'] });
    const { mkdir } = fake.native;
    let tries = 0;
    fake.native.mkdir = (path, mode) => {
      if (path === '/cg/a/b' && tries++ < 2) throw new TsruncError('system', 'the parent goes', { errno });
      if (tries === 2) fake.directories.delete('/cg/a');
      mkdir(path, mode);
    };
    t.same(applyCgroup(fake.native, plan([{ op: 'make', path: '/cg/a/b', pointer: '' }])), ['/cg/a', '/cg/a/b']);
  }
});

t.test('write: two limits that depend on each other', async (t) => {
  let above = false;
  const fake = fakeNative({
    files: { '/g/limit': '', '/g/swap': '' },
    refuse: (path) => {
      if (path === '/g/swap') above = true;
      return path === '/g/limit' && !above ? EINVAL : undefined;
    },
  });
  applyCgroup(fake.native, plan([write('/g/limit', '1', { retryAfterNext: true }), write('/g/swap', '2')]));
  t.same(fake.writes, [
    ['/g/swap', '2'],
    ['/g/limit', '1'],
  ]);
});

t.test('enable: only what is off, each alone where all together fail', async (t) => {
  const file = '/cg/cgroup.subtree_control';
  const enable = (needed: Record<string, string> = {}): CgroupOperation => ({
    op: 'enable',
    path: '/cg',
    controllers: ['cpu', 'memory', 'pids'],
    needed,
    pointer: '',
  });
  const on = fakeNative({ files: { [file]: 'pids memory cpu\n' } });
  applyCgroup(on.native, plan([enable()]));
  t.same(on.writes, []);

  const some = fakeNative({ files: { [file]: 'cpu\n' } });
  applyCgroup(some.native, plan([enable()]));
  t.same(some.writes, [[file, '+memory +pids']]);

  const refuse = (_: string, value: string) => (value.includes('cpu') ? EBUSY : undefined);
  const partly = fakeNative({ files: { [file]: '' }, refuse });
  applyCgroup(partly.native, plan([enable()]));
  t.same(partly.writes, [
    [file, '+memory'],
    [file, '+pids'],
  ]);
  const busy = fakeNative({ files: { [file]: '' }, refuse });
  t.throws(() => applyCgroup(busy.native, plan([enable({ cpu: '/linux/resources/cpu/shares' })])), {
    code: 'unsupported',
    fields: { pointer: '/linux/resources/cpu/shares', errno: EBUSY },
    message: /has processes of its own/,
  });
});

t.test('enable: nothing in a cgroup with processes, which would become a thread root', async (t) => {
  const files = { '/cg/cgroup.subtree_control': '', '/cg/cgroup.procs': '12\n', '/cg/cgroup.type': 'domain\n' };
  const enable = (needed: Record<string, string>): CgroupOperation => ({
    op: 'enable',
    path: '/cg',
    controllers: ['cpu', 'memory', 'pids'],
    needed,
    pointer: '',
  });
  const idle = fakeNative({ files });
  applyCgroup(idle.native, plan([enable({})]));
  t.same(idle.writes, []);
  t.throws(() => applyCgroup(fakeNative({ files }).native, plan([enable({ pids: '/pids' })])), {
    code: 'unsupported',
    fields: { pointer: '/pids', errno: EBUSY },
    message: /has processes of its own/,
  });
  const root = fakeNative({ files: { '/cg/cgroup.subtree_control': '', '/cg/cgroup.procs': '2\n' } });
  applyCgroup(root.native, plan([enable({})]));
  t.same(root.writes, [['/cg/cgroup.subtree_control', '+cpu +memory +pids']]);
});

t.test('own: the directory and what the kernel lets be delegated', async (t) => {
  const given = (files: Record<string, string>) => {
    const fake = fakeNative({ files });
    const paths: string[] = [];
    fake.native.chown = (path, uid, gid) => {
      t.same([uid, gid], [1000, 0xffffffff]);
      if (path === '/cg/gone') throw new TsruncError('system', 'chown', { errno: ENOENT });
      paths.push(path);
    };
    applyCgroup(fake.native, plan([{ op: 'own', path: '/cg', uid: 1000, pointer: '' }]));
    return paths;
  };
  t.same(given({ '/sys/kernel/cgroup/delegate': 'cgroup.procs\ngone\nmemory.oom.group\n' }), [
    '/cg',
    '/cg/cgroup.procs',
    '/cg/memory.oom.group',
  ]);
  t.same(given({}), ['/cg', '/cg/cgroup.procs', '/cg/cgroup.subtree_control', '/cg/cgroup.threads']);
});

t.test('inherit-cpuset: empty files are filled from above, however far', async (t) => {
  const files = {
    '/c/cpuset.cpus': '0-3\n',
    '/c/cpuset.mems': '0\n',
    '/c/a/cpuset.cpus': '1\n',
    '/c/a/cpuset.mems': '\n',
    '/c/a/b/cpuset.cpus': '\n',
    '/c/a/b/cpuset.mems': '\n',
  };
  const fake = fakeNative({ files });
  applyCgroup(fake.native, plan([{ op: 'inherit-cpuset', path: '/c/a/b', pointer: '' }]));
  t.same(fake.writes, [
    ['/c/a/b/cpuset.cpus', '1'],
    ['/c/a/cpuset.mems', '0'],
    ['/c/a/b/cpuset.mems', '0'],
  ]);
});

t.test('inherit-cpuset: a directory that was only just made is not read', async (t) => {
  const files = { '/c/cpuset.cpus': '0-3\n', '/c/cpuset.mems': '0\n' };
  const fill = () => ({ 'cpuset.cpus': 'unread', 'cpuset.mems': 'unread' });
  const fake = fakeNative({ directories: ['/c'], files, fill });
  const made = applyCgroup(
    fake.native,
    plan([
      { op: 'make', path: '/c/a', pointer: '' },
      { op: 'inherit-cpuset', path: '/c/a', pointer: '' },
    ]),
  );
  t.same(made, ['/c/a']);
  t.same(fake.writes, [
    ['/c/a/cpuset.cpus', '0-3'],
    ['/c/a/cpuset.mems', '0'],
  ]);
});

t.test('a cgroup that was there before', async (t) => {
  const make: CgroupOperation = { op: 'make', path: '/cg/a', pointer: '' };
  const cgroup = (procs: string, frozen: string) =>
    fakeNative({
      directories: ['/cg', '/cg/a'],
      files: { '/cg/a/cgroup.procs': procs, '/cg/a/cgroup.freeze': frozen },
    });
  const run = (procs: string, frozen: string) =>
    applyCgroup(cgroup(procs, frozen).native, plan([make], { '': '/cg/a' }));
  t.same(run('', '0\n'), []);
  t.throws(() => run('12\n', '0\n'), { code: 'config', fields: { pointer: '/linux/cgroupsPath' } });
  t.throws(() => run('', '1\n'), { code: 'config', message: /frozen/ });
});

t.test('destroy leaves what was not made', async (t) => {
  const fake = fakeNative({ directories: ['/cg', '/cg/x', '/cg/x/a', '/cg/old', '/cg/y', '/cg/y/b', '/cg/y/other'] });
  fake.native.clock = () => [0, 0];
  destroyCgroup(fake.native, { '': '/cg/x/a', pids: '/cg/old', cpu: '/cg/y/b' }, [
    '/cg/x',
    '/cg/x/a',
    '/cg/y',
    '/cg/y/b',
  ]);
  t.same([...fake.directories].sort(), ['/cg', '/cg/old', '/cg/y', '/cg/y/other']);
});

t.test('destroy: what is not removed at once is to be killed first, and nothing else', async (t) => {
  const paths = { pids: '/cg/p', cpu: '/cg/c', memory: '/cg/m' };
  for (const errno of [EBUSY, EACCES]) {
    const fake = fakeNative({ directories: ['/cg', ...Object.values(paths)] });
    fake.native.clock = () => [0, 0];
    const { rmdir } = fake.native;
    let alive = true;
    fake.native.rmdir = (path) => {
      if (path === '/cg/c' && alive) throw new TsruncError('system', 'refused', { errno });
      rmdir(path);
    };
    const killed: Record<string, string>[] = [];
    destroyCgroup(fake.native, paths, undefined, {
      kill: (left) => {
        killed.push(left);
        alive = false;
      },
    });
    t.same(killed, [{ cpu: '/cg/c', memory: '/cg/m' }], 'what is gone may be made again by another');
    t.same([...fake.directories], ['/cg']);
  }
  const idle = fakeNative({ directories: ['/cg', ...Object.values(paths)] });
  destroyCgroup(idle.native, paths, undefined, { kill: () => t.fail('nothing is in them') });
  t.same([...idle.directories], ['/cg']);
});
