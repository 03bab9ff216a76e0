import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { EEXIST, EFBIG, ENOENT } from '../../../src/base/errno.js';
import { nodeNative } from '../../../src/hosts/node/host.js';
import {
  CGROUP2_SUPER_MAGIC,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  O_CREAT,
  O_DIRECTORY,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  POLLIN,
  PROC_SUPER_MAGIC,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
} from '../../../src/native/flags.js';

const native = nodeNative();
const directory = (): string => mkdtempSync(join(process.env.TMPDIR ?? '/tmp', 'tsrunc-native-'));

t.test('a failed call is a TsruncError with the call, errno and path', async (t) => {
  t.throws(() => native.readFile('/nowhere/x', 10), {
    code: 'system',
    message: 'open /nowhere/x: no such file or directory',
    fields: { syscall: 'open', errno: ENOENT, path: '/nowhere/x' },
  });
});

t.test('files are read up to a limit, those without a size too', async (t) => {
  const top = directory();
  t.teardown(() => native.removeTree(top));
  native.writeNew(`${top}/a`, 'ä'.repeat(10000), 0o640);
  t.equal(native.readFile(`${top}/a`, 20000), 'ä'.repeat(10000));
  t.throws(() => native.readFile(`${top}/a`, 19999), { code: 'system', fields: { errno: EFBIG } });
  t.match(native.readFile('/proc/self/status', 1 << 20), /^Name:/);
  t.equal(native.readFileIfExists(`${top}/none`, 10), null);
});

t.test('files are written new, over existing ones, whole, and at the end', async (t) => {
  const top = directory();
  t.teardown(() => native.removeTree(top));
  native.writeNew(`${top}/a`, 'one', 0o600);
  t.equal(statSync(`${top}/a`).mode & 0o777, 0o600);
  t.throws(() => native.writeNew(`${top}/a`, 'two', 0o600), { code: 'system', fields: { errno: EEXIST } });
  native.writeExisting(`${top}/a`, 'x');
  t.equal(readFileSync(`${top}/a`, 'utf8'), 'x');
  t.throws(() => native.writeExisting(`${top}/b`, 'x'), { code: 'system', fields: { errno: ENOENT } });
  native.writeAtomic(`${top}/a`, 'whole', 0o644);
  native.writeAtomic(`${top}/new`, 'whole', 0o644);
  t.equal(readFileSync(`${top}/a`, 'utf8'), 'whole');
  native.appendFile(`${top}/log`, 'a', 0o644);
  native.appendFile(`${top}/log`, 'b', 0o644);
  t.equal(readFileSync(`${top}/log`, 'utf8'), 'ab');
  t.same(native.readDir(top), ['a', 'log', 'new'], 'no temporary file stays');
  t.throws(() => native.writeAtomic(`${top}/none/a`, '', 0o644), {
    code: 'system',
    fields: { errno: ENOENT, path: `${top}/none/a` },
  });
  t.throws(() => native.writeExisting('/dev/full', 'x'), { message: 'write /dev/full: no space left on device' });
  t.equal(native.writeEach(`${top}/b`, ['1', '2']), 0, 'a file that is missing');
  writeFileSync(`${top}/c`, '');
  t.equal(native.writeEach(`${top}/c`, ['1', '23', '']), 3);
  t.equal(readFileSync(`${top}/c`, 'utf8'), '123');
  t.equal(native.writeEach('/dev/full', ['1', '2']), 0, 'up to the first that fails');
  t.equal(native.writeEach('/dev/full', []), 0);
});

t.test('names: directories, links, fifos, stat', async (t) => {
  const top = directory();
  t.teardown(() => native.removeTree(top));
  native.mkdir(`${top}/d`, 0o711);
  native.mkfifo(`${top}/f`, 0o600);
  native.symlink('d', `${top}/l`);
  t.equal(native.readLink(`${top}/l`), 'd');
  t.equal(native.realPath(`${top}/l`), native.realPath(`${top}/d`));
  t.equal((native.stat(`${top}/f`, true)?.mode ?? 0) & S_IFMT, S_IFIFO);
  t.equal((native.stat(`${top}/l`, false)?.mode ?? 0) & S_IFMT, S_IFLNK);
  t.equal(native.stat(`${top}/none`, true), null);
  t.equal(native.stat(`${top}/f/none`, true), null, 'ENOTDIR');
  native.rename(`${top}/d`, `${top}/e`);
  native.rmdir(`${top}/e`);
  native.unlink(`${top}/l`);
  t.same(native.readDir(top), ['f']);
  const zero = native.stat('/dev/zero', true);
  t.same([zero?.rdevMajor, zero?.rdevMinor], [1, 5]);
  t.equal(native.fsType('/proc'), PROC_SUPER_MAGIC);
  t.not(native.fsType('/proc'), CGROUP2_SUPER_MAGIC);
});

t.test('a tree is removed without following symlinks', async (t) => {
  const top = directory();
  t.teardown(() => native.removeTree(top));
  mkdirSync(`${top}/tree/a/b`, { recursive: true });
  mkdirSync(`${top}/kept`);
  writeFileSync(`${top}/kept/file`, '');
  writeFileSync(`${top}/tree/a/b/file`, '');
  symlinkSync(`${top}/kept`, `${top}/tree/link`);
  native.removeTree(`${top}/tree`);
  native.removeTree(`${top}/tree`);
  t.same(readdirSync(top), ['kept']);
  t.same(readdirSync(`${top}/kept`), ['file']);
  symlinkSync(`${top}/kept`, `${top}/link`);
  native.removeTree(`${top}/link`);
  t.same(readdirSync(`${top}/kept`), ['file'], 'a symlink itself is removed');
});

t.test('descriptors: open flags, read that would block, poll', async (t) => {
  const top = directory();
  t.teardown(() => native.removeTree(top));
  t.throws(() => native.open('/etc/passwd', O_RDONLY | O_DIRECTORY, 0), { message: /not a directory$/ });
  native.mkfifo(`${top}/f`, 0o600);
  const fd = native.open(`${top}/f`, O_RDWR | O_NONBLOCK, 0);
  t.match(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'), /flags:\s+02/, 'O_CLOEXEC');
  t.equal(native.read(fd, 10), null);
  t.same(native.poll([fd], [POLLIN], 1), [0]);
  native.write(fd, 'hello');
  t.same(native.poll([fd], [POLLIN], -1), [POLLIN]);
  t.equal(native.read(fd, 3), 'hel');
  t.equal(native.fstat(fd).mode & S_IFMT, S_IFIFO);
  native.close(fd);
  t.throws(() => native.close(fd), { message: 'close: bad file descriptor' });
  const empty = native.open('/dev/null', O_RDONLY, 0);
  t.equal(native.read(empty, 3), '', 'end of file');
  native.close(empty);
});

t.test('flock: shared, exclusive, busy', async (t) => {
  const top = directory();
  t.teardown(() => native.removeTree(top));
  const one = native.open(`${top}/lock`, O_WRONLY | O_CREAT, 0o600);
  const two = native.open(`${top}/lock`, O_WRONLY, 0);
  t.equal(native.flock(one, LOCK_SH), true);
  t.equal(native.flock(two, LOCK_SH | LOCK_NB), true);
  t.equal(native.flock(two, LOCK_EX | LOCK_NB), false);
  native.flock(one, LOCK_UN);
  t.equal(native.flock(two, LOCK_EX | LOCK_NB), true);
  native.close(one);
  native.close(two);
});
