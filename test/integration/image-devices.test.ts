// Images bring a /dev of their own (Buildroot, skydns), and some configurations mount nothing there: then device nodes and links are
// made in the image's. Asserted: the container runs; what lies in the place of a device and isn't that device is covered by the
// right one, and stays as it is in the image; what can't be covered is named in the error.
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type TestConfig, withUserNamespace } from '../helpers/config.js';
import { inTerminal } from '../helpers/python.js';
import { runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const LINKS = ['fd', 'stdin', 'stdout', 'stderr'];
/** What a container that can make devices and one that can't have to do differently. */
const ways: readonly [name: string, change: (config: TestConfig) => void, wrapper: string[]][] = [
  ['a container that makes its devices', () => {}, []],
  ['a user namespace', withUserNamespace, []],
  ['root without CAP_MKNOD', () => {}, ['setpriv', '--bounding-set=-mknod', '--']],
];

/** A bundle whose /dev is the image's, filled by `fill`; ids of a user namespace own it where there is one. */
function image(change: (config: TestConfig) => void, script: string, fill: (dev: string) => void): string {
  const bundle = box.bundle((config) => {
    config.process.args = ['sh', '-c', script];
    config.mounts = config.mounts.filter(({ destination }) => destination !== '/dev');
    change(config);
  });
  fill(join(bundle, 'rootfs/dev'));
  const { linux } = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as TestConfig;
  if (linux.uidMappings) execFileSync('chown', ['-R', '-h', '100000:100000', join(bundle, 'rootfs')]);
  return bundle;
}

const run = (bundle: string, wrapper: string[] = []) =>
  box.call(['run', '--bundle', bundle, box.id()], { wrapper, timeout: 10_000 });

for (const [name, change, wrapper] of ways) {
  t.test(`${name}: links and files in the place of the default links`, { skip: skipIf() }, async (t) => {
    const own = image(change, 'echo runs; readlink /dev/stdout', (dev) => {
      mkdirSync(join(dev, 'fd'));
      writeFileSync(join(dev, 'stdin'), 'image');
      symlinkSync('fd/1', join(dev, 'stdout'));
      execFileSync('mknod', [join(dev, 'stderr'), 'c', '4', '1']);
    });
    t.equal(run(own, wrapper).stdout, 'runs\nfd/1\n', 'what the image brings stays');
    const same = image(change, LINKS.map((link) => `readlink /dev/${link}`).join(';'), (dev) => {
      symlinkSync('/proc/self/fd', join(dev, 'fd'));
    });
    t.equal(run(same, wrapper).stdout, '/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\n');
  });

  t.test(
    `${name}: something else in the place of a device`,
    { skip: skipIf(differs({ runc: 'takes it, fails or hangs', crun: 'takes it or fails' })) },
    async (t) => {
      const script =
        'stat -c "%n %F %t:%T %a" /dev/null /dev/zero /dev/full /dev/random; echo x > /dev/null; head -c 2 /dev/zero | wc -c; cat /secret';
      const bundle = image(change, script, (dev) => {
        writeFileSync(join(dev, '../secret'), 'kept\n');
        writeFileSync(join(dev, 'null'), 'image\n');
        symlinkSync('/secret', join(dev, 'zero'));
        execFileSync('mknod', [join(dev, 'full'), 'c', '4', '1']);
        symlinkSync('/nothing', join(dev, 'random'));
      });
      const lines = ['null', 'zero', 'full', 'random'].map(
        (device, i) => `/dev/${device} character special file 1:${[3, 5, 7, 8][i]} 666`,
      );
      const result = run(bundle, wrapper);
      t.equal(result.stdout, [...lines, '2', 'kept', ''].join('\n'), result.stderr);
      const dev = join(bundle, 'rootfs/dev');
      t.equal(readFileSync(join(dev, 'null'), 'utf8'), 'image\n', 'the image is as it was');
      t.equal(readlinkSync(join(dev, 'zero')), '/secret');
      t.notOk(existsSync(join(bundle, 'rootfs/nothing')));
    },
  );

  t.test(
    `${name}: a ptmx of the image is covered by the container's own`,
    { skip: skipIf(differs({ runc: 'removes what the image has', crun: 'removes what the image has' })) },
    async (t) => {
      const numbers = 'stat -L -c %t:%T /dev/ptmx; test /dev/ptmx -ef /dev/pts/ptmx && echo same; cat /secret';
      for (const make of [
        (path: string) => writeFileSync(path, 'image'),
        (path: string) => symlinkSync('/secret', path),
        (path: string) => execFileSync('mknod', [path, 'c', '5', '2']),
      ]) {
        const bundle = image(change, numbers, (dev) => {
          writeFileSync(join(dev, '../secret'), 'kept\n');
          make(join(dev, 'ptmx'));
        });
        const before = lstatSync(join(bundle, 'rootfs/dev/ptmx'));
        const result = run(bundle, wrapper);
        t.equal(result.stdout, '5:2\nsame\nkept\n', result.stderr);
        t.equal(lstatSync(join(bundle, 'rootfs/dev/ptmx')).ino, before.ino, 'the image is as it was');
      }
    },
  );

  t.test(
    `${name}: without a devpts no ptmx is in reach`,
    { skip: skipIf(differs({ runc: 'a link to nothing', crun: 'a link to nothing' })) },
    async (t) => {
      const without = (config: TestConfig): void => {
        config.mounts = config.mounts.filter(({ destination }) => destination !== '/dev/pts');
        change(config);
      };
      const bundle = image(without, 'stat -c %t:%T /dev/ptmx', (dev) => {
        execFileSync('mknod', [join(dev, 'ptmx'), 'c', '5', '2']);
      });
      t.equal(run(bundle, wrapper).stdout, '1:3\n');
    },
  );

  t.test(
    `${name}: a directory can't be covered`,
    { skip: skipIf(differs({ runc: 'other words', crun: 'other words' })) },
    async (t) => {
      for (const device of ['null', 'ptmx']) {
        const bundle = image(change, 'echo runs', (dev) => {
          mkdirSync(join(dev, device));
        });
        const result = run(bundle, wrapper);
        t.equal(result.status, 1, device);
        t.match(
          result.stderr,
          new RegExp(`/dev/${device} \\(in the root file system, where a directory is\\): is a directory`),
        );
      }
    },
  );
}

t.test(
  'a device of the configuration',
  { skip: skipIf(differs({ runc: 'takes it', crun: 'takes it' })) },
  async (t) => {
    const devices = [{ type: 'c' as const, path: '/dev/own', major: 1, minor: 5, fileMode: 0o640, uid: 7, gid: 8 }];
    const bundle = image(
      (config) => (config.linux.devices = devices),
      'stat -c "%F %t:%T %a %u:%g" /dev/own',
      (dev) => writeFileSync(join(dev, 'own'), ''),
    );
    t.equal(run(bundle).stdout, 'character special file 1:5 640 7:8\n');
    const directory = image(
      (config) => (config.linux.devices = devices),
      'true',
      (dev) => mkdirSync(join(dev, 'own')),
    );
    t.match(run(directory).stderr, /\/linux\/devices\/0: .*\/dev\/own .*where a directory is/);
  },
);

t.test(
  '/dev/console as a link of the image',
  { skip: skipIf(differs({ runc: 'refused', crun: 'refused' })) },
  async (t) => {
    const bundle = image(
      (config) => (config.process.terminal = true),
      'stat -c %F /dev/console; echo hello >/dev/console; cat /secret',
      (dev) => {
        writeFileSync(join(dev, '../secret'), 'kept\n');
        symlinkSync('/secret', join(dev, 'console'));
      },
    );
    const { output } = inTerminal([runtime, '--root', box.root, 'run', '--bundle', bundle, box.id()], []);
    t.match(output, /character special file\r\nhello\r\nkept/);
  },
);

t.test(
  'what is in the way of a mount',
  { skip: skipIf(differs({ runc: 'other words', crun: 'other words' })) },
  async (t) => {
    const file = join(box.directory(), 'file');
    writeFileSync(file, '');
    for (const [mount, at, words] of [
      [
        { destination: '/mnt/at', type: 'tmpfs' },
        'file',
        /\/mounts\/0: .*\/mnt\/at .*something else is in the place of a directory/,
      ],
      [
        { destination: '/mnt/at/below', type: 'tmpfs' },
        'file',
        /\/mounts\/0: .*\/mnt\/at\/below .*in the place of a directory/,
      ],
      [
        { destination: '/mnt/at', type: 'bind', source: file },
        'directory',
        /\/mounts\/0: .*\/mnt\/at .*where a directory is/,
      ],
    ] as const) {
      const bundle = box.bundle((config) => {
        config.mounts = [mount, ...config.mounts];
      });
      const path = join(bundle, 'rootfs/mnt/at');
      if (at === 'file') writeFileSync(path, '');
      else mkdirSync(path);
      const result = run(bundle);
      t.equal(result.status, 1);
      t.match(result.stderr, words);
    }
  },
);

// In a mount namespace that has a /dev of its own to lose.
const ownDev = [
  'unshare',
  '--mount',
  'sh',
  '-ec',
  'mkdir $0; mount -t tmpfs -o mode=755 dev $0; cp -a /dev/null /dev/zero /dev/full /dev/tty /dev/random /dev/urandom /dev/ptmx $0; ' +
    'mkdir $0/pts $0/shm $0/mqueue; mount --rbind /dev/pts $0/pts; mount --rbind $0 /dev; "$@"; stat -c "%F %t:%T" /dev/ptmx',
];

t.test(
  'root.path "/" shows the machine as it is, and changes nothing of it',
  { skip: skipIf(differs({ runc: 'pivot_root of / fails', crun: 'pivot_root of / fails' })) },
  async (t) => {
    for (const [without, script, printed] of [
      [['/dev'], 'test /dev/ptmx -ef /dev/pts/ptmx && echo same', 'same\n'],
      [['/dev', '/dev/pts'], 'stat -L -c %t:%T /dev/ptmx', '5:2\n'],
      [[], 'readlink /dev/ptmx', 'pts/ptmx\n'],
    ] as const) {
      const bundle = box.bundle((config) => {
        config.root.path = '/';
        config.process.args = ['sh', '-c', script];
        config.process.env = ['PATH=/usr/bin:/bin'];
        config.mounts = config.mounts.filter(
          ({ destination }) => !(without as readonly string[]).includes(destination),
        );
      });
      const result = run(bundle, [...ownDev, join(box.directory(), 'dev')]);
      t.equal(result.stdout, `${printed}character special file 5:2\n`, result.stderr);
    }
  },
);

box.end(t);
