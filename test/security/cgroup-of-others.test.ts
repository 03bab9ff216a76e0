// Two containers with one cgroupsPath, under one --root or two, or one below the other; processes of strangers in a container's
// cgroup. Asserted: create, delete, kill --all, ps and pause reach what is surely the container's own, and nothing else.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type TestConfig, withoutNamespace } from '../helpers/config.js';
import { lives } from '../helpers/lives.js';
import { pureV2 } from '../helpers/pure-v2.js';
import type { CallOptions } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, needsFile, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);

const isRunning = (id: string, options: CallOptions = {}) =>
  JSON.parse(box.call(['state', id], options).stdout).status === 'running';

/** A config with that cgroupsPath. */
const at =
  (path: string, change: (config: TestConfig) => void = () => {}) =>
  (config: TestConfig) => {
    config.linux.cgroupsPath = path;
    change(config);
  };
const sharedPids = (config: TestConfig) => withoutNamespace(config, 'pid');

/** A container that has been killed, and waits for delete. */
function stopped(change: (config: TestConfig) => void, options: CallOptions = {}): string {
  const { id } = box.started(change, options);
  box.call(['kill', id, 'KILL'], options);
  box.waitStopped(id);
  return id;
}

const places = [
  ['v1 or hybrid', {}, false],
  ['cgroup2 alone', pureV2, differs({ runc: 'wants CAP_SYS_RESOURCE' }) || needsFile('/sys/fs/cgroup')],
] as const;

for (const [where, options, skip] of places) {
  t.test(`a cgroup with a container in it is refused: ${where}`, { skip: skipIf(skip) }, async (t) => {
    const path = `/${box.id()}`;
    const first = box.started(at(path), options);
    const second = box.call(['create', '--bundle', box.bundle(at(path)), box.id()], options);
    t.not(second.status, 0);
    t.match(second.stderr, /container's cgroup is not empty/);
    t.ok(isRunning(first.id, options), 'and undoing the second leaves the first');
    t.equal(box.call(['delete', '--force', first.id], options).status, 0);
  });

  for (const [pids, change] of [
    ['a pid namespace', () => {}],
    ["the host's pid namespace", sharedPids],
  ] as const) {
    t.test(
      `the cgroup of a stopped container goes to the next: ${where}, ${pids}`,
      { skip: skipIf(skip, differs({ runc: "lists the other's processes, and can't delete" })) },
      async (t) => {
        const call = (...args: string[]) => box.call(args, options);
        const path = `/${box.id()}/c`;
        const first = stopped(at(path, change), options);
        const second = box.started(at(path, change), options);
        const { pid } = JSON.parse(call('state', second.id).stdout);
        t.same(JSON.parse(call('ps', '--format', 'json', first).stdout) ?? [], []);
        t.same(JSON.parse(call('ps', '--format', 'json', second.id).stdout), [pid]);
        call('kill', '--all', first, 'KILL');
        t.not(call('kill', first, 'KILL').status, 0);
        t.ok(isRunning(second.id, options), 'kill');
        const deleted = call('delete', '--force', first);
        t.equal(deleted.status, 0, deleted.stderr);
        t.ok(isRunning(second.id, options), 'delete');
        t.equal(call('exec', second.id, 'true').status, 0);
        t.equal(call('delete', '--force', second.id).status, 0);
        t.notOk(existsSync(`/sys/fs/cgroup/pids${path}`), 'which removes it');
      },
    );
  }
}

t.test(
  'the same id and cgroup under another --root',
  { skip: skipIf(differs({ runc: "can't delete" })) },
  async (t) => {
    const path = `/${box.id()}`;
    const first = stopped(at(path));
    const root = join(box.home, 'other-root');
    const bundle = box.bundle(at(path, (config) => (config.process.args = ['sleep', '1000'])));
    const other = (...args: string[]) => box.call(['--root', root, ...args]);
    t.equal(other('run', '--detach', '--bundle', bundle, first).status, 0);
    t.equal(box.call(['delete', '--force', first]).status, 0);
    t.equal(JSON.parse(other('state', first).stdout).status, 'running');
    t.equal(other('delete', '--force', first).status, 0);
  },
);

/** A process of nobody's container in a cgroup. */
function stranger(t: Test, directory: string): number {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  writeFileSync(join(directory, 'cgroup.procs'), String(child.pid));
  return child.pid!;
}
/** The container's directory in a hierarchy that every test machine has. */
const directoryOf = (id: string, path: string) => {
  const line = readFileSync(`/proc/${box.state(id).pid}/cgroup`, 'utf8')
    .split('\n')
    .find((one) => one.endsWith(path));
  const controller = line!.split(':')[1]!.replace('name=', '');
  return join('/sys/fs/cgroup', controller === '' ? 'unified' : controller.split(',')[0]!, path);
};

t.test(
  'a create that fails leaves the processes that it found',
  { skip: skipIf(differs({ runc: 'looks at the hierarchy of devices alone' })) },
  async (t) => {
    const path = `/${box.id()}`;
    const probe = box.started(at(path));
    const directory = directoryOf(probe.id, path);
    box.remove(probe.id);
    mkdirSync(directory);
    const pid = stranger(t, directory);
    const id = box.id();
    t.not(box.call(['create', '--bundle', box.bundle(at(path)), id]).status, 0);
    box.remove(id);
    t.ok(lives(pid));
    t.ok(existsSync(directory));
    process.kill(pid, 'SIGKILL');
    while (readFileSync(join(directory, 'cgroup.procs'), 'utf8') !== '')
      await new Promise((resolve) => setTimeout(resolve, 5));
    rmdirSync(directory);
  },
);

t.test('a process that somebody put into the cgroup of a container', { skip: skipIf() }, async (t) => {
  const path = `/${box.id()}`;
  const { id } = box.started(at(path));
  const pid = stranger(t, directoryOf(id, path));
  process.kill(box.state(id).pid, 'SIGKILL');
  box.waitStopped(id);
  const result = box.call(['delete', '--force', id]);
  t.not(result.status, 0);
  t.match(result.stderr, /cgroup/);
  t.ok(lives(pid));
  process.kill(pid, 'SIGKILL');
  const again = box.call(['delete', '--force', id]);
  t.equal(again.status, 0, again.stderr);
});

const ours = tsruncOnly('its own state file');

t.test('a container whose cgroup is below that of another', { skip: skipIf(ours) }, async (t) => {
  const path = `/${box.id()}`;
  const outer = box.started(at(path));
  const inner = box.started(at(`${path}/in`));
  const { pid } = box.state(inner.id);
  t.notOk(JSON.parse(box.call(['ps', '--format', 'json', outer.id]).stdout).includes(pid));
  const paused = box.call(['pause', outer.id]);
  t.equal(paused.status, 1);
  t.match(paused.stderr, /can't be paused alone: .*\/in, below its cgroup, is another container's/);
  t.equal(box.call(['kill', '--all', outer.id, 'KILL']).status, 0);
  box.waitStopped(outer.id);
  t.ok(isRunning(inner.id));
  t.equal(box.call(['delete', outer.id]).status, 0);
  t.ok(isRunning(inner.id));
  const next = box.call(['create', '--bundle', box.bundle(at(path)), box.id()]);
  t.match(next.stderr, /container's cgroup is not empty/);
  t.equal(box.call(['delete', '--force', inner.id]).status, 0);
  const last = box.started(at(path));
  t.equal(box.call(['delete', '--force', last.id]).status, 0);
});

box.end(t);
