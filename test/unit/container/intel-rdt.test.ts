import t from 'tap';
import { EINVAL } from '../../../src/base/errno.js';
import {
  type IntelRdtGroup,
  intelRdtGroup,
  joinIntelRdt,
  makeIntelRdt,
  parseResctrlMount,
  removeIntelRdt,
  schemataMatch,
} from '../../../src/container/resctrl/intel-rdt.js';
import type { Native } from '../../../src/native/native.js';
import { fakeNative } from '../../helpers/fake-native.js';

const pointer = '/linux/intelRdt';
const holder = '1:2 2026-01-01T00:00:00Z /run/t/c1';

/** The group that the container gets, made. */
function made(native: Native, rdt: typeof own, id = 'c1'): IntelRdtGroup {
  makeIntelRdt(native, rdt, id, holder);
  return intelRdtGroup(native, rdt, id);
}

const own = { closID: 'c1', explicit: false, schemata: ['L3:0=f', 'MB:0=50'], monitoring: false, pointer };
const shared = { ...own, closID: 'gold', explicit: true };

function resctrl(files: Record<string, string> = {}, refuse?: (path: string, value: string) => number | undefined) {
  const root = '/sys/fs/resctrl';
  const groups = Object.keys(files).map((name) => `${root}/${name}`);
  const fake = fakeNative({
    directories: ['/sys/fs', root, ...groups, ...groups.map((group) => `${group}/mon_groups`)],
    files: Object.fromEntries(groups.map((group, i) => [`${group}/schemata`, Object.values(files)[i]!])),
    fill: () => ({ schemata: 'L3:0=fff\nMB:0=100\n', tasks: '' }),
    ...(refuse ? { refuse } : {}),
  });
  fake.native.fsType = () => 0x7655821;
  const { mkdir } = fake.native;
  // The kernel makes mon_groups in each control group.
  fake.native.mkdir = (path, mode) => {
    mkdir(path, mode);
    if (!path.includes('mon_groups')) fake.directories.add(`${path}/mon_groups`);
  };
  return fake;
}

t.test('schemata compare by value', async (t) => {
  const present = '    L3:0=00f;1=0ff\n    MB:0= 50;1=100\n';
  t.ok(schemataMatch(['L3:0=f;1=ff'], present));
  t.ok(schemataMatch(['L3:1=FF', 'MB:0=50'], present));
  t.ok(schemataMatch(['L3:0=f\nMB:1=100'], present));
  t.notOk(schemataMatch(['L3:0=1'], present));
  t.notOk(schemataMatch(['L3:2=f'], present));
  t.notOk(schemataMatch(['L2:0=f'], present));
  t.ok(schemataMatch(['L3:0=0'], 'L3:0=000'));
});

t.test('the mount elsewhere', async (t) => {
  t.equal(parseResctrlMount('1 2 0:3 / /mnt/r rw - resctrl resctrl rw\n'), '/mnt/r');
  t.equal(parseResctrlMount('1 2 0:3 / /mnt/a\\040b rw - resctrl resctrl rw\n'), '/mnt/a b');
  t.equal(parseResctrlMount('1 2 0:3 / /mnt/r rw - tmpfs tmpfs rw\n'), undefined);
});

t.test('resctrl that is not mounted', async (t) => {
  const { native } = fakeNative({ files: { '/proc/self/mountinfo': '' } });
  t.throws(() => made(native, own, 'c1'), { code: 'unsupported', fields: { pointer } });
});

t.test('a group of its own', async (t) => {
  const fake = resctrl();
  const group = made(fake.native, own);
  t.same(group, { tasks: ['/sys/fs/resctrl/c1/tasks'], made: '/sys/fs/resctrl/c1' });
  joinIntelRdt(fake.native, group, 7);
  t.same(fake.writes, [
    ['/sys/fs/resctrl/c1/schemata', 'L3:0=f\nMB:0=50\n'],
    ['/sys/fs/resctrl/c1/tasks', '7'],
  ]);
  fake.directories.delete('/sys/fs/resctrl/c1/mon_groups');
  const record = { id: 'c1', intelRdt: group.made, cgroup: { mark: holder } };
  removeIntelRdt(fake.native, record);
  t.notOk(fake.directories.has('/sys/fs/resctrl/c1'));
  removeIntelRdt(fake.native, record);
  removeIntelRdt(fake.native, { ...record, intelRdt: '' });
});

t.test('a named group is shared', async (t) => {
  t.same(made(resctrl().native, shared).made, '', 'made, but not to be removed');
  const there = { gold: 'L3:0=00f\nMB:0=50\n' };
  t.same(made(resctrl(there).native, shared).made, '');
  t.throws(() => made(resctrl({ gold: 'L3:0=0ff\nMB:0=50\n' }).native, shared, 'c1'), {
    code: 'config',
    fields: { pointer: `${pointer}/closID` },
  });
  const plain = { ...shared, schemata: [] };
  t.same(made(resctrl(there).native, plain).tasks, ['/sys/fs/resctrl/gold/tasks']);
  t.throws(() => made(resctrl().native, plain, 'c1'), {
    code: 'config',
    fields: { pointer: `${pointer}/closID` },
  });
});

t.test('closID / is the default group, the root of resctrl', async (t) => {
  const fake = resctrl();
  const schemata = '/sys/fs/resctrl/schemata';
  fake.files.set(schemata, 'L3:0=f\nMB:0=50\n');
  fake.directories.add('/sys/fs/resctrl/mon_groups');
  const root = { ...shared, closID: '/' };
  t.same(made(fake.native, { ...root, schemata: [] }), { tasks: ['/sys/fs/resctrl/tasks'], made: '' });
  t.same(made(fake.native, root).made, '', 'the schemata are those that it has');
  t.throws(() => made(fake.native, { ...root, schemata: ['L3:0=1'] }), {
    code: 'config',
    fields: { pointer: `${pointer}/closID` },
  });
  const monitored = made(fake.native, { ...root, schemata: [], monitoring: true });
  t.equal(monitored.made, '/sys/fs/resctrl/mon_groups/c1');
  t.same(fake.writes, [], 'nothing is written to the schemata of all');
});

t.test('monitoring', async (t) => {
  const monitor = '/sys/fs/resctrl/gold/mon_groups/c1';
  t.same(made(resctrl().native, { ...shared, monitoring: true }, 'c1'), {
    tasks: ['/sys/fs/resctrl/gold/tasks', `${monitor}/tasks`],
    made: monitor,
  });
  t.equal(made(resctrl().native, { ...own, monitoring: true }).made, '/sys/fs/resctrl/c1');
});

t.test('schemata the kernel refuses', async (t) => {
  const fake = resctrl({}, () => EINVAL);
  const { rmdir } = fake.native;
  fake.native.rmdir = (path) => {
    fake.directories.delete(`${path}/mon_groups`);
    rmdir(path);
  };
  t.throws(() => made(fake.native, own, 'c1'), { code: 'system', fields: { pointer, errno: EINVAL } });
  t.notOk(fake.directories.has('/sys/fs/resctrl/c1'));
});
