// What a container writes to /dev/stdout it opens anew, as the kernel lets the owner of the pipe alone: nginx and others log so.
// Asserted: the process's user may, in a user namespace too, by whatever command it gets its pipes; and nobody becomes the owner of
// what its descriptor doesn't let him do already.
import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, constants, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type TestConfig, withUserNamespace } from '../helpers/config.js';
import { execute, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const crun = 'the pipes stay with the caller';
const runc = 'so do the pipes of what it does not wait for (runc#4475)';
const WRITE = 'echo out >/dev/stdout; echo err >/dev/stderr; cat /dev/stdin';

/** A call with pipes at 0, 1 and 2; what comes out of them until everybody has closed them. */
function piped(args: string[], wrapper: string[] = []): string {
  const line = '{ echo in | "$@"; } 2>&1 | cat';
  return execute([...wrapper, 'sh', '-c', line, 'sh', runtime, '--root', box.root, ...args]).stdout;
}

const users: readonly [name: string, uid: number][] = [
  ['root', 0],
  ['another user', 1000],
];
const spaces: readonly [name: string, change: (config: TestConfig) => void, host: number][] = [
  ['a user namespace', withUserNamespace, 100000],
  ["the host's user namespace", () => {}, 0],
];

/** The lines in one order: what two descriptors bring has none. */
const lines = (text: string): string[] => text.split('\n').filter(Boolean).sort();
const WRITTEN = ['err', 'in', 'out'];

for (const [where, change] of spaces)
  for (const [who, uid] of users) {
    const configure = (script: string) => (config: TestConfig) => {
      config.process.args = ['sh', '-c', script];
      config.process.user = { uid, gid: uid };
      change(config);
    };
    const inSpace = where === 'a user namespace';
    const detached = skipIf(inSpace && differs({ runc, crun }), uid !== 0 && differs({ crun }));

    t.test(`${who} in ${where}: run`, { skip: skipIf(inSpace && differs({ crun })) }, async (t) => {
      t.same(lines(piped(['run', '--bundle', box.bundle(configure(WRITE)), box.id()])), WRITTEN);
    });

    t.test(`${who} in ${where}: run --detach`, { skip: detached }, async (t) => {
      t.same(lines(piped(['run', '--detach', '--bundle', box.bundle(configure(WRITE)), box.id()])), WRITTEN);
    });

    t.test(`${who} in ${where}: create, start`, { skip: detached }, async (t) => {
      const id = box.id();
      const both = `"$@" && exec ${runtime} --root ${box.root} start ${id}`;
      const line = `{ echo in | sh -c '${both}' sh "$@"; } 2>&1 | cat`;
      const bundle = box.bundle(configure(WRITE));
      const create = [runtime, '--root', box.root, 'create', '--bundle', bundle, id];
      t.same(lines(execute(['sh', '-c', line, 'sh', ...create]).stdout), WRITTEN);
    });

    t.test(`${who} in ${where}: exec`, { skip: skipIf(inSpace && differs({ crun })) }, async (t) => {
      const { id } = box.started(change);
      t.same(lines(piped(['exec', '--user', `${uid}:${uid}`, id, 'sh', '-c', WRITE])), WRITTEN);
    });

    t.test(`${who} in ${where}: exec --detach`, { skip: detached }, async (t) => {
      const { id } = box.started(change);
      t.same(lines(piped(['exec', '--detach', '--user', `${uid}:${uid}`, id, 'sh', '-c', WRITE])), WRITTEN);
    });
  }

t.test('in a user namespace that is joined', { skip: skipIf(differs({ runc, crun })) }, async (t) => {
  const { id } = box.started(withUserNamespace);
  const path = `/proc/${box.state(id).pid}/ns/user`;
  const joined = (config: TestConfig): void => {
    config.linux.namespaces.push({ type: 'user', path });
    config.process.user = { uid: 1000, gid: 1000 };
    config.process.args = ['sh', '-c', WRITE];
  };
  t.same(lines(piped(['run', '--bundle', box.bundle(joined), box.id()])), WRITTEN);
  const other = box.started((config) => {
    config.linux.namespaces.push({ type: 'user', path });
  });
  t.same(lines(piped(['exec', '--user', '7', other.id, 'sh', '-c', WRITE])), WRITTEN);
});

/** A container whose process has `descriptors` at 0, 1, 2; nobody waits for it, so that runc passes them on as well. */
function started(change: (config: TestConfig) => void, descriptors: number[], script = 'true'): void {
  const id = box.id();
  const bundle = box.bundle((config) => {
    config.process.args = ['sh', '-c', script];
    config.process.user = { uid: 1000, gid: 1000 };
    change(config);
  });
  const args = ['--root', box.root, 'run', '--detach', '--bundle', bundle, id];
  spawnSync(runtime, args, { stdio: [descriptors[0]!, descriptors[1]!, descriptors[2]!] });
  box.waitStopped(id);
}

const owner = (path: string): number => statSync(path).uid;

for (const [where, change, host] of spaces)
  t.test(
    `what is not given away: ${where}`,
    { skip: skipIf(host === 0 && differs({ runc: 'gives away all but /dev/null', crun: 'gives files away' })) },
    async (t) => {
      const directory = box.directory('streams');
      const path = (name: string): string => join(directory, name);
      writeFileSync(path('read'), 'read');
      writeFileSync(path('written'), '');
      for (const [name, type, minor] of [
        ['zero', 'c', '5'],
        ['loop', 'b', '0'],
      ] as const)
        execute(['mknod', path(name), type, type === 'c' ? '1' : '7', minor]);
      execute(['mkfifo', path('fifo'), path('outlet')]);
      const ends = [constants.O_RDWR, constants.O_RDONLY].map((how) => openSync(path('fifo'), how));
      const outlet = openSync(path('outlet'), constants.O_RDWR);
      const written = openSync(path('written'), 'a');
      const open = ['read', 'zero', '.'].map((name) => openSync(path(name), 'r'));
      for (const descriptor of open) started(change, [descriptor, written, written]);
      started(change, [ends[1]!, outlet, outlet]);
      for (const descriptor of [...open, ...ends, outlet, written]) closeSync(descriptor);
      for (const name of ['read', 'zero', 'loop', 'fifo', '.']) t.equal(owner(path(name)), 0, name);
      t.equal(owner(path('written')), host === 0 ? 1000 : 0, 'a file that is open for writing');
      t.equal(owner(path('outlet')), host === 0 ? 1000 : 0, 'a named pipe that is open for writing');
    },
  );

t.test('a file of the host stays as it is in a user namespace', { skip: skipIf() }, async (t) => {
  const file = join(box.directory('streams'), 'file');
  writeFileSync(file, '');
  chmodSync(file, 0o600);
  const descriptor = openSync(file, 'a');
  started(withUserNamespace, [descriptor, descriptor, descriptor], 'echo written');
  closeSync(descriptor);
  t.equal(owner(file), 0);
  t.equal(readFileSync(file, 'utf8'), 'written\n');
});

box.end(t);
