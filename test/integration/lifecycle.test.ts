import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { type TestConfig, withoutNamespace, withUserNamespace } from '../helpers/config.js';
import { cgroups } from '../helpers/machine.js';
import { plainEnv, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);

t.test('create, start, kill, delete, with the state after each', { skip: skipIf() }, async (t) => {
  const { id, bundle } = box.create((config) => {
    config.process.args = ['sleep', '1000'];
    config.annotations = { 'org.example.key': 'value' };
  });
  const created = box.state(id);
  t.match(created, { id, status: 'created', bundle, annotations: { 'org.example.key': 'value' } });
  t.ok(existsSync(`/proc/${created.pid}`));
  t.notMatch(readFileSync(`/proc/${created.pid}/cmdline`, 'utf8'), /^sleep/, 'the process does not run yet');
  t.equal(box.call(['start', id]).status, 0);
  t.match(box.state(id), { status: 'running', pid: created.pid });
  t.match(readFileSync(`/proc/${created.pid}/cmdline`, 'utf8'), /^sleep/);
  t.equal(box.call(['kill', id, 'KILL']).status, 0);
  box.waitStopped(id);
  t.match(box.state(id), { status: 'stopped', pid: 0, id, bundle });
  t.equal(box.call(['delete', id]).status, 0);
  t.not(box.call(['state', id]).status, 0);
});

