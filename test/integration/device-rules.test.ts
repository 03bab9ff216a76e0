// Rules of resources.devices are in force or the command fails; where cgroups are disabled on request, the log says that they
// are not.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { DeviceRule } from '../../src/config/spec.js';
import type { TestConfig } from '../helpers/config.js';
import { pureV2 } from '../helpers/pure-v2.js';
import type { CallOptions } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, kindIs, needsFile, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const script = 'umount -R -l /sys/fs/cgroup && exec "$@"';
const noCgroup = { wrapper: ['unshare', '--mount', 'sh', '-c', script, 'sh'] };
const denyAll: DeviceRule = { allow: false, access: 'rwm' };
const fuse = { type: 'c', major: 10, minor: 229 } as const;

/** Opens /dev/fuse, which lets everybody, in a container with these rules. */
const open = (devices: DeviceRule[], options: CallOptions & { flags?: string[]; global?: string[] } = {}) => {
  const { global = [], ...rest } = options;
  const bundle = box.bundle((config: TestConfig) => {
    config.process.args = ['sh', '-c', '(: < /dev/probe) 2>&1; true'];
    config.linux.devices = [{ ...fuse, path: '/dev/probe', fileMode: 0o666 }];
    config.linux.resources = { devices };
  });
  return box.call([...global, 'run', '--bundle', bundle, box.id()], rest);
};
const notPermitted = /Operation not permitted/;

t.test('no cgroup is mounted', { skip: skipIf() }, async (t) => {
  const result = open([denyAll], noCgroup);
  t.equal(result.status, 1, result.stdout);
  if (kindIs('tsrunc')) t.match(result.stderr, /\/linux\/resources\/devices: device rules need a cgroup/);
  if (!kindIs('tsrunc')) return;
  for (const none of [[], [{ allow: true, access: 'rwm' }]]) t.equal(open(none, noCgroup).status, 0);
  const said = open([denyAll], { ...noCgroup, global: ['--rootless', 'true'] });
  t.equal(said.status, 1, 'root is root, whatever --rootless says');
});

const fuseFile = needsFile('/dev/fuse');
const hosts: [name: string, options: CallOptions, skip: string | false][] = [
  ['this host', {}, false],
  ['cgroup v2', pureV2, needsFile('/sys/fs/cgroup/unified', 'no v2 beside v1')],
];
for (const [name, options, skip] of hosts)
  t.test(`${name}: --rootless true as root`, { skip: skipIf(fuseFile, skip) }, async (t) => {
    const global = ['--rootless', 'true'];
    t.match(open([denyAll], { ...options, global }).stdout, notPermitted);
    const allowed = open([denyAll, { ...fuse, allow: true, access: 'rw' }], { ...options, global });
    t.equal(allowed.stdout, '', allowed.stderr);
    t.equal(allowed.status, 0);
  });

t.test(
  'the check of a filter that a signal interrupts is made again',
  { skip: skipIf(tsruncOnly('it is an error injected'), needsFile('/usr/bin/strace')) },
  async (t) => {
    const v2 = hosts[1]![2] ? [] : pureV2.wrapper;
    const inject = ['-e', 'trace=bpf', '-e', 'inject=bpf:error=EAGAIN:when=1'];
    const log = join(box.directory('trace'), 'log');
    const wrapper = [...v2, 'strace', '-f', '-qq', '-o', log, ...inject];
    const result = open([denyAll], { wrapper });
    t.equal(result.status, 0, result.stderr);
    t.match(result.stdout, notPermitted);
    t.match(readFileSync(log, 'utf8'), /BPF_PROG_LOAD.*EAGAIN.*INJECTED/);
  },
);

t.test('a rule that allows says what', { skip: skipIf(differs({ crun: 'allows everything then' })) }, async (t) => {
  const result = open([denyAll, { ...fuse, allow: true }]);
  t.equal(result.status, 1);
  if (kindIs('tsrunc')) t.match(result.stderr, /\/linux\/resources\/devices\/1\/access: is missing; must be given/);
});

t.test('an empty type is any, in rules that allow and that deny', { skip: skipIf(fuseFile) }, async (t) => {
  const any = { type: '', access: 'rwm' } as unknown as DeviceRule;
  const [allow, deny] = [
    { ...any, allow: true },
    { ...any, allow: false },
  ];
  for (const [, options, skip] of hosts) {
    if (skip) continue;
    t.match(open([{ allow: true, access: 'rwm' }, deny], options).stdout, notPermitted);
    t.equal(open([denyAll, { ...allow, major: 10, minor: 229 }], options).stdout, '');
  }
});

t.test(
  '--cgroup-manager disabled',
  { skip: skipIf(tsruncOnly('runc has no such manager, crun drops all')) },
  async (t) => {
    const global = ['--cgroup-manager', 'disabled'];
    for (const devices of [[denyAll], [denyAll, { ...fuse, allow: true, access: 'rw' }]]) {
      const log = join(box.directory('log'), 'log');
      const result = open(devices, { global: [...global, '--log', log] });
      t.equal(result.status, 0, result.stderr);
      t.match(
        readFileSync(log, 'utf8'),
        /level=warning msg=".*\/linux\/resources\/devices: .* the device rules are not in force/,
      );
    }
    const one = open(
      [
        { allow: true, access: 'rwm' },
        { ...fuse, allow: false, access: 'rwm' },
      ],
      { global },
    );
    t.equal(one.status, 1);
    t.match(one.stderr, /\/linux\/resources\/devices\/1: this rule can't be kept: cgroups are disabled/);
    for (const [field, resources] of [
      ['pids/limit', { pids: { limit: 5 } }],
      ['unified', { unified: { 'pids.max': '5' } }],
    ] as const) {
      const bundle = box.bundle((config) => (config.linux.resources = { ...resources, devices: [denyAll] }));
      const limited = box.call([...global, 'run', '--bundle', bundle, box.id()]);
      t.equal(limited.status, 1, field);
      t.match(limited.stderr, new RegExp(`/linux/resources/${field}: .*cgroups are disabled by --cgroup-manager`));
    }
  },
);

box.end(t);
