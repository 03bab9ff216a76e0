// In a user namespace, and for root that may not make devices, the host's nodes are bound. What the host had at the path came
// along, whatever it was: {"type": "c", "path": "/etc", "major": 1, "minor": 3} gave the container the host's /etc, writable.
// Asserted: only the node that was asked for, which the container can't change, and never the host's /dev/ptmx.
import { chmodSync, mkdirSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Device } from '../../src/config/spec.js';
import { type TestConfig, withUserNamespace } from '../helpers/config.js';
import { execute } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const withoutMknod = ['setpriv', '--bounding-set=-mknod', '--'];
const peers = { runc: 'binds whatever is there', crun: 'binds whatever is there' };
/** The ways in which a container can't make its devices: a wrapper of the runtime, or its configuration. */
const ways: readonly [name: string, change: (config: TestConfig) => void, wrapper: string[]][] = [
  ['a user namespace of root without CAP_MKNOD', withUserNamespace, withoutMknod],
  ['root without CAP_MKNOD', () => {}, withoutMknod],
];

const zero = (path: string, more: Partial<Device> = {}): Device => ({ type: 'c', path, major: 1, minor: 5, ...more });

function node(path: string, mode = '666', type = 'c', numbers: string[] = ['1', '5']): string {
  execute(['mknod', '-m', mode, path, type, ...numbers]);
  return path;
}

for (const [name, change, wrapper] of ways) {
  const run = (device: Device, script: string) =>
    box.sh(
      script,
      (config) => {
        change(config);
        config.linux.devices = [device];
      },
      { wrapper },
    );

  t.test(`${name}: nothing but that device`, { skip: skipIf(differs(peers)) }, async (t) => {
    const directory = box.directory('host');
    const paths = {
      directory: join(directory, 'directory'),
      file: join(directory, 'file'),
      link: join(directory, 'link'),
      other: node(join(directory, 'other'), '666', 'c', ['1', '3']),
      block: node(join(directory, 'block'), '666', 'b'),
    };
    mkdirSync(paths.directory);
    writeFileSync(paths.file, 'secret');
    symlinkSync(paths.directory, paths.link);
    for (const [what, path] of Object.entries(paths)) {
      const result = run(zero(path), `ls -d ${path}`);
      t.equal(result.status, 1, what);
      t.match(result.stderr, /\/linux\/devices\/0: .*no such device/, what);
    }
    const found = node(join(directory, 'found'));
    unlinkSync(paths.link);
    symlinkSync(found, paths.link);
    const path = paths.link;
    const result = run(zero(path), `stat -c "%F %t:%T" ${path}; head -c 2 ${path} | wc -c; : > ${path}`);
    t.equal(result.stdout, 'character special file 1:5\n2\n', result.stderr);
    t.equal(result.status, 0, result.stderr);
  });

  t.test(`${name}: the default devices alike`, { skip: skipIf(differs(peers)) }, async (t) => {
    const file = join(box.directory('host'), 'file');
    writeFileSync(file, 'secret');
    const script = `mount --bind ${file} /dev/full && exec "$@"`;
    const result = box.sh('cat /dev/full', change, {
      wrapper: ['unshare', '--mount', 'sh', '-c', script, 'sh', ...wrapper],
    });
    t.equal(result.status, 1);
    t.match(result.stderr, /device-bind: .*\/dev\/full .*no such device/);
    t.equal(result.stdout, '');
  });

  t.test(`${name}: the node stays as it is on the host`, { skip: skipIf(differs(peers)) }, async (t) => {
    const path = node(join(box.directory('host'), 'node'));
    const result = run(zero(path), `chmod 600 ${path}; chown 1:1 ${path}; grep ' ${path} ' /proc/self/mountinfo`);
    t.match(result.stdout, / ro,nosuid,noexec[, ]/);
    const { mode, uid, gid } = statSync(path);
    t.same([mode & 0o7777, uid, gid], [0o666, 0, 0]);
  });

  t.test(`${name}: no more than the mode says`, { skip: skipIf(differs(peers)) }, async (t) => {
    const path = node(join(box.directory('host'), 'node'));
    for (const [mode, fileMode, allowed] of [
      [0o644, 0o600, false],
      [0o600, 0o640, true],
      [0o777, undefined, true],
    ] as const) {
      chmodSync(path, mode);
      const result = run(zero(path, fileMode === undefined ? {} : { fileMode }), 'true');
      t.equal(result.status, allowed ? 0 : 1, `${mode.toString(8)} for ${fileMode?.toString(8)}: ${result.stderr}`);
      if (!allowed) t.match(result.stderr, /\/linux\/devices\/0: .*open to more than fileMode/);
    }
  });

  t.test(`${name}: /dev/ptmx is the container's own`, { skip: skipIf() }, async (t) => {
    const result = run({ type: 'c', path: '/dev/../dev/ptmx', major: 5, minor: 2 }, 'readlink /dev/ptmx');
    t.equal(result.stdout, 'pts/ptmx\n', result.stderr);
  });
}