t.test('the keys of state', { skip: skipIf() }, async (t) => {
  const { id } = box.create();
  const result = box.call(['state', id]);
  t.equal(result.stderr, '');
  const state = JSON.parse(result.stdout);
  t.same(Object.keys(state), ['ociVersion', 'id', 'pid', 'status', 'bundle', 'rootfs', 'created', 'owner']);
  t.match(state.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z$/);
  t.equal(state.owner, '');
  t.match(result.stdout, /^\{\n {2}"ociVersion": "/);
});

t.test('state of a container that is not there', { skip: skipIf() }, async (t) => {
  const result = box.call(['state', 'no-such']);
  t.equal(result.status, 1);
  t.equal(result.stdout, '');
  t.match(result.stderr, /container does not exist/);
});

t.test('an id in use', { skip: skipIf() }, async (t) => {
  const { id, bundle } = box.create();
  const before = box.state(id);
  for (const command of ['create', 'run']) {
    const result = box.call([command, '--bundle', bundle, id]);
    t.equal(result.status, 1);
    t.match(result.stderr, /container with given ID already exists/);
  }
  t.same(box.state(id), before, 'the first one is as it was');
});

t.test(
  'delete of a created or running container needs --force',
  { skip: skipIf(differs({ runc: 'deletes a created one' })) },
  async (t) => {
    const { id } = box.create((config) => (config.process.args = ['sleep', '1000']));
    const created = box.call(['delete', id]);
    t.equal(created.status, 1);
    t.match(created.stderr, new RegExp(`cannot delete container ${id} that is not stopped: created`));
    t.equal(box.state(id).status, 'created');
    box.call(['start', id]);
    const running = box.call(['delete', id]);
    t.equal(running.status, 1);
    t.match(running.stderr, /that is not stopped: running/);
    t.equal(box.state(id).status, 'running');
    t.equal(box.call(['delete', '--force', id]).status, 0);
    t.not(box.call(['state', id]).status, 0);
  },
);

t.test('delete of an unknown id: an error, not with --force', { skip: skipIf() }, async (t) => {
  const plain = box.call(['delete', 'no-such']);
  t.equal(plain.status, 1);
  t.match(plain.stderr, /container does not exist/);
  t.equal(box.call(['delete', '--force', 'no-such']).status, 0);
});

t.test('start twice, and start of a stopped container', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  const again = box.call(['start', id]);
  t.equal(again.status, 1);
  t.match(again.stderr, /cannot start an already running container/);
  box.call(['kill', id, 'KILL']);
  box.waitStopped(id);
  const stopped = box.call(['start', id]);
  t.equal(stopped.status, 1);
  t.match(stopped.stderr, /cannot start a container that has stopped/);
  t.match(box.call(['start', 'no-such']).stderr, /container does not exist/);
});

t.test('kill by name and number, and of what is not running', { skip: skipIf() }, async (t) => {
  for (const signal of ['15', 'TERM', 'SIGTERM', 'term', 'sigterm', undefined]) {
    const { directory, read } = box.fifo();
    const { id } = box.started((config) => {
      config.process.args = [
        'sh',
        '-c',
        'trap "exit 5" TERM; echo ready > /fifo/fifo; while :; do sleep 1 & wait; done',
      ];
      config.mounts.push({ destination: '/fifo', source: directory, options: ['bind'] });
    });
    t.equal(read(), 'ready\n');
    const result = box.call(['kill', id, ...(signal ? [signal] : [])]);
    t.equal(result.status, 0, `${signal}: ${result.stderr}`);
    box.waitStopped(id);
    const after = box.call(['kill', id, 'TERM']);
    t.equal(after.status, 1);
    t.match(after.stderr, /container not running/);
    t.equal(box.state(id).status, 'stopped', 'a failed kill changes nothing');
  }
  t.match(box.call(['kill', 'no-such', 'KILL']).stderr, /container does not exist/);
});

t.test('kill of a created container', { skip: skipIf() }, async (t) => {
  const { id } = box.create();
  t.equal(box.call(['kill', id, 'KILL']).status, 0);
  box.waitStopped(id);
  t.equal(box.state(id).status, 'stopped');
  t.equal(box.call(['delete', id]).status, 0);
});

for (const [where, change] of [
  ['the first process of its pid namespace', () => {}],
  ['in a user namespace', withUserNamespace],
  ["in the host's pid namespace", (config: TestConfig) => withoutNamespace(config, 'pid')],
] as const)
  t.test(
    `a created container is ended by what asks a program to end: ${where}`,
    { skip: skipIf(differs({ crun: 'its init gets no signal but KILL' })) },
    async (t) => {
      for (const signal of ['TERM', 'INT', 'HUP']) {
        const { id } = box.create((config) => change(config));
        t.equal(box.call(['kill', id, signal]).status, 0);
        box.waitStopped(id);
        t.equal(box.state(id).status, 'stopped', signal);
        t.not(box.call(['start', id]).status, 0);
        t.equal(box.call(['delete', id]).status, 0);
      }
    },
  );

t.test('the process of a container has every signal default', { skip: skipIf() }, async (t) => {
  const { stdout } = box.run((config) => {
    config.process.args = ['grep', '-E', '^Sig(Cgt|Ign):', '/proc/self/status'];
  });
  t.match(stdout, /^SigCgt:\t0+$/m);
  t.match(stdout, /^SigIgn:\t0+$/m);
});

t.test('kill --all is taken, also of a stopped container', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  t.equal(box.call(['kill', '--all', id, '9']).status, 0);
  box.waitStopped(id);
  t.equal(box.state(id).status, 'stopped');
  t.equal(box.call(['kill', '--all', id, '9']).status, 0);
});

t.test('config.json changed after create has no effect', { skip: skipIf() }, async (t) => {
  const { directory, read } = box.fifo();
  const { id, bundle } = box.create((config) => {
    config.process.args = ['sh', '-c', 'echo first > /fifo/fifo'];
    config.mounts.push({ destination: '/fifo', source: directory, options: ['bind'] });
  });
  writeFileSync(join(bundle, 'config.json'), '{ broken');
  t.equal(box.call(['start', id]).status, 0);
  t.equal(read(), 'first\n');
  t.equal(box.state(id).id, id);
});

