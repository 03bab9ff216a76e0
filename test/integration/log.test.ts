import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { type CallOptions, plainEnv, project, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const ours = tsruncOnly('it has another log');
const silent = differs({ crun: 'says nothing of capabilities and system calls that it leaves out' });

interface Line {
  level: string;
  msg: string;
  path?: string;
  remark?: string;
  pointer?: string;
  file?: string;
  line?: number;
  warnings?: Line[];
}

/** The command with a log of its own in JSON, and the lines of that. */
function logged(args: string[], options: CallOptions = {}) {
  const path = join(box.directory('log'), 'log.json');
  const result = box.call(['--log', path, '--log-format', 'json', ...args], options);
  const text = readFileSync(path, 'utf8');
  const lines: Line[] =
    text === ''
      ? []
      : text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line));
  return { ...result, lines, told: lines.map(({ level, msg }) => `${level} ${msg}`) };
}

const file = (value: unknown): string => {
  const path = join(box.directory('file'), 'file.json');
  writeFileSync(path, JSON.stringify(value, null, 2));
  return path;
};

function unknownCapability({ process }: TestConfig): void {
  for (const set of ['bounding', 'effective', 'permitted'] as const) process.capabilities[set]?.push('CAP_FOO');
}

/** A list of what is forbidden, with a name that no libseccomp knows. */
function unknownCall({ linux }: TestConfig): void {
  linux.seccomp = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['mkdir', 'mkdirat', 'frobnicate'], action: 'SCMP_ACT_ERRNO' }],
  };
}

