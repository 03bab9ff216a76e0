/**
 * Where tsrunc differs from runc and crun on purpose: the rows of docs/compatibility.md that no other test has, each with what
 * every one of them does (runc 1.3, crun 1.28), so that TSRUNC=runc and TSRUNC=crun check the page too.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { placeOfCalls as place } from '../helpers/pure-v2.js';
import { type CallOptions, kind } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const known = kind === 'tsrunc' || kind === 'runc' || kind === 'crun' ? kind : undefined;

const call = (args: string[], options: CallOptions = {}) => {
  const wrapper = [...(place.wrapper ?? []), ...(options.wrapper ?? [])];
  return box.call(args, { ...options, wrapper });
};
const ids: string[] = [];
function newId(): string {
  const id = box.id('row');
  ids.push(id);
  return id;
}

/** `create` of a container that sleeps, unless the change says otherwise. */
function create(change: (config: TestConfig) => void = () => {}, flags: string[] = []) {
  const id = newId();
  const bundle = box.bundle((config) => {
    config.process.args = ['sleep', '1000'];
    change(config);
  });
  return { id, ...call(['create', ...flags, '--bundle', bundle, id]) };
}

function started(change: (config: TestConfig) => void = () => {}): string {
  const { id, status, stderr } = create(change);
  const start = call(['start', id]);
  if (status !== 0 || start.status !== 0) throw new Error(stderr + start.stderr);
  return id;
}

function run(change: (config: TestConfig) => void, flags: string[] = [], options: CallOptions = {}) {
  return call(['run', ...flags, '--bundle', box.bundle(change), newId()], options);
}

/** The status of a container, or that there is none. */
function statusOf(id: string): string {
  const { status, stdout } = call(['state', id]);
  return status === 0 ? JSON.parse(stdout).status : 'none';
}

/** What the command wrote to a log in JSON, which crun spreads over lines. */
function logOf(args: string[]): { level: string }[] {
  const log = join(box.directory('log'), 'log.json');
  call(['--log', log, '--log-format', 'json', ...args]);
  const text = existsSync(log) ? readFileSync(log, 'utf8').trim() : '';
  return JSON.parse(`[${text.replaceAll(/\}\s*\n\{/g, '},{')}]`);
}

interface Answers {
  tsrunc: unknown;
  runc: unknown;
  crun: unknown;
}

function row(name: string, answers: Answers, act: () => unknown): void {
  t.test(name, { skip: skipIf(known === undefined && `${kind} is not in the table`) }, async (t) => {
    t.strictSame(act(), answers[known!]);
    for (const id of ids.splice(0)) call(['delete', '--force', id]);
  });
}

const failing = { path: '/bin/false' };

row('delete of a created container', { tsrunc: [1, 'created'], runc: [0, 'none'], crun: [0, 'none'] }, () => {
  const { id } = create();
  return [call(['delete', id]).status, statusOf(id)];
});

