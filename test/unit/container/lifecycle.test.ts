import t from 'tap';
import { createContainer } from '../../../src/container/commands/create.js';
import { deleteContainer } from '../../../src/container/commands/delete.js';
import { runContainer } from '../../../src/container/commands/run.js';
import { startContainer } from '../../../src/container/commands/start.js';
import { containerState } from '../../../src/container/commands/state.js';
import type { CreateOptions } from '../../../src/container/options.js';
import { MessageKind, SyncEvent } from '../../../src/plan/steps/protocol.js';
import { message, ScriptedMachine } from '../../helpers/scripted-machine.js';

const options: CreateOptions = { id: 'c1', bundle: '/bundle', noPivot: false, noNewKeyring: false, preserveFds: 0 };

const config = {
  ociVersion: '1.3.0',
  root: { path: 'rootfs' },
  process: { args: ['sh'], cwd: '/', user: { uid: 0, gid: 0 } },
  linux: { namespaces: [{ type: 'mount' }, { type: 'pid' }] },
};

const ready = message(MessageKind.ready);

t.test('create leaves a container that waits, and state tells so', async (t) => {
  const machine = new ScriptedMachine(config, [ready]);
  createContainer(machine.runtime, { ...options, pidFile: '/run/pid' });
  t.equal(machine.files.get('/run/pid'), String(machine.pid), 'digits only');
  t.match(containerState(machine.runtime, 'c1'), { id: 'c1', status: 'created', pid: machine.pid, bundle: '/bundle' });
  t.ok(machine.alive);
  t.strictSame(machine.openDescriptors(), [], 'no descriptor is left open');
});

t.test('a process of another name than init is running, and the fifo is not looked at', async (t) => {
  const machine = new ScriptedMachine(config, [ready]);
  createContainer(machine.runtime, options);
  const statusOf = (program: string) => {
    machine.program = program;
    machine.fifoLooks = 0;
    return [containerState(machine.runtime, 'c1').status, machine.fifoLooks];
  };
  for (const name of ['tsrunc:[INIT]', 'memfd:tsrunc-in', 'my-tsrunc', '7'])
    t.same(statusOf(name), ['created', 1], name);
  for (const name of ['sh', '', 'x) S 1 (y']) t.same(statusOf(name), ['running', 0], name);
});

t.test('init gets the states of its hooks, and none that no hook reads', async (t) => {
  const hooks = (...names: string[]) => Object.fromEntries(names.map((name) => [name, [{ path: '/hook' }]]));
  const answered = (...names: string[]) => {
    const sync = message(MessageKind.sync, { value: SyncEvent.createRuntime });
    const machine = new ScriptedMachine({ ...config, hooks: hooks(...names) }, [sync, ready]);
    machine.beforeReceive = () => {
      sync.step = machine.stepOf('sync');
    };
    createContainer(machine.runtime, options);
    return machine.replies[0]?.map((text) => (text === '' ? '' : (JSON.parse(text) as { status: string }).status));
  };
  t.same(answered('createRuntime'), []);
  t.same(answered('createContainer'), ['creating', '']);
  t.same(answered('startContainer'), ['', 'created']);
  t.same(answered('createContainer', 'startContainer', 'createRuntime'), ['creating', 'created']);
});

t.test("state.json lists made cgroups only where they are not the container's own", async (t) => {
  const cgroupOf = (prepare: (machine: ScriptedMachine) => void) => {
    const machine = new ScriptedMachine(config, [ready]);
    machine.mountCgroup('c1');
    prepare(machine);
    createContainer(machine.runtime, options);
    const state = JSON.parse(machine.files.get('/run/t/c1/state.json') ?? '') as { version: number; cgroup: object };
    t.equal(state.version, 2);
    return state.cgroup;
  };
  const paths = { pids: '/sys/fs/cgroup/pids/c1' };
  const own = cgroupOf(() => {});
  t.match(own, { paths });
  t.notOk(Object.hasOwn(own, 'made'));
  t.match(
    cgroupOf((machine) => void machine.directories.add(paths.pids)),
    { paths, made: [] },
  );
});

