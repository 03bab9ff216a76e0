import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, needsFile, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);

/** A `create` that must fail, after which nothing of the container may be there. */
function refused(change: (config: TestConfig) => void, prepare: (bundle: string) => void = () => {}) {
  const id = box.id('refused');
  const bundle = box.bundle(change);
  prepare(bundle);
  const result = box.call(['create', '--bundle', bundle, id]);
  return { ...result, gone: box.call(['state', id]).status !== 0 };
}

// What callers look for in the text, to tell 126, 127 and 128 apart.
const executables: [what: string, args: string[], words: RegExp, prepare?: (bundle: string) => void][] = [
  ['not in PATH', ['no-such-program'], /exec: \\?"no-such-program\\?": executable file not found in \$PATH/],
  ['not at its path', ['/no/such/program'], /\/no\/such\/program.*no such file or directory/],
  ['not executable', ['/plain'], /permission denied/, (bundle) => writeFileSync(join(bundle, 'rootfs/plain'), 'x')],
  ['a directory', ['/bin'], /is a directory|permission denied/],
  ['a part of the path is a file', ['/bin/sh/x'], /not a directory/],
];

for (const [what, args, words, prepare] of executables) {
  t.test(`the executable is ${what}`, { skip: skipIf() }, async (t) => {
    const result = refused((config) => (config.process.args = args), prepare);
    t.equal(result.status, 1);
    t.match(result.stderr, words);
    t.ok(result.gone, 'no container is left');
    const bundle = box.bundle((config) => (config.process.args = args));
    prepare?.(bundle);
    const run = box.call(['run', '--bundle', bundle, box.id()]);
    t.equal(run.status, 1);
    t.match(run.stderr, words, 'run says the same');
  });
}

t.test('exec of an unknown executable', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  for (const [args, words] of [
    [['no-such-program'], /executable file not found in \$PATH/],
    [['/no/such/program'], /no such file or directory/],
    [['/etc/passwd'], /permission denied/],
  ] as const) {
    const result = box.call(['exec', id, ...args]);
    t.equal(result.status, 255);
    t.match(result.stderr, words);
  }
});

t.test(
  'a script without its interpreter, and a file that is no program, fail at start',
  { skip: skipIf(tsruncOnly("the words are tsrunc's")) },
  async (t) => {
    for (const [text, words] of [
      ['#!/no/such/interpreter\n', /no such file or directory/],
      ['\x7fNOT a program', /exec format error/],
    ] as const) {
      const id = box.id('bad-program');
      const bundle = box.bundle((config) => (config.process.args = ['/program']));
      writeFileSync(join(bundle, 'rootfs/program'), text);
      chmodSync(join(bundle, 'rootfs/program'), 0o755);
      const run = box.call(['run', '--bundle', bundle, id]);
      t.equal(run.status, 1);
      t.match(run.stderr, words);
      t.match(run.stderr, /process\/args/);
      t.not(box.call(['state', id]).status, 0);
      const created = box.call(['create', '--bundle', bundle, id]);
      if (created.status !== 0) continue;
      const start = box.call(['start', id]);
      t.not(start.status, 0);
      t.match(start.stderr, words, 'start reports what execve said');
    }
  },
);

// Field, what makes it fail, and what the message must name: the pointer, the call, the errno's text.
const steps: [pointer: string, change: (config: TestConfig) => void, words: RegExp][] = [
  [
    '/mounts/6',
    (config) => config.mounts.push({ destination: '/mnt', type: 'no-such-fs', source: 'x' }),
    /fsopen|mount.*no such device/s,
  ],
  [
    '/mounts/6',
    (config) => config.mounts.push({ destination: '/mnt', source: '/no/such/source', options: ['bind'] }),
    /open_tree.*no such file or directory/s,
  ],
  [
    '/mounts/6',
    (config) => config.mounts.push({ destination: '/mnt', type: 'tmpfs', source: 'x', options: ['size=-5'] }),
    /invalid argument/,
  ],
  [
    '/mounts/6',
    (config) => config.mounts.push({ destination: '/bin/sh/below', type: 'tmpfs', source: 'x' }),
    /not a directory/,
  ],
  ['/process/cwd', (config) => (config.process.cwd = '/etc/passwd'), /not a directory/],
  [
    '/process/rlimits/0',
    (config) => (config.process.rlimits = [{ type: 'RLIMIT_NOFILE', soft: 4_000_000_000, hard: 4_000_000_000 }]),
    /setrlimit|prlimit.*operation not permitted/s,
  ],
  ['/linux/sysctl', (config) => (config.linux.sysctl = { 'net.ipv4.no_such_key': '1' }), /no such file or directory/],
  ['/linux/sysctl', (config) => (config.linux.sysctl = { 'net.ipv4.ip_forward': 'many' }), /invalid argument/],
  [
    '/linux/namespaces/1',
    (config) => (config.linux.namespaces[1]!.path = '/no/such/namespace'),
    /no such file or directory/,
  ],
  [
    '/process/oomScoreAdj',
    (config) => {
      config.linux.namespaces.push({ type: 'user' });
      config.linux.uidMappings = config.linux.gidMappings = [{ containerID: 0, hostID: 100000, size: 10 }];
      config.process.user = { uid: 11, gid: 0 };
    },
    /invalid argument|uid/,
  ],
  [
    '/hooks/createRuntime/0',
    (config) => (config.hooks = { createRuntime: [{ path: '/no/such/hook' }] }),
    /no such file or directory/,
  ],
  ['/linux/resources', (config) => (config.linux.resources = { cpu: { cpus: '9999' } }), /./],
  [
    '/linux/devices/0',
    (config) => (config.linux.devices = [{ type: 'c', path: '/bin/sh/dev', major: 1, minor: 3 }]),
    /not a directory/,
  ],
];