row('state while a container is made', { tsrunc: 'creating', runc: 'none', crun: 'none' }, () => {
  const directory = box.directory('go');
  const id = newId();
  const until = (file: string, then: string) =>
    `for i in $(seq 500); do [ -e ${directory}/${file} ] && ${then}; sleep 0.01; done`;
  // The hook waits for the look at the state, which is taken beside `create`.
  const hook = `: > ${directory}/reached; ${until('looked', 'exit 0')}`;
  const bundle = box.bundle((config) => {
    config.hooks = { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', hook], env: ['PATH=/bin:/usr/bin'] }] };
  });
  const look = `${until('reached', 'break')}; "$1" --root ${box.root} state ${id} > ${directory}/state; : > ${directory}/looked`;
  const { status } = call(['create', '--bundle', bundle, id], {
    wrapper: ['sh', '-c', `(${look}) & "$@"; status=$?; wait; exit $status`, 'sh'],
  });
  const text = readFileSync(join(directory, 'state'), 'utf8');
  return status === 0 && text !== '' ? JSON.parse(text).status : 'none';
});

for (const [version, answers] of [
  ['1.2.0', { tsrunc: [0, 0, 'running'], runc: [1, 1, 'none'], crun: [0, 1, 'none'] }],
  ['1.3.0', { tsrunc: [0, 1, 'stopped'], runc: [1, 1, 'none'], crun: [0, 1, 'none'] }],
] as const)
  row(`a poststart hook that fails, ociVersion ${version}: create, start, status`, answers, () => {
    const { id, status } = create((config) => {
      config.ociVersion = version;
      config.hooks = { poststart: [failing] };
    });
    return [status, call(['start', id]).status, statusOf(id)];
  });

row(
  'a poststop hook that fails: delete, and the next hook',
  { tsrunc: [0, true], runc: [1, false], crun: [0, true] },
  () => {
    const mark = join(box.directory('mark'), 'mark');
    const { id } = create((config) => {
      config.hooks = { poststop: [failing, { path: '/bin/touch', args: ['touch', mark] }] };
    });
    return [call(['delete', '--force', id]).status, existsSync(mark)];
  },
);

row(
  'flags of the mount that a bind shows',
  {
    tsrunc: ['ro,nosuid,nodev,noexec', 'rw,nosuid,nodev,noexec', 'ro', 'rw'],
    runc: ['ro,nosuid,nodev,noexec', 'rw', 'rw', 'rw'],
    crun: ['rw', 'rw', 'rw', 'rw'],
  },
  () => {
    const source = box.directory('source');
    const mounted = [
      'unshare',
      '--mount',
      'sh',
      '-c',
      `mount -t tmpfs -o ro,nosuid,nodev,noexec none ${source} && exec "$@"`,
      'sh',
    ];
    return [[], ['rw'], ['exec', 'suid', 'dev'], ['rw', 'exec', 'suid', 'dev']].map((options) => {
      const { stdout } = run(
        (config) => {
          config.process.args = ['grep', ' /m ', '/proc/self/mountinfo'];
          config.mounts.push({ destination: '/m', type: 'bind', source, options: ['bind', ...options] });
        },
        [],
        { wrapper: mounted },
      );
      return stdout.split(' ')[5]?.replace(/,?relatime/, '');
    });
  },
);

row(
  'exec of what is not there',
  { tsrunc: 255, runc: 255, crun: 1 },
  () => call(['exec', started(), 'no-such']).status,
);

row('resume of what runs, pause of what is paused', { tsrunc: [1, 1], runc: [1, 1], crun: [0, 0] }, () => {
  const id = started();
  const resume = call(['resume', id]).status;
  call(['pause', id]);
  return [resume, call(['pause', id]).status];
});

row('list of no containers as JSON', { tsrunc: 'null', runc: 'null', crun: '[]' }, () => {
  const root = box.directory('root');
  return call(['--root', root, 'list', '--format', 'json']).stdout.trim();
});

row('an unknown command, an unknown option', { tsrunc: [1, 1], runc: [3, 1], crun: [1, 64] }, () => [
  call(['frobnicate']).status,
  call(['create', '--frobnicate', 'x']).status,
]);

row('a capability that the runtime has not got', { tsrunc: 0, runc: 1, crun: 1 }, () => {
  const change = ({ process }: TestConfig) => {
    for (const set of ['bounding', 'effective', 'permitted'] as const) process.capabilities[set]?.push('CAP_SYS_TIME');
  };
  return run(change, [], { wrapper: ['setpriv', '--bounding-set', '-sys_time'] }).status;
});

row(
  'a call that nobody knows in a list of what is forbidden: lines of the log',
  { tsrunc: ['warning'], runc: [], crun: [] },
  () => {
    const bundle = box.bundle(({ linux }) => {
      const syscalls = [{ names: ['frobnicate', 'mkdir'], action: 'SCMP_ACT_ERRNO' as const }];
      linux.seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls };
    });
    return logOf(['create', '--bundle', bundle, newId()]).map(({ level }) => level);
  },
);

row(
  'a failed command with warnings: lines of the log',
  { tsrunc: ['error'], runc: ['warning', 'error'], crun: ['error'] },
  () => {
    const bundle = box.bundle(({ process }) => {
      process.capabilities.bounding?.push('CAP_FOO');
      process.args = ['no-such'];
    });
    return logOf(['create', '--bundle', bundle, newId()]).map(({ level }) => level);
  },
);

row('mountLabel without SELinux', { tsrunc: 0, runc: 1, crun: 0 }, () => {
  if (existsSync('/sys/fs/selinux/enforce')) return { tsrunc: 0, runc: 1, crun: 0 }[known!];
  return create((config) => (config.linux.mountLabel = 'system_u:object_r:x:s0')).status;
});

row('a pid file that cannot be written: the hooks', { tsrunc: false, runc: true, crun: true }, () => {
  const directory = box.directory('mark');
  const mark = join(directory, 'mark');
  create(
    (config) => (config.hooks = { createRuntime: [{ path: '/bin/touch', args: ['touch', mark] }] }),
    ['--pid-file', '/no/such/directory/pid'],
  );
  return existsSync(mark);
});

row('exec --process FILE --no-new-privs', { tsrunc: '1', runc: '0', crun: '0' }, () => {
  const id = started((config) => (config.process.noNewPrivileges = false));
  const file = join(box.directory('process'), 'process.json');
  const process = {
    args: ['grep', 'NoNewPrivs', '/proc/self/status'],
    cwd: '/',
    env: ['PATH=/bin'],
    user: { uid: 0, gid: 0 },
  };
  writeFileSync(file, JSON.stringify(process));
  return call(['exec', '--process', file, '--no-new-privs', id]).stdout.trim().split('\t')[1];
});

row(
  'what the state directory holds',
  {
    tsrunc: ['config.json', 'start.fifo', 'state.json', 'status.fifo'],
    runc: ['state.json'],
    crun: ['config.json', 'status'],
  },
  () => readdirSync(join(box.root, started())).sort(),
);

box.end(t);
