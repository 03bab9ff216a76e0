/** Whose a cgroup is: marks, claims, and which of the paths in a state file count. */
import { mkdirSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import t from 'tap';
import { EEXIST, ENOENT, ENOMEM, EOPNOTSUPP, EPERM } from '../../../src/base/errno.js';
import { TsruncError } from '../../../src/base/error.js';
import { cgroupHost } from '../../../src/cgroup/host.js';
import { Claim } from '../../../src/cgroup/ownership/claim.js';
import { findMarked } from '../../../src/cgroup/ownership/find-marked.js';
import { holderExists, holderText, isHolderOf, parseHolder } from '../../../src/cgroup/ownership/holder.js';
import { makeDirectory } from '../../../src/cgroup/ownership/make-directories.js';
import { clearMark, readMark, replaceMark, setMark, takesMarks } from '../../../src/cgroup/ownership/mark.js';
import { holdOf, isContainerPlace, OwnCgroups } from '../../../src/cgroup/ownership/ownership.js';
import { cgroupProcesses } from '../../../src/cgroup/processes.js';
import { nodeNative } from '../../../src/hosts/node/host.js';
import { CGROUP2_SUPER_MAGIC } from '../../../src/native/flags.js';
import { fakeNative } from '../../helpers/fake-native.js';

const mine = holderText({ place: '1:2', created: '2026-01-01T00:00:00Z', directory: '/run/t/a b' });
const theirs = holderText({ place: '1:3', created: '2026-01-01T00:00:00Z', directory: '/run/u/web' });
const nobody = () => undefined;

t.test('the name of a holder', async (t) => {
  t.same(parseHolder(mine), { place: '1:2', created: '2026-01-01T00:00:00Z', directory: '/run/t/a b' });
  for (const text of ['', '1:2', '1:2 x', 'a:b c /d', '1:2 c d', '1:2 c e /d', ' c /d', '1:2  /d', '1:2 c/d']) {
    t.equal(parseHolder(text), undefined, text);
    t.equal(isHolderOf('d', text), false, text);
  }
  t.equal(isHolderOf('a b', mine), true);
  t.equal(isHolderOf('b', mine), false);
  t.equal(isHolderOf('b', '1:2 c /run/b/a'), false);
});

t.test('a mark is set once, by whoever may', async (t) => {
  const { native, attributes } = fakeNative({ directories: ['/cg/a'] });
  t.equal(readMark(native, '/cg/a'), undefined);
  t.equal(setMark(native, '/cg/a', { kind: 'made', holder: mine }), 'set');
  t.equal(setMark(native, '/cg/a', { kind: 'made', holder: theirs }), 'taken');
  t.same(readMark(native, '/cg/a'), { kind: 'made', holder: mine, trusted: true });
  t.equal(replaceMark(native, '/cg/a', { kind: 'found', holder: theirs }), 'set');
  t.same(readMark(native, '/cg/a'), { kind: 'found', holder: theirs, trusted: true });
  clearMark(native, '/cg/a');
  t.equal(attributes.size, 0);
  t.throws(() => readMark(native, '/cg/none'), { code: 'system', fields: { errno: ENOENT } });
});

/** A kernel, or a user, that may set attributes of these namespaces only. */
function taking(...prefixes: string[]) {
  const fake = fakeNative({ directories: ['/cg', '/cg/a'] });
  const { setXattr } = fake.native;
  fake.native.setXattr = (path, name, value, create) => {
    if (!prefixes.some((prefix) => name.startsWith(prefix)))
      throw new TsruncError('system', 'no', { errno: name.startsWith('trusted.') ? EPERM : EOPNOTSUPP });
    setXattr(path, name, value, create);
  };
  return fake;
}

t.test('without CAP_SYS_ADMIN the mark is a user attribute; on older kernels there is none then', async (t) => {
  const user = taking('user.');
  t.equal(setMark(user.native, '/cg/a', { kind: 'made', holder: mine }), 'weak');
  t.same([...user.attributes.keys()], ['/cg/a user.tsrunc']);
  t.match(readMark(user.native, '/cg/a'), { holder: mine, trusted: false });
  const none = taking();
  t.equal(setMark(none.native, '/cg/a', { kind: 'made', holder: mine }), 'impossible');
  const claim = new Claim(none.native, ['/cg/a'], mine, nobody);
  t.equal(claim.takeMade('/cg/a'), true);
  t.equal(claim.works, false);
  none.native.getXattr = () => {
    throw new TsruncError('system', 'no', { errno: EOPNOTSUPP });
  };
  t.equal(takesMarks(none.native, '/cg/a', true), false);
  t.equal(readMark(none.native, '/cg/a'), undefined);
});

t.test(
  'a directory whose mark the container took off is known by its inode, as long as it was made for it',
  async (t) => {
    const { native, attributes } = taking('user.');
    native.fsType = () => CGROUP2_SUPER_MAGIC;
    const inode = (ino: number) => {
      const { stat } = native;
      native.stat = (path, follow) => {
        const found = stat(path, follow);
        return found && { ...found, dev: path === '/cg' ? 1 : 7, ino };
      };
    };
    inode(12);
    const claim = new Claim(native, ['/cg/a/b'], mine, nobody);
    native.mkdir('/cg/a/b', 0o755);
    claim.takeMade('/cg/a/b');
    t.same(claim.weak, { '/cg/a/b': '7:12' });
    const record = { paths: { '': '/cg/a/b' }, made: ['/cg/a/b'], mark: mine, weak: claim.weak };
    t.equal(holdOf(native, record, '/cg/a/b'), 'made');
    attributes.clear();
    t.equal(holdOf(native, record, '/cg/a/b'), 'made');
    t.equal(holdOf(native, { ...record, weak: {} }, '/cg/a/b'), 'unmarked');
    inode(13);
    t.equal(holdOf(native, record, '/cg/a/b'), 'unmarked', 'made anew by somebody');
  },
);

t.test('whose a directory of a state file is', async (t) => {
  const { native } = fakeNative({ directories: ['/cg', '/cg/up', '/cg/up/a', '/cg/b', '/cg/c'] });
  const record = { paths: { cpu: '/cg/up/a', '': '/cg/c' }, made: ['/cg/up', '/cg/up/a'], mark: mine };
  native.fsType = () => CGROUP2_SUPER_MAGIC;
  setMark(native, '/cg/up', { kind: 'above', holder: mine });
  setMark(native, '/cg/up/a', { kind: 'made', holder: mine });
  setMark(native, '/cg/b', { kind: 'made', holder: theirs });
  const hold = (path: string) => holdOf(native, record, path);
  t.same(['/cg/up', '/cg/up/a', '/cg/b', '/cg/c', '/cg/none'].map(hold), [
    'above',
    'made',
    'other',
    'unmarked',
    'gone',
  ]);
  const own = new OwnCgroups(native, record);
  t.same(own.paths, { cpu: '/cg/up/a' });
  t.same(own.above(), ['/cg/up']);
  replaceMark(native, '/cg/up', { kind: 'above', holder: theirs });
  t.same(own.above(), ['/cg/up'], 'of one that is gone');
  replaceMark(native, '/cg/up', { kind: 'made', holder: theirs });
  t.same(own.above(), []);
  const unmarked = { ...record, unmarked: true };
  t.same(
    ['/cg/c', '/cg/b'].map((path) => holdOf(native, unmarked, path)),
    ['found', 'other'],
  );
  t.equal(holdOf(native, { paths: { cpu: '/cg/c' }, made: ['/cg/c'] }, '/cg/c'), 'made', 'of an older tsrunc');
  t.equal(holdOf(native, { paths: { cpu: '/cg/c' } }, '/cg/c'), 'made', 'all that are its own');
  t.equal(holdOf(native, { paths: { cpu: '/cg/c' }, made: [] }, '/cg/c'), 'found');
});

t.test('claims of one directory', async (t) => {
  const { native } = fakeNative({ directories: ['/cg', '/cg/a'] });
  const open = { open: () => 3, flock: () => true, close: () => {} };
  Object.assign(native, open);
  const first = new Claim(native, ['/cg/a'], mine, nobody);
  first.takeFound('', '/cg/a');
  t.match(readMark(native, '/cg/a'), { kind: 'found', holder: mine });
  const busy = new Claim(native, ['/cg/a'], theirs, () => 'the container web of /run/t, which is running');
  t.throws(() => busy.takeFound('', '/cg/a'), {
    code: 'config',
    message: 'the cgroup /cg/a is the one of the container web of /run/t, which is running',
    fields: { pointer: '/linux/cgroupsPath' },
  });
  const next = new Claim(native, ['/cg/a'], theirs, nobody);
  next.takeFound('', '/cg/a');
  t.match(readMark(native, '/cg/a'), { kind: 'found', holder: theirs }, 'what was there before any container stays');
  next.release();
  t.equal(readMark(native, '/cg/a'), undefined);

  setMark(native, '/cg/a', { kind: 'made', holder: mine });
  t.equal(next.takeFound('', '/cg/a'), false);
  t.equal(native.stat('/cg/a', false), null, 'what was made for another, with its limits, is made anew');
});

t.test('one takes a directory that another is making', async (t) => {
  const { native } = fakeNative({ directories: ['/cg'] });
  native.mkdir('/cg/a', 0o755);
  new Claim(native, ['/cg/a'], theirs, nobody).takeFound('', '/cg/a');
  t.equal(new Claim(native, ['/cg/a'], mine, nobody).takeMade('/cg/a'), false);
  t.match(readMark(native, '/cg/a'), { kind: 'made', holder: theirs }, 'and removes it in the end');
});

t.test('a directory that another has taken stays, whatever fails then', async (t) => {
  for (const [holder, stays] of [
    [theirs, true],
    [mine, false],
  ] as const) {
    const { native, directories } = fakeNative({ directories: ['/cg'] });
    const { mkdir, setXattr } = native;
    native.mkdir = (path, mode) => {
      mkdir(path, mode);
      setMark(native, path, { kind: 'found', holder });
    };
    native.setXattr = (path, name, value, create) => {
      if (value.startsWith('made')) throw new TsruncError('system', 'no', { errno: ENOMEM });
      setXattr(path, name, value, create);
    };
    const claim = new Claim(native, ['/cg/a'], mine, nobody);
    t.throws(() => makeDirectory(native, { path: '/cg/a', pointer: '' }, [], claim), /no/);
    t.equal(directories.has('/cg/a'), stays);
  }
});

t.test(
  "a container's place is below the mount of a cgroup file system",
  { skip: process.geteuid?.() !== 0 },
  async (t) => {
    const native = nodeNative();
    const host = cgroupHost(native);
    const mount = host.unified?.mountPoint ?? host.controllers[0]?.mountPoint;
    if (mount === undefined) throw new Error('no cgroup is mounted here');
    const directory = `${mount}/tsrunc-test-${process.pid}`;
    const link = `/tmp/tsrunc-test-${process.pid}-link`;
    mkdirSync(directory);
    symlinkSync(directory, link);
    t.teardown(() => {
      unlinkSync(link);
      rmdirSync(directory);
    });
    t.ok(isContainerPlace(native, directory));
    const wrong = [
      mount,
      `${mount}/`,
      '/',
      '/tmp',
      '/etc',
      '/proc/self',
      `${directory}/.`,
      `${directory}/../x`,
      link,
      directory.slice(1),
      '',
    ];
    for (const path of wrong) t.notOk(isContainerPlace(native, path), path);
    t.equal(holdOf(native, { paths: { '': '/etc' }, made: ['/etc'], mark: mine }, '/etc'), 'other');

    const place = { place: '7:8', created: 'x', directory: '/run/t/marked' };
    t.equal(setMark(native, directory, { kind: 'made', holder: holderText(place) }), 'set');
    t.throws(() => native.setXattr(directory, 'trusted.tsrunc', 'x', true), {
      code: 'system',
      fields: { errno: EEXIST },
    });
    const found = findMarked(native, host, '7:8', 'marked', false);
    t.match(found, [{ mark: holderText(place), made: [] }]);
    t.same(Object.values(found[0]!.paths), [directory]);
    t.same(findMarked(native, host, '7:8', 'other', false), []);
    t.notOk(holderExists(native, holderText(place)));
  },
);

t.test('a cgroup of another container below', async (t) => {
  const files = Object.fromEntries(
    ['', '/b', '/b/c', '/d'].flatMap((path) => [
      [`/cg/a${path}/cgroup.procs`, `${path.length + 1}\n`],
      [`/cg/a${path}/cgroup.stat`, 'nr_descendants 1\n'],
    ]),
  );
  const fake = fakeNative({ directories: ['/cg', '/cg/a', '/cg/a/b', '/cg/a/b/c', '/cg/a/d', '/run/u/web'], files });
  const { native } = fake;
  const { stat } = native;
  native.stat = (path, follow) => {
    const found = stat(path, follow);
    return found && path === '/run/u/web' ? { ...found, dev: 1, ino: 3 } : found;
  };
  setMark(native, '/cg/a', { kind: 'made', holder: mine });
  setMark(native, '/cg/a/b', { kind: 'made', holder: theirs });
  const own = new OwnCgroups(native, { paths: { '': '/cg/a' }, made: ['/cg/a'], mark: mine });
  t.equal(own.foreignBelow(), '/cg/a/b');
  t.same(cgroupProcesses(native, own.paths, own.isForeign), [1, 3]);
  fake.directories.delete('/run/u/web');
  t.equal(own.foreignBelow(), undefined, 'a runtime in the container marks its own');
  fake.directories.add('/run/u/web');
  clearMark(native, '/cg/a/b');
  native.setXattr('/cg/a/b', 'user.tsrunc', `made ${theirs}`, true);
  t.equal(own.foreignBelow(), undefined, 'so does a process without rights over the host');
});

t.test('a cgroup that is taken over before it is locked is not emptied', async (t) => {
  for (const taken of [false, true]) {
    const { native } = fakeNative({ directories: ['/cg/a'], files: { '/cg/a/cgroup.procs': '7\n' } });
    const record = { paths: { cpu: '/cg/a' }, made: ['/cg/a'], mark: mine };
    const signalled: number[] = [];
    let alive = true;
    setMark(native, '/cg/a', { kind: 'made', holder: mine });
    Object.assign(native, {
      clock: () => [1, 0],
      readFileIfExists: (path: string) => (alive && path.endsWith('/cgroup.procs') ? '7\n' : null),
      open: () => 20,
      close: () => undefined,
      pidfdOpen: () => 21,
      pidfdSignal: (_: number, signal: number) => {
        signalled.push(signal);
        alive = false;
      },
      poll: () => [1],
      flock: () => {
        if (taken) replaceMark(native, '/cg/a', { kind: 'made', holder: theirs });
        return true;
      },
    });
    const own = new OwnCgroups(native, record);
    t.equal(own.kill(9) > 0, !taken);
    t.equal(signalled.length > 0, !taken, taken ? "the other's process is left" : 'ours ends');
  }
});
