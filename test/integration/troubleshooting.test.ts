/** Each error that docs/troubleshooting.md explains is provoked, and printed as it stands there. */
import { chmodSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { textsBelowHeadings } from '../helpers/page-commands.js';
import { call, execute, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { needsFile, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const id = box.id('trouble');

/** A bundle as `tsrunc spec --no-terminal -- sleep 1000` makes it, changed. */
function bundle(change: (config: TestConfig) => void = () => {}, prepare: (rootfs: string) => void = () => {}): string {
  const path = box.bundle();
  rmSync(join(path, 'config.json'));
  call(['spec', '--no-terminal', '--bundle', path, '--', 'sleep', '1000']);
  const config = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8')) as TestConfig;
  change(config);
  writeFileSync(join(path, 'config.json'), JSON.stringify(config, null, 2));
  prepare(join(path, 'rootfs'));
  return path;
}

/** What a command of this bundle prints on standard error, in the page's words: /srv/box, box, no numbers of lines and columns. */
function said(path: string, args: string[], options: Parameters<Sandbox['call']>[1] = {}): string {
  const { stderr } = box.call(args, { cwd: path, ...options });
  return stderr.trim().replaceAll(path, '/srv/box').replaceAll(id, 'box');
}

const run = (change: (config: TestConfig) => void, prepare?: (rootfs: string) => void): string =>
  said(bundle(change, prepare), ['run', id]);

/** The same with a program in the image. */
const program = (text: string, mode: number) =>
  run(
    (config) => {
      config.process.args = ['/bin/job'];
    },
    (rootfs) => {
      writeFileSync(join(rootfs, 'bin/job'), text);
      chmodSync(join(rootfs, 'bin/job'), mode);
    },
  );

/** What a command says of a container that sleeps, once `before` was done with it. */
function ofContainer(args: string[], before: string[][] = [], more: () => void = () => {}): string {
  const path = bundle();
  for (const one of [['create', id], ...before]) {
    const result = box.call(one, { cwd: path });
    if (result.status !== 0) throw new Error(`${result.command}: ${result.stderr}`);
  }
  more();
  try {
    return said(path, args);
  } finally {
    box.remove(id);
  }
}

const mount = (destination: string, source: string, type: string, options: string[] = []) =>
  run((config) => void config.mounts.push({ destination, source, type, options }));

/** A `run` as a user without rights, by an executable that the user can get at. */
function asUser(): string {
  const copy = box.directory('tsrunc');
  for (const name of ['bin', 'build/Release']) {
    const from = join(dirname(dirname(runtime)), name);
    if (existsSync(from)) cpSync(from, join(copy, name), { recursive: true });
  }
  const state = box.directory('state');
  chmodSync(state, 0o777);
  const path = bundle((config) => {
    config.process.capabilities = {} as TestConfig['process']['capabilities'];
  });
  const wrapper = [
    'setpriv',
    '--reuid=12345',
    '--regid=12345',
    '--clear-groups',
    '--inh-caps=-all',
    '--bounding-set=-all',
    '--',
  ];
  const { stderr } = execute([join(copy, 'bin/tsrunc'), '--root', state, 'run', '--bundle', path, id], { wrapper });
  return stderr.trim().replaceAll(path, '/srv/box');
}

const ended = () => box.waitStopped(id);

/** By the page's headings. */
const errors: Record<string, () => string> = {
  'No config.json': () => said(box.directory(), ['run', id]).replace(/file \S*\/config/, 'file /srv/box/config'),
  'It is no JSON': () => {
    const path = bundle();
    const file = join(path, 'config.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"hostname"', 'hostname'));
    return said(path, ['run', id]);
  },
  "Fields that can't be": () =>
    run((config) => {
      config.process.cwd = 'tmp';
      config.process.rlimits![0]!.type = 'RLIMIT_NOFILES';
    }),
  'No root file system': () =>
    run(
      () => {},
      (rootfs) => rmSync(rootfs, { recursive: true }),
    ),
  'Not found': () =>
    run((config) => {
      config.process.args = ['nosuch'];
    }),
  'Its interpreter is missing': () => program('#!/usr/bin/python3\n', 0o755),
  'Another architecture, or no program': () => program('\x7fELF\x02\x01\x01\0', 0o755),
  'Not executable': () => program('text', 0o644),
  'A working directory that is none': () =>
    run((config) => {
      config.process.cwd = '/bin/sh';
    }),
  "A user that isn't mapped": () =>
    run((config) => {
      config.process.user = { uid: 5000, gid: 0 };
      config.linux.namespaces.push({ type: 'user' });
      config.linux.uidMappings = config.linux.gidMappings = [{ containerID: 0, hostID: 100000, size: 1000 }];
    }),
  'A user by name': () => ofContainer(['exec', '--user', 'bob', id, 'true']),
  'The source of a bind mount': () => mount('/data', '/no/such', 'bind', ['bind']),
  'The destination of a mount': () => mount('/bin/sh/data', 'tmpfs', 'tmpfs'),
  "A file system that the kernel hasn't got": () => mount('/data', 'x', 'nosuchfs'),
  'A namespace to be joined': () =>
    run((config) => {
      config.linux.namespaces.find(({ type }) => type === 'network')!.path = '/var/run/netns/blue';
    }),
  'A hook': () =>
    run((config) => {
      config.hooks = { createRuntime: [{ path: '/bin/false' }] };
    }),
  'A kernel parameter': () =>
    run((config) => {
      config.linux.sysctl = { 'vm.swappiness': '1' };
    }),
  'A security module': () =>
    run((config) => {
      config.process.apparmorProfile = 'web';
    }),
  'Too little memory to begin': () =>
    run((config) => {
      config.linux.resources.memory = { limit: 64 };
    }),
  'No controller': () => {
    const path = bundle((config) => {
      config.linux.resources.memory = { limit: 100 << 20 };
    });
    return said(path, ['--cgroup-manager', 'disabled', 'run', id]);
  },
  'No systemd': () => said(bundle(), ['--systemd-cgroup', 'run', id]),
  'No user namespace': asUser,
  "It doesn't exist": () => said(box.home, ['start', id]),
  'It exists already': () => ofContainer(['create', id]),
  "It isn't stopped": () => ofContainer(['delete', id], [['start', id]]),
  'It runs already': () => ofContainer(['start', id], [['start', id]]),
  'It has ended': () => ofContainer(['exec', id, 'true'], [['kill', id, 'KILL']], ended),
  'It is paused': () =>
    ofContainer(
      ['exec', id, 'true'],
      [
        ['start', id],
        ['pause', id],
      ],
    ),
  'A newer tsrunc made it': () => {
    const file = join(box.root, id, 'state.json');
    let text = '';
    const told = ofContainer(['state', id], [['start', id]], () => {
      text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace('"version":2', '"version":3'));
    });
    if (existsSync(file)) writeFileSync(file, text);
    return told;
  },
  'A terminal in the background': () =>
    said(
      bundle((config) => {
        config.process.terminal = true;
      }),
      ['create', id],
    ),
  'What docker would take': () => said(box.home, ['exec', '-it', id, 'sh']),
  'A program behind the name': () => said(box.home, ['run', id, 'sleep', '10']),
  'A configuration is there': () => said(bundle(), ['spec']),
};

const skips: Record<string, string | false> = {
  'No systemd': existsSync('/run/systemd/system') && 'this machine runs systemd',
  'A security module':
    existsSync('/sys/module/apparmor') &&
    readFileSync('/sys/module/apparmor/parameters/enabled', 'utf8').startsWith('Y') &&
    'this machine runs AppArmor',
  'Too little memory to begin': needsFile('/sys/fs/cgroup/memory/tasks', 'no v1 memory controller'),
};

const sections = textsBelowHeadings('docs/troubleshooting.md');
/** Places in the file aren't the same wherever the configuration differs. */
const plain = (text: string): string => text.replace(/(config\.json):\d+:\d+/g, '$1:L:C');

t.test('every error of the page is provoked here, once', async (t) => {
  t.same(sections.map(({ heading }) => heading).sort(), Object.keys(errors).sort());
  t.ok(sections.length >= 20, `${sections.length} errors`);
});

for (const { heading, text } of sections) {
  const reason = skipIf(tsruncOnly("the words are tsrunc's"), skips[heading] ?? false);
  t.test(heading, { skip: reason }, async (t) => {
    const printed = plain(errors[heading]?.() ?? '');
    const parts = plain(text)
      .split('…')
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    t.match(printed, new RegExp(`^${parts.join('.*')}$`));
  });
}

box.end(t);
