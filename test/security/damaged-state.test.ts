// A state file that is damaged, or names cgroups and directories that aren't the container's. Asserted: delete --force ends and removes what
// is surely the container's own and says what it can't tell; neither it nor kill --all, ps, pause, exec, update and events reach anything else.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type TestConfig, withoutNamespace } from '../helpers/config.js';
import { lives } from '../helpers/lives.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const skip = skipIf(tsruncOnly('its own state file'));

interface StateOnDisk {
  cgroup: { paths: Record<string, string>; made?: string[]; mark: string };
  [field: string]: unknown;
}

const stateOf = (id: string) => join(box.root, id, 'state.json');
const readState = (id: string): StateOnDisk => JSON.parse(readFileSync(stateOf(id), 'utf8'));
const writeState = (id: string, state: object) => writeFileSync(stateOf(id), JSON.stringify(state));
const sharedPids = (config: TestConfig) => withoutNamespace(config, 'pid');

for (const [what, text] of [
  ['empty', () => ''],
  ['cut short', (state) => state.slice(0, 100)],
  ['of another version', (state) => state.replace('"version":2', '"version":3')],
] as [string, (state: string) => string][]) {
  t.test(`a running container whose state file is ${what}`, { skip }, async (t) => {
    const { id } = box.started(sharedPids);
    const { pid } = box.state(id);
    const directories = Object.values(readState(id).cgroup.paths);
    t.ok(lives(pid));
    t.ok(directories.length > 0 && directories.every((directory) => existsSync(directory)), directories.join());
    writeFileSync(stateOf(id), text(readFileSync(stateOf(id), 'utf8')));
    const result = box.call(['delete', '--force', id]);
    t.equal(result.status, 0, result.stderr);
    t.notOk(lives(pid));
    t.same(
      directories.filter((directory) => existsSync(directory)),
      [],
    );
    t.notOk(existsSync(join(box.root, id)));
  });
}

t.test('a stopped container with a damaged state file, and another with its cgroup', { skip }, async (t) => {
  const shared = (config: TestConfig) => {
    config.linux.cgroupsPath = `/${box.prefix}-shared`;
  };
  const first = box.started(shared);
  box.call(['kill', first.id, 'KILL']);
  box.waitStopped(first.id);
  const second = box.started(shared);
  writeFileSync(stateOf(first.id), '{ damaged');
  const result = box.call(['delete', '--force', first.id]);
  t.equal(result.status, 0, result.stderr);
  t.notOk(existsSync(join(box.root, first.id)));
  t.equal(box.state(second.id).status, 'running');
  t.equal(box.call(['delete', '--force', second.id]).status, 0);
});

t.test('a damaged state file of a container without cgroups', { skip }, async (t) => {
  const id = box.id();
  const bundle = box.bundle((config) => {
    config.linux.resources = {};
    config.process.args = ['sleep', '1000'];
  });
  const made = box.call(['--cgroup-manager', 'disabled', 'run', '--detach', '--bundle', bundle, id]);
  t.equal(made.status, 0, made.stderr);
  const { pid } = box.state(id);
  t.teardown(() => process.kill(pid, 'SIGKILL'));
  writeFileSync(stateOf(id), '');
  const result = box.call(['delete', '--force', id]);
  t.equal(result.status, 1);
  t.match(result.stderr, /is removed, but its state file was damaged: a process of it that still runs is left/);
  t.ok(lives(pid));
  t.equal(box.call(['delete', '--force', id]).status, 0);
});

/** The commands that do something to the cgroups of a container. */
const commands: ((id: string) => string[])[] = [
  (id) => ['ps', id],
  (id) => ['pause', id],
  (id) => ['exec', id, 'true'],
  (id) => ['update', '--pids-limit', '3', id],
  (id) => ['events', '--stats', id],
  (id) => ['kill', '--all', id, 'KILL'],
  (id) => ['delete', '--force', id],
];

