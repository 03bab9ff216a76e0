/** What the specification asks of a runtime and no other test looks at: docs/spec-coverage.md. */
import { chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type TestConfig, withUserNamespace } from '../helpers/config.js';
import { kind } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, needsFile, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

/** `create` fails, names the field, and leaves no container. */
function refused(change: (config: TestConfig) => void, field: RegExp, what = ''): void {
  const id = box.id();
  const result = box.call(['create', '--bundle', box.bundle(change), id]);
  t.not(result.status, 0, `${what} ${field}`);
  if (kind === 'tsrunc') t.match(result.stderr, field, what);
  t.not(box.call(['state', id]).status, 0, 'there is no container');
}

t.test('state, create, start, kill and delete without an id', { skip: skipIf() }, async (t) => {
  const bundle = box.bundle();
  for (const args of [['state'], ['create', '--bundle', bundle], ['start'], ['kill'], ['delete']]) {
    const { status, stderr } = box.call(args);
    t.not(status, 0, args.join());
    t.not(stderr, '', args.join());
  }
});

t.test('a configuration without a process', { skip: skipIf() }, async () => {
  refused((config) => Reflect.deleteProperty(config, 'process'), /process/);
});

t.test('a relative destination is below the root', { skip: skipIf() }, async (t) => {
  const result = box.sh('grep -c " /mnt/here " /proc/self/mountinfo', (config) => {
    config.process.cwd = '/usr';
    config.mounts.push({ destination: 'mnt/here', type: 'tmpfs', source: 'tmpfs' });
  });
  t.equal(result.stdout, '1\n', result.stderr);
});

t.test(
  'idmap without mappings of its own or of the container',
  { skip: skipIf(differs({ runc: 'came with 1.2' })) },
  async () => {
    const source = box.directory();
    for (const option of ['idmap', 'ridmap'])
      refused((config) => config.mounts.push({ destination: '/mnt', source, options: ['rbind', option] }), /mounts\/6/);
  },
);

t.test('one of uidMappings and gidMappings of a mount alone', { skip: skipIf() }, async () => {
  const source = box.directory();
  const map = [{ containerID: 0, hostID: 1000, size: 1 }];
  for (const name of ['uidMappings', 'gidMappings'])
    refused(
      (config) => config.mounts.push({ destination: '/mnt', source, options: ['bind'], [name]: map }),
      /mounts\/6/,
      name,
    );
});

t.test('consoleSize without a terminal is nothing', { skip: skipIf() }, async (t) => {
  const result = box.sh('test -t 0 || echo none', (config) => {
    config.process.terminal = false;
    config.process.consoleSize = { height: 20, width: 77 };
  });
  t.equal(result.stdout, 'none\n', result.stderr);
});

t.test('a relative cwd is refused', { skip: skipIf() }, async () => {
  refused((config) => (config.process.cwd = 'usr'), /process\/cwd/);
});

t.test('limits that are unknown or given twice', { skip: skipIf(differs({ runc: 'takes one twice' })) }, async () => {
  const one = { type: 'RLIMIT_NOFILE', soft: 100, hard: 100 };
  refused((config) => (config.process.rlimits = [{ ...one, type: 'RLIMIT_NONE' }]), /rlimits\/0/);
  refused((config) => (config.process.rlimits = [one, { ...one, soft: 50 }]), /rlimits\/1/);
});

t.test(
  'hooks with a relative path, or a timeout of 0',
  { skip: skipIf(differs({ runc: 'takes both', crun: 'takes both' })) },
  async () => {
    for (const name of ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop']) {
      refused((config) => (config.hooks = { [name]: [{ path: 'bin/true' }] }), new RegExp(`hooks/${name}/0/path`));
      const hook = { path: '/bin/true', timeout: 0 };
      refused((config) => (config.hooks = { [name]: [hook] }), new RegExp(`hooks/${name}/0/timeout`));
    }
  },
);

t.test('hooks of a kind run in their order', { skip: skipIf() }, async (t) => {
  const log = join(box.directory(), 'log');
  const hook = (word: string) => ({ path: '/bin/sh', args: ['sh', '-c', `echo ${word} >> ${log}`] });
  const result = box.run(
    (config) => (config.hooks = { createRuntime: ['a', 'b', 'c'].map(hook), poststop: [hook('d')] }),
  );
  t.equal(result.status, 0, result.stderr);
  t.equal(readFileSync(log, 'utf8'), 'a\nb\nc\nd\n');
});

t.test(
  'annotations that are no map of strings',
  { skip: skipIf(differs({ runc: 'takes an empty name' })) },
  async () => {
    for (const annotations of [['a'], { a: 1 }, { a: { b: 'c' } }, { '': 'a' }])
      refused((config) => Object.assign(config, { annotations }), /annotations/, JSON.stringify(annotations));
  },
);

t.test('a namespace with a relative path', { skip: skipIf() }, async () => {
  refused((config) => (config.linux.namespaces[0]!.path = 'proc/self/ns/pid'), /namespaces\/0/);
});

t.test('a namespace that is listed twice', { skip: skipIf() }, async () => {
  refused((config) => config.linux.namespaces.push({ type: 'ipc' }), /namespaces\/5/);
});