t.test('the id is claimed once', async (t) => {
  const machine = new ScriptedMachine(config, [ready]);
  createContainer(machine.runtime, options);
  t.throws(() => createContainer(machine.runtime, options), { code: 'exists', message: /given ID already exists/ });
  t.equal(containerState(machine.runtime, 'c1').status, 'created');
});

t.test('a step that fails leaves nothing and names its field', async (t) => {
  const machine = new ScriptedMachine(config, [message(MessageKind.error, { step: 1, value: 2, text: 'open\0/x\0' })]);
  t.throws(() => createContainer(machine.runtime, options), { code: 'step', message: /no such file or directory/ });
  t.notOk(machine.alive, 'init was killed');
  t.strictSame(
    [...machine.directories].filter((path) => path.startsWith('/run/t/')),
    [],
  );
  t.strictSame(machine.openDescriptors(), []);
});

t.test('init gets the mounts before the rest is planned, and is ended when that fails', async (t) => {
  const machine = new ScriptedMachine(config, [ready]);
  machine.mountCgroup('c1');
  createContainer(machine.runtime, options);
  t.equal(machine.parts.length, 3);

  const labelled = { ...config, process: { ...config.process, apparmorProfile: 'profile' } };
  const refused = new ScriptedMachine(labelled, [ready]);
  refused.mountCgroup('c1');
  t.throws(() => createContainer(refused.runtime, options), { code: 'unsupported' });
  t.equal(refused.parts.length, 2);
  t.notOk(refused.alive, 'init was killed');
  t.strictSame(refused.openDescriptors(), []);
  t.notOk([...refused.directories].some((path) => /^\/run\/t\/|pids\/c1/.test(path)));
});

t.test('init gets nothing ahead without a cgroup that delete would find it by', async (t) => {
  const machine = new ScriptedMachine(config, [ready]);
  createContainer(machine.runtime, options);
  t.equal(machine.parts.length, 1);
  const found = (takesMarks: boolean) => {
    const shared = new ScriptedMachine(config, [ready]);
    shared.takesMarks = takesMarks;
    shared.mountCgroup('c1');
    shared.directories.add('/sys/fs/cgroup/pids/c1');
    createContainer(shared.runtime, options);
    return shared.parts.length;
  };
  t.equal(found(true), 3, 'one that was there before bears its mark');
  t.equal(found(false), 1, 'where it can bear none it may be of others');
});

t.test('an init that dies without a word is reaped and reported', async (t) => {
  const machine = new ScriptedMachine(config, [null]);
  t.throws(() => createContainer(machine.runtime, options), {
    message: /init was killed by SIGKILL before it was ready/,
  });
  t.strictSame(machine.openDescriptors(), []);
});

t.test('a failing createRuntime hook ends the container, and its poststop hooks run', async (t) => {
  const hooks = { createRuntime: [{ path: '/fail' }, { path: '/never' }], poststop: [{ path: '/after' }] };
  const machine = new ScriptedMachine({ ...config, hooks }, [
    message(MessageKind.sync, { value: SyncEvent.createRuntime }),
  ]);
  t.throws(() => createContainer(machine.runtime, options), {
    code: 'hook',
    message: '/hooks/createRuntime/0: error running createRuntime hook #0: exit status 1, stderr: no',
  });
  t.strictSame(
    machine.commands.map(({ path }) => path),
    ['/fail', '/after'],
  );
  t.match(JSON.parse(machine.commands[0]?.input ?? ''), {
    id: 'c1',
    status: 'creating',
    pid: machine.pid,
    bundle: '/bundle',
  });
  t.match(JSON.parse(machine.commands[1]?.input ?? ''), { status: 'stopped' });
  t.notMatch(JSON.parse(machine.commands[1]?.input ?? ''), { pid: Number });
});

t.test('start writes the byte, waits for the end of the status fifo, and runs poststart hooks', async (t) => {
  const machine = new ScriptedMachine({ ...config, hooks: { poststart: [{ path: '/hook' }] } }, [ready]);
  createContainer(machine.runtime, options);
  machine.messages.push(message(MessageKind.starting), null);
  startContainer(machine.runtime, 'c1');
  t.equal(containerState(machine.runtime, 'c1').status, 'running');
  t.match(JSON.parse(machine.commands[0]?.input ?? ''), { status: 'running' });
  t.throws(() => startContainer(machine.runtime, 'c1'), { message: 'cannot start an already running container' });
  machine.alive = false;
  t.throws(() => startContainer(machine.runtime, 'c1'), { message: 'cannot start a container that has stopped' });
});