t.test('a state file that names the cgroup of another container', { skip }, async (t) => {
  const victim = box.started();
  const limit = (id: string) => readFileSync(join(readState(id).cgroup.paths.pids!, 'pids.max'), 'utf8');
  const before = readState(victim.id).cgroup.paths.pids === undefined ? undefined : limit(victim.id);
  for (const [pids, made, unmarked] of [
    [() => {}, true, false],
    [sharedPids, true, true],
    [sharedPids, false, true],
  ] as const) {
    const { id } = box.started(pids);
    const state = readState(id);
    const { cgroup } = readState(victim.id);
    const { mark } = state.cgroup;
    const own = Object.values(state.cgroup.paths);
    writeState(id, {
      ...state,
      cgroup: { paths: cgroup.paths, made: made ? Object.values(cgroup.paths) : [], mark, unmarked },
    });
    for (const command of commands) box.call(command(id));
    t.equal(box.state(victim.id).status, 'running', `${made} ${unmarked}`);
    if (before !== undefined) t.equal(limit(victim.id), before);
    removeDirectories(own);
  }
});

t.test('a state file that has the cgroups of another container, with their mark', { skip }, async (t) => {
  const victim = box.started();
  const { id } = box.started(sharedPids);
  const { pid } = box.state(id);
  const state = readState(id);
  const own = Object.values(state.cgroup.paths);
  writeState(id, { ...state, cgroup: readState(victim.id).cgroup });
  for (const command of commands.slice(0, -1)) t.not(box.call(command(id)).status, 0, command(id).join(' '));
  const result = box.call(['delete', '--force', id]);
  t.equal(result.status, 0, result.stderr);
  t.equal(box.state(victim.id).status, 'running');
  t.notOk(lives(pid));
  t.notOk(own.some((directory) => existsSync(directory)));
});

t.test('a state file that names directories which are no cgroup of a container', { skip }, async (t) => {
  const directory = box.directory();
  mkdirSync(join(directory, 'c'));
  for (const name of ['tasks', 'cgroup.procs', 'cgroup.kill', 'freezer.state', 'pids.max'])
    writeFileSync(join(directory, 'c', name), `${process.pid}\n`);
  const empty = box.directory();
  for (const path of [empty, join(directory, 'c')]) {
    const { id, own } = renamed(() => path, true, empty);
    for (const command of commands) box.call(command(id));
    t.ok(existsSync(empty), 'the directory stays');
    t.equal(readFileSync(join(directory, 'c/tasks'), 'utf8'), `${process.pid}\n`);
    removeDirectories(own);
  }
});

t.test('a state file that names a whole hierarchy', { skip }, async (t) => {
  // In a pid namespace of its own, which is all that a kill of everything could reach.
  const inside = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c'];
  const wrapper = [...inside, 'sleep 1000 & "$@"; kill -0 $! && echo "alive"', 'sh'];
  for (const unmarked of [true, false]) {
    const { id, own } = renamed((path) => path.slice(0, path.lastIndexOf('/')), unmarked);
    const { pid } = JSON.parse(readFileSync(stateOf(id), 'utf8'));
    for (const command of [
      ['ps', id],
      ['kill', '--all', id, 'KILL'],
      ['delete', '--force', id],
    ])
      t.match(box.call(command, { wrapper }).stdout, /^alive$/m, command.join(' '));
    process.kill(pid, 'SIGKILL');
    removeDirectories(own);
  }
});

/** A running container in the host's pid namespace whose state file names other cgroups. @returns its own, as `own` */
function renamed(wrong: (own: string) => string, unmarked: boolean, intelRdt = ''): { id: string; own: string[] } {
  const { id } = box.started((config) => {
    sharedPids(config);
    config.linux.cgroupsPath = `/${box.prefix}-renamed`;
  });
  const state = readState(id);
  const { paths, mark } = state.cgroup;
  const named = Object.fromEntries(Object.entries(paths).map(([key, path]) => [key, wrong(path)]));
  writeState(id, { ...state, intelRdt, cgroup: { paths: named, made: Object.values(named), mark, unmarked } });
  return { id, own: Object.values(paths) };
}

/** Once the processes in them, which were killed, have left them. */
function removeDirectories(directories: string[]): void {
  for (const directory of [...directories].reverse())
    for (let tries = 0; existsSync(directory) && tries < 1000; tries++)
      try {
        rmdirSync(directory);
      } catch {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      }
}

box.end(t);
