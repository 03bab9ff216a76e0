// Files that a thread reads before they are asked for (addon/core/read-ahead.cc).
import { readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { EFBIG, ENOENT } from '../../../src/base/errno.js';
import { nodeNative } from '../../../src/hosts/node/host.js';

const native = nodeNative();
const limit = 1 << 20;

t.test('what is read is what a file holds, however it was asked for', async (t) => {
  const directory = t.testdir();
  const files = Array.from({ length: 200 }, (_, i) => ({ path: join(directory, String(i)), text: `${i}`.repeat(i) }));
  files.push(
    { path: join(directory, 'large'), text: 'x'.repeat(7168) },
    { path: join(directory, 'utf'), text: 'ä\0€' },
  );
  for (const { path, text } of files) writeFileSync(path, text);
  const wrong: string[] = [];
  for (const step of [1, 2, 7, 48, 300]) {
    for (let from = 0; from < files.length; from += step) {
      const some = files.slice(from, from + step);
      native.readAhead(some.map(({ path }) => path));
      // Some are passed over, and some are asked for twice.
      for (const [i, { path, text }] of some.entries()) {
        if (i % 5 === 3) continue;
        if (native.readFile(path, limit) !== text) wrong.push(`${path} after ${step}`);
        if (i % 7 === 2 && native.readFileIfExists(path, limit) !== text) wrong.push(`${path} again`);
      }
    }
    native.endReadAhead();
  }
  t.same(wrong, []);
});

t.test('a file is out of date once that has ended', async (t) => {
  const path = join(t.testdir({ file: 'before' }), 'file');
  for (let i = 0; i < 50; i++) {
    native.readAhead([path, path, '/proc/self/stat']);
    native.endReadAhead();
    writeFileSync(path, `now ${i}`);
    t.equal(native.readFile(path, limit), `now ${i}`);
  }
});

t.test('errors are those of reading it', async (t) => {
  const directory = t.testdir({ long: 'x'.repeat(100) });
  const missing = join(directory, 'missing');
  const { pid } = process;
  for (let i = 0; i < 20; i++) {
    native.readAhead([
      missing,
      join(directory, 'long'),
      `/proc/${pid}/stat`,
      '/proc/4194304/stat',
      `/${'x'.repeat(2000)}`,
    ]);
    t.equal(native.readFileIfExists(missing, limit), null);
    t.throws(() => native.readFile(join(directory, 'long'), 99), { code: 'system', fields: { errno: EFBIG } });
    t.equal(native.processStat(pid)?.ppid, process.ppid);
    t.equal(native.processStat(4194304), null);
    native.readAhead([missing]);
    t.throws(() => native.readFile(missing, limit), { code: 'system', fields: { errno: ENOENT } });
  }
  native.endReadAhead();
});

t.test('it is a thread that reads', { skip: availableParallelism() < 2 && 'needs two CPUs' }, async (t) => {
  const path = join(t.testdir({ file: 'read' }), 'file');
  // Whoever reads first is not for us to say; once is enough.
  let early = 0;
  for (let i = 0; i < 1000 && early === 0; i++) {
    writeFileSync(path, 'read');
    native.readAhead([path]);
    // Gives the thread time.
    readdirSync('/proc/self/task');
    unlinkSync(path);
    if (native.readFileIfExists(path, limit) === 'read') early++;
    native.endReadAhead();
  }
  t.equal(early, 1);
});