t.test('no command holds the pipes of its caller', { skip: skipIf() }, async (t) => {
  // With real pipes: the call is over when stdout and stderr reach their end, which a process left behind would delay.
  const id = box.id();
  const bundle = box.bundle((config) => {
    config.process.args = ['sh', '-c', 'exec >/dev/null 2>&1; sleep 1000'];
  });
  const started = async (args: string[]) => {
    const child = spawn(runtime, ['--root', box.root, ...args], { env: plainEnv, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (part) => (text += part));
    child.stderr.on('data', (part) => (text += part));
    const status = await new Promise((resolve) => child.once('close', resolve));
    return { status, text };
  };
  const made = box.call(['create', '--bundle', bundle, id]);
  t.equal(made.status, 0, made.stderr);
  for (const args of [
    ['state', id],
    ['start', id],
    ['exec', '--detach', id, 'sh', '-c', 'exec >/dev/null 2>&1; sleep 1000'],
    ['ps', id],
    ['kill', id, 'KILL'],
  ]) {
    const result = await started(args);
    t.equal(result.status, 0, `${args[0]}: ${result.text}`);
  }
});

/** A container in the foreground, once run waits for its end; `closed` is the exit status of run. */
async function foreground(id: string, bundle: string) {
  const run = spawn(runtime, ['--root', box.root, 'run', '--bundle', bundle, id], {
    env: plainEnv,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise((resolve) => run.once('close', resolve));
  await new Promise((resolve) => run.stdout.once('data', resolve));
  // Waits for the lock, which run holds until it has written all it writes.
  box.call(['exec', id, 'true']);
  return { run, closed };
}

t.test(
  'a run whose container was deleted meanwhile leaves the next one of that id alone',
  { skip: skipIf(tsruncOnly('the others may remove it')) },
  async (t) => {
    const id = box.id();
    const bundle = box.bundle((config) => {
      config.process.args = ['sh', '-c', 'echo up; exec sleep 1000'];
    });
    const { run, closed } = await foreground(id, bundle);
    // It learns of the end only when the id is another's.
    run.kill('SIGSTOP');
    t.equal(box.call(['delete', '--force', id]).status, 0);
    const made = box.call(['create', '--bundle', box.bundle(), id]);
    t.equal(made.status, 0, made.stderr);
    const next = box.state(id).pid;
    run.kill('SIGCONT');
    t.equal(await closed, 137);
    t.match(box.state(id), { status: 'created', pid: next });
  },
);

t.test(
  'a run whose delete was cut short after the cgroups leaves the next ones of that path alone',
  { skip: skipIf(tsruncOnly('the others may remove them')) },
  async (t) => {
    const id = box.id();
    const shared = (config: TestConfig) => {
      config.linux.cgroupsPath = `/${id}-shared`;
    };
    const bundle = box.bundle((config) => {
      shared(config);
      config.process.args = ['sh', '-c', 'echo up; exec sleep 1000'];
    });
    const { run, closed } = await foreground(id, bundle);
    run.kill('SIGSTOP');
    const directory = join(box.root, id);
    const { pid, cgroup } = JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    box.waitStopped(id);
    for (const path of Object.values<string>(cgroup.made ?? cgroup.paths).reverse()) rmdirSync(path);
    unlinkSync(join(directory, 'state.json'));
    const next = box.create(shared);
    run.kill('SIGCONT');
    t.equal(await closed, 137);
    t.equal(box.state(next.id).status, 'created');
    t.notOk(existsSync(directory), 'what was left of the directory is gone');
  },
);

t.test('the container is a child of the nearest subreaper, not of a tsrunc process', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  const parentOf = (pid: number): number => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  };
  const ours = [process.pid];
  while (ours.at(-1)! > 1) ours.push(parentOf(ours.at(-1)!));
  const parent = parentOf(box.state(id).pid);
  t.ok(ours.includes(parent), `${parent} is one of ${ours.join()}`);
});

t.test('run --detach', { skip: skipIf() }, async (t) => {
  const id = box.id();
  const file = join(box.directory(), 'pid');
  const bundle = box.bundle((config) => (config.process.args = ['sleep', '1000']));
  const result = box.call(['run', '--detach', '--pid-file', file, '--bundle', bundle, id]);
  t.equal(result.status, 0, result.stderr);
  t.match(box.state(id), { status: 'running', pid: Number(readFileSync(file, 'utf8')) });
});

t.test(
  'run removes the container at its end, --keep does not',
  { skip: skipIf(differs({ runc: '--keep came with 1.1.6' })) },
  async (t) => {
    const id = box.id();
    t.equal(box.call(['run', '--bundle', box.bundle(), id]).status, 0);
    t.not(box.call(['state', id]).status, 0);
    t.equal(box.call(['run', '--keep', '--bundle', box.bundle(), id]).status, 0);
    t.equal(box.state(id).status, 'stopped');
    t.equal(box.call(['delete', id]).status, 0);
  },
);

t.test('list', { skip: skipIf() }, async (t) => {
  const other = new Sandbox(t);
  t.equal(
    other.call(['list', '--format', 'json']).status,
    differs({ runc: 'x' }) ? 0 : 1,
    'a --root that is not there',
  );
  const { id, bundle } = other.create();
  const table = other.call(['list']).stdout.trim().split('\n');
  t.match(table[0], /^ID +PID +STATUS +BUNDLE +CREATED +OWNER$/);
  t.match(table[1], new RegExp(`^${id} +${other.state(id).pid} +created +${bundle} +\\S+Z +root$`));
  t.equal(other.call(['list', '-q']).stdout, `${id}\n`);
  const json = other.call(['list', '-f', 'json']).stdout;
  t.equal(json.trim().split('\n').length, 1);
  t.match(JSON.parse(json), [{ id, status: 'created', bundle, owner: 'root' }]);
  other.remove(id);
  t.equal(other.call(['list', '--format', 'json']).stdout.trim(), 'null');
});

t.test('ps', { skip: skipIf() }, async (t) => {
  const { directory, read } = box.fifo();
  const { id } = box.started((config) => {
    config.process.args = ['sh', '-c', 'sleep 999 & echo ready > /fifo/fifo; wait'];
    config.mounts.push({ destination: '/fifo', source: directory, options: ['bind'] });
  });
  read();
  const pids = JSON.parse(box.call(['ps', '--format', 'json', id]).stdout) as number[];
  t.equal(pids.length, 2);
  t.ok(pids.includes(box.state(id).pid));
  const table = box.call(['ps', id]).stdout.trim().split('\n');
  t.match(table[0], /^UID +PID/);
  t.equal(table.length, 3);
  t.match(box.call(['ps', id, '-eo', 'pid,comm']).stdout, /^ +PID COMMAND\n/);
  t.match(box.call(['ps', id, '-ef']).stdout, /sleep/, 'any arguments of ps');
  if (!differs({ runc: 'passes them on as one' })) {
    const one = box.call(['ps', '--format', 'table', id, '-e -o pid,comm']);
    t.match(one.stdout, /^ +PID COMMAND\n/, 'all of them in one, as go-runc gives them');
  }
});

t.test('exec', { skip: skipIf() }, async (t) => {
  const { id } = box.started((config) => (config.process.cwd = '/usr'));
  const plain = box.call([
    'exec',
    id,
    'sh',
    '-c',
    'pwd; id -u; echo $HOME; readlink /proc/self/ns/pid; readlink /proc/1/ns/pid',
  ]);
  const [cwd, uid, home, own, first] = plain.stdout.split('\n');
  t.same([cwd, uid, home], ['/usr', '0', '/root'], plain.stderr);
  t.equal(own, first);
  const changed = box.call([
    'exec',
    '--cwd',
    '/tmp',
    '-e',
    'A=1',
    '-e',
    'B=2',
    '--user',
    '1000:1001',
    '-g',
    '7',
    '-g',
    '8',
    id,
    'sh',
    '-c',
    'pwd; id -u; id -g; id -G; echo $A $B',
  ]);
  t.equal(changed.stdout, '/tmp\n1000\n1001\n1001 7 8\n1 2\n', changed.stderr);
  const file = join(box.directory(), 'process.json');
  writeFileSync(
    file,
    JSON.stringify({
      cwd: '/bin',
      args: ['sh', '-c', 'pwd; echo $X; exit 4'],
      env: ['PATH=/bin', 'X=y'],
      user: { uid: 0, gid: 0 },
    }),
  );
  const fromFile = box.call(['exec', '--process', file, id]);
  t.equal(fromFile.stdout, '/bin\ny\n', fromFile.stderr);
  t.equal(fromFile.status, 4);
  const given = box.call(['exec', id, 'cat'], { input: 'through\n' });
  t.equal(given.stdout, 'through\n');
  t.match(box.call(['exec', '--no-new-privs', id, 'grep', 'NoNewPrivs', '/proc/self/status']).stdout, /1/);
});

t.test('exec has the capabilities of the container, and those of --cap', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  const own = box.call(['exec', id, 'grep', 'Cap', '/proc/self/status']).stdout;
  t.match(own, /CapBnd:\t0000000020000420/);
  t.match(own, /CapInh:\t0000000000000000/);
  const more = box.call([
    'exec',
    '-c',
    'CAP_CHOWN',
    '-c',
    'CAP_SYS_CHROOT',
    id,
    'grep',
    'Cap',
    '/proc/self/status',
  ]).stdout;
  t.match(more, /CapBnd:\t0000000020040421/);
});