const inUserNamespace = (device: Device, script: string) =>
  box.sh(script, (config) => {
    withUserNamespace(config);
    config.linux.devices = [device];
  });

t.test(
  'a user namespace: the devices are made for it, whatever the host has there',
  { skip: skipIf(differs(peers)) },
  async (t) => {
    const directory = box.directory('host');
    const file = join(directory, 'file');
    writeFileSync(file, 'secret');
    symlinkSync(file, join(directory, 'link'));
    for (const path of [
      directory,
      file,
      join(directory, 'link'),
      join(directory, 'missing'),
      node(join(directory, 'other'), '666', 'c', ['1', '3']),
    ]) {
      const device = zero(path, { fileMode: 0o644, uid: 7, gid: 8 });
      // At the very path of the host's.
      const result = inUserNamespace(device, `stat -c '%F %t:%T %a %u:%g' ${path}; head -c 2 ${path} | od -An -tx1`);
      t.equal(result.stdout, 'character special file 1:5 644 7:8\n 00 00\n', `${path}: ${result.stderr}`);
    }
    // What the container does to it is not done to the host's.
    const result = inUserNamespace(
      zero(file),
      `stat -c %F ${file}; chmod 600 ${file}; stat -c %a ${file}; chmod 600 /dev/full; stat -c %a /dev/full`,
    );
    t.equal(result.stdout, 'character special file\n600\n600\n', result.stderr);
    t.equal(statSync(file).isFile(), true);
    t.equal(statSync('/dev/full').mode & 0o777, 0o666, "the host's is as it was");
  },
);

t.test('a user namespace: an owner that it does not map is refused', { skip: skipIf(differs(peers)) }, async (t) => {
  const { status, stderr } = inUserNamespace(zero('/dev/x', { uid: 70000 }), 'true');
  t.equal(status, 1);
  t.match(stderr, /\/linux\/devices\/0\/uid: 70000 is not mapped/);
});

t.test(
  'a user namespace: what the device rules forbid stays forbidden',
  { skip: skipIf(differs(peers)) },
  async (t) => {
    const kmsg: Device = { type: 'c', path: '/dev/kmsg', major: 1, minor: 11 };
    const { stdout } = inUserNamespace(kmsg, 'head -c 1 /dev/kmsg >/dev/null && echo read; echo done');
    t.equal(stdout, 'done\n');
  },
);

t.test('nor for root that makes its devices', { skip: skipIf() }, async (t) => {
  const result = box.sh('readlink /dev/ptmx', (config) => {
    config.linux.devices = [{ type: 'c', path: '/dev/ptmx', major: 5, minor: 2 }];
  });
  t.equal(result.stdout, 'pts/ptmx\n', result.stderr);
});

t.test(
  'a node of the image that is open to more than the configuration says is not taken for it',
  { skip: skipIf(differs({ runc: 'takes it', crun: 'takes it' })) },
  async (t) => {
    for (const [mode, owner, allowed] of [
      ['666', '0:0', false],
      ['600', '1000:0', false],
      ['660', '0:1000', false],
      ['600', '0:0', true],
    ] as const) {
      const bundle = box.bundle((config) => {
        config.process.args = ['stat', '-c', '%a', '/mnt/zero'];
        config.linux.devices = [zero('/mnt/zero', { fileMode: 0o600 })];
      });
      const path = node(join(bundle, 'rootfs/mnt/zero'), mode);
      execute(['chown', owner, path]);
      const result = box.call(['run', '--bundle', bundle, box.id()]);
      t.equal(result.status, allowed ? 0 : 1, `${mode} ${owner}: ${result.stderr}`);
      if (!allowed) t.match(result.stderr, /\/linux\/devices\/0: .*open to more than fileMode/);
    }
  },
);

box.end(t);