t.test('a capability that nobody knows is a warning, and stderr stays empty', { skip: skipIf(silent) }, async (t) => {
  const bundle = box.bundle(unknownCapability);
  const { status, stdout, stderr, lines } = logged(['create', '--bundle', bundle, box.id()]);
  t.match({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  t.equal(lines.length, 1, 'once, though three sets name it');
  t.match(lines[0], { level: 'warning', msg: /CAP_FOO/ });
  t.strictSame(Object.keys(lines[0] ?? {}).slice(0, 3), ['level', 'msg', 'time']);
});

t.test('each warning names the field and its place', { skip: skipIf(ours) }, async (t) => {
  const bundle = box.bundle((config) => {
    unknownCapability(config);
    unknownCall(config);
    config.mounts.push({ destination: 'relative', type: 'tmpfs', source: 'tmpfs' });
  });
  for (const time of ['compiled', 'from the cache']) {
    const { status, stderr, lines } = logged(['create', '--bundle', bundle, box.id()]);
    t.match({ status, stderr }, { status: 0, stderr: '' }, time);
    t.match(
      lines,
      [
        { level: 'warning', pointer: '/process/capabilities/bounding/3', msg: /"CAP_FOO" is no known capability/ },
        { level: 'warning', pointer: '/mounts/6/destination', msg: /"relative" is relative/ },
        { level: 'warning', pointer: '/linux/seccomp/syscalls/0/names/2', msg: /doesn't know "frobnicate": left out/ },
      ],
      time,
    );
    t.equal(lines.length, 3, time);
    const text = readFileSync(join(bundle, 'config.json'), 'utf8').split('\n');
    for (const { line, file } of lines) {
      t.equal(file, join(bundle, 'config.json'));
      t.match(text[(line ?? 0) - 1], /CAP_FOO|relative|frobnicate/);
    }
  }
});

t.test('a failed command is one line, its warnings inside', { skip: skipIf(ours) }, async (t) => {
  const bundle = box.bundle((config) => {
    unknownCapability(config);
    unknownCall(config);
    config.process.args = ['no-such'];
    config.hooks = { createRuntime: [{ path: '/bin/true' }], poststop: [{ path: '/bin/false' }] };
  });
  for (const command of ['create', 'run']) {
    const { status, stderr, lines } = logged([command, '--bundle', bundle, box.id()]);
    t.equal(status, 1);
    t.equal(lines.length, 1, command);
    t.match(lines[0], { level: 'error', msg: /executable file not found/ });
    t.match(lines[0]?.warnings, [{ msg: /CAP_FOO/ }, { msg: /frobnicate/ }, { msg: /poststop hook #0/ }]);
    t.match(stderr, /^[^\n]*executable file not found[^\n]*\n$/, 'stderr has the error alone');
  }
});

t.test('a failed step: the path and the words about it, apart and in one text', { skip: skipIf(ours) }, async (t) => {
  const bundle = box.bundle(({ mounts }) => {
    mounts.push({ destination: '/bin/sh/below', type: 'tmpfs', source: 'tmpfs' });
  });
  const { lines } = logged(['create', '--bundle', bundle, box.id()]);
  const remark = 'in the root file system, where something else is in the place of a directory';
  const parts = { step: 'mount-fs', syscall: 'openat2', errno: 20, path: '/bin/sh/below', remark };
  t.match(lines, [{ level: 'error', code: 'step', pointer: '/mounts/6', ...parts }]);
  t.match(lines[0]?.msg, `openat2 /bin/sh/below (${remark}): not a directory`);
});

t.test('a program that cannot be executed: why, once', { skip: skipIf(ours) }, async (t) => {
  const bundle = box.bundle((config) => {
    config.process.args = ['/shm/program'];
    config.mounts.push({ destination: '/shm', type: 'tmpfs', source: 'tmpfs', options: ['noexec', 'tmpcopyup'] });
  });
  mkdirSync(join(bundle, 'rootfs/shm'));
  writeFileSync(join(bundle, 'rootfs/shm/program'), '#!/bin/sh\n', { mode: 0o755 });
  const remark = 'its file system is mounted noexec';
  const { lines } = logged(['create', '--bundle', bundle, box.id()]);
  t.match(lines, [{ step: 'find-executable', errno: 13, path: '/shm/program', remark }]);
  t.match(lines[0]?.msg, `exec: "/shm/program": permission denied; ${remark}`);
  t.notOk('hint' in (lines[0] ?? {}));
});

t.test('without --log stderr is the log', { skip: skipIf(silent) }, async (t) => {
  const id = box.id();
  const made = box.call(['create', '--bundle', box.bundle(unknownCapability), id]);
  t.match(made, { status: 0, stdout: '', stderr: /CAP_FOO/ });
  t.equal(made.stderr.trimEnd().split('\n').length, 1);
  const state = box.call(['state', id]);
  t.match(state, { status: 0, stderr: '' });
  t.equal(JSON.parse(state.stdout).status, 'created');
});

t.test('exec warns of what it is asked for itself', { skip: skipIf(silent) }, async (t) => {
  const { id } = box.started(unknownCapability);
  const added = logged(['exec', '--cap', 'CAP_BAR', id, 'true']);
  t.match(added, { status: 0, stdout: '', stderr: '' });
  t.equal(added.lines.length, 1);
  t.match(added.lines[0], { level: 'warning', msg: /CAP_BAR/ });
  if (ours) return;
  t.same(logged(['exec', id, 'true']).lines, [], 'of the configuration create has warned');
  const process = file({
    args: ['true'],
    cwd: '/',
    env: ['PATH=/bin'],
    capabilities: { bounding: ['CAP_KILL', 'CAP_BAZ'] },
  });
  const whole = logged(['exec', '--process', process, '--cwd', '/tmp', '--env', 'A=b', id]);
  t.match(whole, { status: 0, stderr: '' });
  t.match(whole.told, [/\/capabilities\/bounding\/1: "CAP_BAZ"/, /--cwd is ignored/, /--env is ignored/]);
  t.match(whole.lines[0], { file: process, line: 12 });
  const failed = logged(['exec', '--cap', 'CAP_BAR', id, 'no-such']);
  t.equal(failed.status, 255);
  t.match(failed.lines, [{ level: 'error', warnings: [{ msg: /CAP_BAR/ }] }]);
  t.equal(failed.lines.length, 1);
});

t.test('--no-new-privs counts beside --process', { skip: skipIf(ours) }, async (t) => {
  const { id } = box.started((config) => (config.process.noNewPrivileges = false));
  const process = file({ args: ['grep', 'NoNewPrivs', '/proc/self/status'], cwd: '/', env: ['PATH=/bin'] });
  t.equal(box.call(['exec', '--process', process, id]).stdout, 'NoNewPrivs:\t0\n');
  t.equal(box.call(['exec', '--process', process, '--no-new-privs', id]).stdout, 'NoNewPrivs:\t1\n');
});

t.test(
  'update warns of limits that no kernel keeps, and of what it leaves alone',
  { skip: skipIf(ours) },
  async (t) => {
    const { id } = box.started();
    const resources = file({
      memory: { limit: 64 << 20, kernel: 32 << 20 },
      devices: [{ allow: true, access: 'rwm' }],
    });
    const { status, stderr, lines } = logged(['update', '--resources', resources, '--pids-limit', '7', id]);
    t.match({ status, stderr }, { status: 0, stderr: '' });
    t.match(lines, [
      { msg: /--pids-limit is ignored/ },
      { pointer: '/devices', file: resources, line: 6 },
      { pointer: '/memory/kernel', file: resources, line: 4, msg: /is left out: this kernel keeps no memory.kmem/ },
    ]);
    // As a kubelet sends them.
    const same = file({ memory: { limit: 64 << 20 }, devices: [{ allow: false, access: 'rwm' }] });
    t.same(logged(['update', '--resources', same, id]).lines, []);
  },
);

t.test('mounts add warns of what is in its file', { skip: skipIf(ours) }, async (t) => {
  const { id } = box.started();
  const list = file([{ destination: 'relative', type: 'tmpfs', source: 'tmpfs' }]);
  const { status, stderr, lines } = logged(['mounts', 'add', id, list]);
  t.match({ status, stderr }, { status: 0, stderr: '' });
  t.match(lines, [{ level: 'warning', pointer: '/mounts/0/destination', file: list, line: 3 }]);
});

t.test('hooks that fail after the process: warnings of start and delete', { skip: skipIf(ours) }, async (t) => {
  const { id } = box.create((config) => {
    config.ociVersion = '1.2.0';
    config.process.args = ['sleep', '1000'];
    config.hooks = { poststart: [{ path: '/bin/false' }], poststop: [{ path: '/no/such/hook' }] };
  });
  const started = logged(['start', id]);
  t.match(started, { status: 0, stderr: '', told: [/^warning \/hooks\/poststart\/0: .*exit status 1/] });
  const deleted = logged(['delete', '--force', id]);
  t.match(deleted, { status: 0, stderr: '', told: [/^warning \/hooks\/poststop\/0: .*no such file or directory/] });
  t.match(deleted.lines[0], { pointer: '/hooks/poststop/0', code: 'hook' });
});

t.test('run in the foreground has told its warnings when the process runs', { skip: skipIf(ours) }, async (t) => {
  const fifo = box.fifo();
  const bundle = box.bundle((config) => {
    unknownCapability(config);
    config.process.args = ['sh', '-c', 'echo running > /fifo/fifo; cat /fifo/fifo; exit 3'];
    config.mounts.push({ destination: '/fifo', source: fifo.directory, options: ['bind'] });
    config.hooks = { poststop: [{ path: '/bin/false' }] };
  });
  const log = join(box.directory('log'), 'log.json');
  const argv = ['--root', box.root, '--log', log, '--log-format', 'json', 'run', '--bundle', bundle, box.id()];
  const running = spawn(runtime, argv, { env: plainEnv, stdio: 'ignore' });
  const end = new Promise<number | null>((resolve) => running.on('exit', resolve));
  // The shell may write before the runtime has come to the foreground; it then waits for us.
  t.equal(fifo.read(), 'running\n');
  const lines = () => readFileSync(log, 'utf8').trim().split('\n');
  while (!lines()[0]) await new Promise((resolve) => setTimeout(resolve, 5));
  t.match(lines(), [/CAP_FOO/]);
  writeFileSync(fifo.path, '');
  t.equal(await end, 3, 'the exit status is that of the process');
  t.match(lines(), [/CAP_FOO/, /poststop hook #0/]);
});

t.test('a capability that the runtime has not got is left out', { skip: skipIf(ours) }, async (t) => {
  const add = (config: TestConfig) => {
    for (const set of ['bounding', 'effective', 'permitted'] as const)
      config.process.capabilities[set]?.push('CAP_SYS_TIME');
    config.process.args = ['grep', 'CapBnd', '/proc/self/status'];
  };
  const wrapper = ['setpriv', '--bounding-set', '-sys_time'];
  const { status, stdout, lines } = logged(['run', '--bundle', box.bundle(add), box.id()], { wrapper });
  t.match({ status, stdout }, { status: 0, stdout: 'CapBnd:\t0000000020000420\n' });
  t.match(lines, [
    { level: 'warning', pointer: '/process/capabilities/bounding/3', msg: /CAP_SYS_TIME can't be granted/ },
  ]);
  const { id } = box.started();
  const added = logged(['exec', '--cap', 'CAP_SYS_TIME', id, 'grep', 'CapEff', '/proc/self/status'], { wrapper });
  t.match(added, {
    status: 0,
    stdout: 'CapEff:\t0000000020000420\n',
    told: [/^warning --cap: CAP_SYS_TIME can't be granted/],
  });
});

t.test('what engines send every day says nothing', { skip: skipIf() }, async (t) => {
  for (const name of ['docker', 'containerd-cri-pod', 'podman']) {
    const engine = JSON.parse(readFileSync(join(project, `test/fixtures/configs/${name}.json`), 'utf8'));
    const bundle = box.bundle((config) => {
      config.process.capabilities = engine.process.capabilities;
      config.linux.devices = [...(engine.linux.devices ?? []), ...(engine.linux.devices ?? [])];
      config.linux.seccomp = engine.linux.seccomp;
      // A newer libseccomp's: allowed by name, and refused as all that has none.
      config.linux.seccomp?.syscalls?.push({ names: ['frobnicate'], action: 'SCMP_ACT_ALLOW' });
    });
    const { status, stderr, lines } = logged(['run', '--bundle', bundle, box.id()]);
    t.match({ status, stderr, lines }, { status: 0, stderr: '', lines: [] }, name);
  }
});

t.test('commands that answer say nothing else', { skip: skipIf(ours) }, async (t) => {
  const { id } = box.started(unknownCapability);
  const answers: Record<string, string[]> = {
    state: [id],
    ps: ['--format', 'json', id],
    list: ['--format', 'json'],
    events: ['--stats', id],
    features: [],
  };
  for (const [command, args] of Object.entries(answers)) {
    const result = box.call([command, ...args]);
    t.match(result, { status: 0, stderr: '' }, command);
    t.ok(JSON.parse(result.stdout), command);
  }
});

box.end(t);