for (const [pointer, change, words] of steps) {
  t.test(
    `a failing step names ${pointer} and ${words.source}`,
    { skip: skipIf(tsruncOnly('runc names no field')) },
    async (t) => {
      const result = refused(change);
      t.equal(result.status, 1, 'create ends with 1');
      t.match(result.stderr, words);
      if (pointer !== '/process/oomScoreAdj') t.match(result.stderr, pointer);
      t.match(result.stderr, /config\.json:\d+:\d+/, 'and the place in config.json');
      t.ok(
        result.stderr.trim().split('\n').length <= 2,
        'in one line, or two where all problems of the config are listed',
      );
      t.ok(result.gone, 'nothing is left');
    },
  );
}

t.test('the log: one JSON line on failure, none on success', { skip: skipIf() }, async (t) => {
  const log = join(box.directory(), 'log.json');
  const fine = box.call(['--log', log, '--log-format', 'json', 'run', '--bundle', box.bundle(), box.id()]);
  t.equal(fine.status, 0);
  t.equal(existsSync(log) ? readFileSync(log, 'utf8') : '', '');
  const bad = box.call([
    '--log',
    log,
    '--log-format',
    'json',
    'run',
    '--bundle',
    box.bundle((config) => (config.process.args = ['no-such'])),
    box.id(),
  ]);
  t.equal(bad.status, 1);
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  t.equal(lines.length, differs({ runc: 'x' }) ? lines.length : 1);
  const entry = JSON.parse(lines.at(-1)!);
  t.same(Object.keys(entry).slice(0, 3), ['level', 'msg', 'time']);
  t.equal(entry.level, 'error');
  t.match(entry.msg, /executable file not found in \$PATH/);
  t.match(entry.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
  t.match(bad.stderr, /executable file not found in \$PATH/, 'stderr has it too');
});

t.test('a rootfs that a step cannot write to', { skip: skipIf(tsruncOnly('names the step')) }, async (t) => {
  const result = refused(
    (config) => config.mounts.push({ destination: '/not/there', type: 'tmpfs', source: 'tmpfs' }),
    (bundle) => {
      mkdirSync(join(bundle, 'ro'));
    },
  );
  t.equal(result.status, 0, 'a writable one is fine');
  const readonly = box.id();
  const bundle = box.bundle((config) => {
    config.root.path = '/proc/self/root/proc';
  });
  const bad = box.call(['create', '--bundle', bundle, readonly]);
  t.equal(bad.status, 1);
});

t.test(
  'peak memory of the cgroup before the process runs is under 512 KiB',
  {
    skip: skipIf(
      needsFile('/sys/fs/cgroup/memory/tasks', 'no v1 memory controller'),
      differs({ runc: 'its init takes some megabytes' }),
    ),
  },
  async (t) => {
    // Below 512 KiB: each CPU charges 256 KiB in advance, so that without a limit the peak on two of them would be 512 whatever
    // is used. At a limit the kernel takes back what the others have in advance.
    const { id } = box.create(
      (config) => (config.linux.resources = { memory: { limit: 393216 }, devices: [{ allow: false, access: 'rwm' }] }),
    );
    const { pid } = box.state(id);
    const line = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
      .split('\n')
      .find((one) => one.split(':')[1] === 'memory')!;
    const directory = join('/sys/fs/cgroup/memory', line.split(':')[2]!);
    const peak = Number(readFileSync(join(directory, 'memory.max_usage_in_bytes'), 'utf8'));
    t.comment(`peak: ${peak / 1024} KiB`);
    t.ok(peak > 0 && peak < 524288, `${peak / 1024} KiB`);
  },
);

box.end(t);