t.test('a mapping changes no owner of the root file system', { skip: skipIf() }, async (t) => {
  const bundle = box.bundle((config) => {
    withUserNamespace(config);
    config.process.args = ['stat', '-c', '%u:%g', '/file'];
  });
  const file = join(bundle, 'rootfs/file');
  writeFileSync(file, '');
  chownSync(file, 100005, 100006);
  const result = box.call(['run', '--bundle', bundle, box.id()]);
  t.equal(result.stdout, '5:6\n', result.stderr);
  t.match(statSync(file), { uid: 100005, gid: 100006 });
});

t.test(
  'a device covers another file at its path, which stays as it is',
  { skip: skipIf(differs({ runc: 'takes what is there', crun: 'takes what is there' })) },
  async (t) => {
    const bundle = box.bundle((config) => {
      config.process.args = ['sh', '-c', 'stat -c "%F %t:%T" /there; echo x > /there'];
      config.linux.devices = [{ type: 'c', path: '/there', major: 1, minor: 3 }];
    });
    writeFileSync(join(bundle, 'rootfs/there'), 'kept');
    const result = box.call(['run', '--bundle', bundle, box.id()]);
    t.equal(result.stdout, 'character special file 1:3\n', result.stderr);
    t.equal(readFileSync(join(bundle, 'rootfs/there'), 'utf8'), 'kept');
    refused((config) => {
      config.linux.devices = [{ type: 'c', path: '/bin', major: 1, minor: 3 }];
    }, /linux\/devices\/0/);
  },
);

const v1 = needsFile('/sys/fs/cgroup/pids/tasks', 'no v1 hierarchies');

t.test(
  'the same cgroupsPath is the same cgroup',
  { skip: skipIf(differs({ runc: 'leaves the directories above' })) },
  async (t) => {
    const groups = () =>
      box.sh('cat /proc/self/cgroup', (config) => (config.linux.cgroupsPath = `${box.prefix}-same/leaf`)).stdout;
    const first = groups();
    t.match(first, `${box.prefix}-same/leaf`);
    t.equal(groups(), first);
  },
);

t.test("cgroups of v1 stay root's", { skip: skipIf(v1) }, async (t) => {
  const { id } = box.started((config) => {
    config.process.user = { uid: 1000, gid: 1000 };
    config.linux.namespaces.push({ type: 'cgroup' });
    config.mounts.push({ destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup' });
  });
  const path = /:pids:(.*)/.exec(readFileSync(`/proc/${box.state(id).pid}/cgroup`, 'utf8'))![1];
  for (const name of ['', '/cgroup.procs', '/tasks'])
    t.equal(statSync(`/sys/fs/cgroup/pids${path}${name}`).uid, 0, name);
});

t.test('cpu.burst above cpu.quota', { skip: skipIf() }, async () => {
  refused((config) => (config.linux.resources = { cpu: { quota: 1000, burst: 1001 } }), /cpu\/burst/);
});

t.test(
  'entries of weightDevice and rdma that say nothing',
  { skip: skipIf(differs({ runc: 'takes both', crun: 'takes both' })) },
  async () => {
    const weightDevice = [{ major: 7, minor: 0 }];
    refused((config) => (config.linux.resources = { blockIO: { weightDevice } }), /weightDevice\/0/);
    refused((config) => (config.linux.resources = { rdma: { mlx5_1: {} } }), /rdma/);
  },
);

t.test(
  'intelRdt without resctrl',
  {
    skip: skipIf(
      statSync('/sys/fs/resctrl', { throwIfNoEntry: false }) && 'resctrl is here',
      differs({ runc: 'passes over it' }),
    ),
  },
  async () => {
    refused((config) => (config.linux.intelRdt = { closID: 'x', schemata: ['L3:0=f'] }), /intelRdt/);
  },
);

t.test('an errno of an action that has none', { skip: skipIf(differs({ runc: 'takes it' })) }, async () => {
  const rule = { names: ['mkdir'], action: 'SCMP_ACT_KILL', errnoRet: 5 };
  refused((config) => (config.linux.seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule] }), /syscalls\/0/);
  refused(
    (config) => (config.linux.seccomp = { defaultAction: 'SCMP_ACT_LOG', defaultErrnoRet: 5 }),
    /defaultErrnoRet/,
  );
});

t.test('listenerMetadata without listenerPath', { skip: skipIf(differs({ runc: 'takes it' })) }, async () => {
  const seccomp = { defaultAction: 'SCMP_ACT_ALLOW', listenerMetadata: 'x' };
  refused((config) => (config.linux.seccomp = seccomp), /listenerMetadata/);
});

t.test('a seccomp rule without names', { skip: skipIf(differs({ runc: 'takes it' })) }, async () => {
  const syscalls = [{ names: [], action: 'SCMP_ACT_ERRNO' }];
  refused((config) => (config.linux.seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls }), /syscalls\/0\/names/);
});

t.test('relative paths that are to be hidden', { skip: skipIf(differs({ runc: 'takes both' })) }, async () => {
  for (const field of ['maskedPaths', 'readonlyPaths'] as const)
    refused((config) => (config.linux[field] = ['proc/kcore']), new RegExp(`${field}/0`));
});

t.test('pids without a limit', { skip: skipIf(v1) }, async (t) => {
  const { id } = box.started((config) => (config.linux.resources = { pids: {} }));
  const path = /:pids:(.*)/.exec(readFileSync(`/proc/${box.state(id).pid}/cgroup`, 'utf8'))![1];
  t.equal(readFileSync(`/sys/fs/cgroup/pids${path}/pids.max`, 'utf8'), 'max\n');
});

box.end(t);