t.test('exec --detach', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  const file = join(box.directory(), 'pid');
  t.equal(box.call(['exec', '--detach', '--pid-file', file, id, 'sleep', '999']).status, 0);
  t.ok(
    (JSON.parse(box.call(['ps', '-f', 'json', id]).stdout) as number[]).includes(Number(readFileSync(file, 'utf8'))),
  );
});

t.test('exec into what is not running', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  box.call(['kill', id, 'KILL']);
  box.waitStopped(id);
  const result = box.call(['exec', id, 'true']);
  t.equal(result.status, 255);
  t.match(result.stderr, /cannot exec in a stopped container/);
});

t.test('exec into a created container', { skip: skipIf() }, async (t) => {
  const { id } = box.create();
  const result = box.call(['exec', id, 'echo', 'inside']);
  t.equal(result.stdout, 'inside\n', result.stderr);
});

t.test('all processes of the container are gone after delete --force', { skip: skipIf() }, async (t) => {
  const { directory, read } = box.fifo();
  // No pid namespace of its own: the kernel kills nothing when the first process ends.
  const { id } = box.started((config) => {
    config.process.args = ['sh', '-c', 'sleep 998 & sleep 997 & echo ready > /fifo/fifo; wait'];
    config.mounts.push({ destination: '/fifo', source: directory, options: ['bind'] });
    config.linux.namespaces = config.linux.namespaces.filter((one) => one.type !== 'pid');
  });
  read();
  const pids = JSON.parse(box.call(['ps', '-f', 'json', id]).stdout) as number[];
  t.equal(pids.length, 3);
  t.equal(box.call(['delete', '--force', id]).status, 0);
  for (const pid of pids)
    t.notOk(existsSync(`/proc/${pid}/exe`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '', `${pid}`);
});

t.test(
  'kill of a container that has left its cgroup, and has no pid namespace to find its processes by',
  { skip: skipIf(differs({ runc: 'says that the container does not run, before 1.3' })) },
  async (t) => {
    const { id } = box.started((config) => {
      config.process.args = ['sleep', '1000'];
      config.linux.namespaces = config.linux.namespaces.filter((one) => one.type !== 'pid');
    });
    const { pid } = box.state(id);
    for (const directory of cgroups().filter((path) => path.endsWith(id))) {
      writeFileSync(join(dirname(directory), 'cgroup.procs'), String(pid));
      rmdirSync(directory);
    }
    const result = box.call(['kill', id, 'KILL']);
    t.equal(result.status, 1);
    t.match(result.stderr, /unable to kill all processes: cgroup not exist/);
    box.waitStopped(id);
    t.match(box.call(['kill', id, 'KILL']).stderr, /container not running/);
  },
);

box.end(t);
