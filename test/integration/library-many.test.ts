/** Many operations of the client at once. */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import t, { type Test } from 'tap';
import { clientOf, specOf } from '../helpers/library.js';
import { openDescriptors } from '../helpers/open-descriptors.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const runtime = clientOf(box);
const MANY = 200;

/** Has temporary files made in a directory until the test ends: those of other tests are elsewhere then. */
function keepTemporaryFilesIn(t: Test, directory: string): void {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = directory;
  t.teardown(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  });
}

t.test('200 execs at once', { skip: skipIf() }, async (t) => {
  const id = box.id();
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on('warning', warned);
  t.teardown(() => process.off('warning', warned));
  await runtime.run(id, specOf(box, ['sleep', '1000']), { detach: true });
  // What is loaded or opened once is there afterwards.
  await runtime.exec(id, ['true']);
  const before = openDescriptors();
  const { signal } = new AbortController();
  const begin = performance.now();
  const results = await Promise.all(
    Array.from({ length: MANY }, (_, index) =>
      runtime.exec(id, ['sh', '-c', `read line; echo "$line ${index}"; exit ${index % 100}`], {
        ...{ stdin: { data: `line\n` }, signal },
      }),
    ),
  );
  t.comment(`${MANY} execs in ${Math.round(performance.now() - begin)} ms`);
  t.same(
    results.map(({ stdout, exitCode }) => `${stdout}${exitCode}`),
    Array.from({ length: MANY }, (_, index) => `line ${index}\n${index % 100}`),
  );
  t.same(openDescriptors(), before, 'no descriptor is left open');
  t.same(
    warnings.map(({ message }) => message),
    [],
    'nobody warns of too many listeners',
  );
  await runtime.delete(id, { force: true });
});

t.test('20 terminals at once', { skip: skipIf() }, async (t) => {
  const id = box.id();
  keepTemporaryFilesIn(t, box.directory());
  await runtime.run(id, specOf(box, ['sleep', '1000']), { detach: true });
  const before = openDescriptors();
  const outputs = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const options = { terminal: { columns: 80 + index, rows: 24 } };
      if (index % 2 === 0) {
        const process = runtime.exec(id, ['stty', 'size'], options);
        const output = (await process.terminal.toArray()).join('');
        await process;
        return output.trim();
      }
      // A detached one may run before we have its terminal, and can set the size.
      const process = await runtime.exec(id, ['sh', '-c', 'read x; stty size'], { ...options, detach: true });
      process.terminal.write('\n');
      return (await process.terminal.toArray()).join('').trim();
    }),
  );
  t.same(
    outputs,
    Array.from({ length: 20 }, (_, index) => `24 ${80 + index}`),
  );
  await new Promise((resolve) => setImmediate(resolve));
  t.same(openDescriptors(), before, 'no descriptor is left open');
  t.same(
    readdirSync(tmpdir()).filter((name) => name.startsWith('tsrunc-tty-')),
    [],
  );
  await runtime.delete(id, { force: true });
});

t.test(
  'a path of the console socket is short, however long that of temporary files is',
  { skip: skipIf() },
  async (t) => {
    const id = box.id();
    const long = box.directory('d'.repeat(120));
    keepTemporaryFilesIn(t, long);
    const made = await runtime.create(id, specOf(box, ['stty', 'size']), { terminal: { columns: 70, rows: 7 } });
    await runtime.start(id);
    t.equal((await made.terminal.toArray()).join(''), '7 70\r\n');
    await runtime.delete(id, { force: true });
    t.same(readdirSync(long), []);
  },
);

box.end(t);