t.test('a startContainer hook that fails ends the container', async (t) => {
  const hooks = { startContainer: [{ path: '/hook' }] };
  const machine = new ScriptedMachine({ ...config, hooks }, [ready]);
  createContainer(machine.runtime, options);
  const step = machine.stepOf('hook');
  machine.messages.push(message(MessageKind.hookFailed, { step, value: 3, text: 'bad' }));
  t.throws(() => startContainer(machine.runtime, 'c1'), {
    message: '/hooks/startContainer/0: error running startContainer hook #0: exit status 3, output: bad',
  });
  t.equal(containerState(machine.runtime, 'c1').status, 'stopped');
});

t.test('delete refuses what is not stopped; with force it kills first', async (t) => {
  const machine = new ScriptedMachine(config, [ready]);
  createContainer(machine.runtime, options);
  t.throws(() => deleteContainer(machine.runtime, 'c1', false), {
    message: 'cannot delete container c1 that is not stopped: created',
  });
  deleteContainer(machine.runtime, 'c1', true);
  t.notOk(machine.alive);
  t.throws(() => containerState(machine.runtime, 'c1'), { code: 'not-found' });
  t.throws(() => deleteContainer(machine.runtime, 'c1', false), { message: /container does not exist/ });
  t.doesNotThrow(() => deleteContainer(machine.runtime, 'c1', true));
});

t.test('a damaged state file is reported with its path, and delete --force removes the rest', async (t) => {
  const machine = new ScriptedMachine(config, [ready]);
  createContainer(machine.runtime, options);
  machine.files.set('/run/t/c1/state.json', '{"version":1}');
  t.throws(() => containerState(machine.runtime, 'c1'), {
    code: 'state',
    message: /\/run\/t\/c1\/state\.json is damaged/,
  });
  t.throws(() => deleteContainer(machine.runtime, 'c1', true), {
    code: 'state',
    message: /is removed, but .* is left/,
  });
  t.ok(machine.alive, 'nothing tells its process from others');
  t.throws(() => containerState(machine.runtime, 'c1'), { code: 'not-found' });
});

t.test('a process that a damaged state file names with its start time is ended', async (t) => {
  const machine = new ScriptedMachine(config, [ready]);
  createContainer(machine.runtime, options);
  const file = '/run/t/c1/state.json';
  machine.files.set(file, JSON.stringify({ ...JSON.parse(machine.files.get(file)!), version: 2 }));
  deleteContainer(machine.runtime, 'c1', true);
  t.notOk(machine.alive);
  t.throws(() => containerState(machine.runtime, 'c1'), { code: 'not-found' });
});

t.test('run gives the exit status and leaves nothing', async (t) => {
  const machine = new ScriptedMachine(config, [ready, message(MessageKind.starting), null]);
  machine.exitStatus = 130;
  t.equal(runContainer(machine.runtime, { ...options, detach: false, keep: false, noSubreaper: false }), 130);
  t.ok(machine.subreaper);
  t.strictSame(
    [...machine.directories].filter((path) => path.startsWith('/run/t/')),
    [],
  );
  t.strictSame(machine.openDescriptors(), []);
});

t.test('run of a program that cannot be executed leaves nothing either', async (t) => {
  const machine = new ScriptedMachine(config, [ready, message(MessageKind.starting)]);
  const step = () => machine.stepOf('exec');
  machine.beforeReceive = () => {
    if (machine.messages.length === 0)
      machine.messages.push(message(MessageKind.error, { step: step(), value: 8, text: 'execve\0/bin/sh\0' }));
  };
  t.throws(() => runContainer(machine.runtime, { ...options, detach: true, keep: true, noSubreaper: true }), {
    message: /exec \/bin\/sh: exec format error/,
  });
  t.notOk(machine.alive);
  t.strictSame(
    [...machine.directories].filter((path) => path.startsWith('/run/t/')),
    [],
  );
});
