import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { mounts } from '../helpers/machine.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

t.test('pivot_root: the old root is gone', { skip: skipIf() }, async (t) => {
  const result = box.sh('cat /proc/self/mountinfo; ls /');
  t.equal(result.status, 0, result.stderr);
  const points = result.stdout
    .split('\n')
    .filter((line) => line.includes(' - '))
    .map((line) => line.split(' ')[4]!);
  t.same(
    points.filter((point) => point.startsWith('/tmp') || point.startsWith('/run')),
    [],
    'no mount of the host',
  );
  t.equal(points.filter((point) => point === '/').length, 1);
});

t.test('--no-pivot works as well', { skip: skipIf() }, async (t) => {
  const result = box.sh('ls /; echo hello > /written; cat /written', () => {}, { flags: ['--no-pivot'] });
  t.equal(result.status, 0, result.stderr);
  t.match(result.stdout, /bin\n.*hello\n$/s);
});

t.test('a root that is writable, and one that is not', { skip: skipIf() }, async (t) => {
  const writable = box.sh('echo x > /file && cat /file');
  t.equal(writable.stdout, 'x\n', writable.stderr);
  const readonly = box.sh('echo x > /file; echo $?', (config) => {
    config.root.readonly = true;
  });
  t.equal(readonly.stdout, '1\n');
  t.match(readonly.stderr, /Read-only file system/);
});

t.test('a read-only root leaves its tmpfs mounts writable', { skip: skipIf() }, async (t) => {
  const result = box.sh('echo x > /dev/shm/file && cat /dev/shm/file', (config) => {
    config.root.readonly = true;
  });
  t.equal(result.stdout, 'x\n', result.stderr);
});

t.test('an absolute root.path', { skip: skipIf() }, async (t) => {
  const other = box.bundle();
  const result = box.sh('cat /mark', (config) => {
    writeFileSync(join(other, 'rootfs/mark'), 'other\n');
    config.root.path = join(other, 'rootfs');
  });
  t.equal(result.stdout, 'other\n', result.stderr);
});

t.test('the bundle itself as the root', { skip: skipIf() }, async (t) => {
  const other = box.bundle();
  const result = box.sh('ls /config.json', (config) => {
    config.root.path = join(other, 'rootfs');
  });
  t.not(result.status, 0, 'there is no config.json in an ordinary root');
  const bundle = box.bundle();
  const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
  config.root.path = '.';
  config.process.args = ['/rootfs/bin/busybox', 'ls', '/config.json'];
  config.process.cwd = '/';
  for (const name of ['proc', 'sys', 'dev']) mkdirSync(join(bundle, name));
  box.writeConfig(bundle, config);
  const inside = box.call(['run', '--bundle', bundle, box.id()]);
  t.equal(inside.stdout, '/config.json\n', inside.stderr);
});

/** What mountinfo says of the propagation of the mount at a place. */
function propagationAt(place: string, mountinfo: string): string {
  const lines = mountinfo.split('\n').map((line) => line.split(' '));
  const fields = lines.find((line) => line[4] === place)!;
  return fields.slice(6, fields.indexOf('-')).join(' ').replace(/:\d+/g, '');
}

t.test('rootfsPropagation', { skip: skipIf() }, async (t) => {
  const flagOf = (propagation: string | undefined) => {
    const result = box.sh(
      'grep " / / \\| / rw\\| / ro" /proc/self/mountinfo | head -1; cat /proc/self/mountinfo',
      (config) => {
        config.linux.rootfsPropagation = propagation;
      },
    );
    t.equal(result.status, 0, `${propagation}: ${result.stderr}`);
    return propagationAt('/', result.stdout);
  };
  t.equal(flagOf(undefined), '', 'without the field nothing is passed on');
  t.equal(flagOf('private'), '');
  t.test('slave', { skip: differs({ runc: 'the mount of the root is made private first' }) }, async (t) => {
    t.match(flagOf('slave'), /^(master)?$/);
  });
  t.test('shared', { skip: differs({ runc: 'the root ends up not shared' }) }, async (t) => {
    t.match(flagOf('shared'), /shared/);
  });
  t.test('unbindable', { skip: differs({ runc: 'EINVAL' }) }, async (t) => {
    t.match(flagOf('unbindable'), /unbindable/);
  });
});

t.test(
  'rootfsPropagation shared makes no group of a mount that is private on the host',
  { skip: skipIf() },
  async (t) => {
    const source = box.directory('private');
    // In a mount namespace of its own, where the source is a private mount.
    const apart = [
      'unshare',
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      'mount -t tmpfs t "$0" && exec "$@"',
      source,
    ];
    const shown = (ids: boolean) => {
      const map = [{ containerID: 0, hostID: 100000, size: 65536 }];
      const bundle = box.bundle((config) => {
        config.linux.rootfsPropagation = 'shared';
        const idmap = ids ? { uidMappings: map, gidMappings: map } : {};
        config.mounts.push({ destination: '/mnt', type: 'bind', source, options: ['bind'], ...idmap });
        config.process.args = ['/bin/busybox', 'cat', '/proc/self/mountinfo'];
      });
      const result = box.call(['run', '--bundle', bundle, box.id()], { wrapper: apart });
      t.equal(result.status, 0, result.stderr);
      return propagationAt('/mnt', result.stdout);
    };
    t.equal(shown(false), '');
    t.equal(shown(true), '', 'idmapped');
  },
);

t.test('mounts of the container do not reach the host', { skip: skipIf() }, async (t) => {
  const before = mounts().length;
  const { id } = box.started((config) => {
    config.mounts.push({ destination: '/mnt', type: 'tmpfs', source: 'tmpfs' });
    config.linux.rootfsPropagation = 'private';
  });
  t.notOk(
    mounts().some((line) => line.includes(box.home)),
    'none is seen from outside',
  );
  t.equal(mounts().length, before);
  box.remove(id);
});

t.test('sysctl', { skip: skipIf() }, async (t) => {
  const result = box.sh(
    'cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward /proc/sys/fs/mqueue/msg_max',
    (config) => {
      config.linux.sysctl = { 'kernel.msgmax': '7777', 'net.ipv4.ip_forward': '1', 'fs/mqueue/msg_max': '33' };
    },
  );
  t.equal(result.stdout, '7777\n1\n33\n', result.stderr);
});

t.test("sysctl that is not the container's own is refused", { skip: skipIf() }, async (t) => {
  for (const [name, change] of [
    ['vm.swappiness', () => {}],
    ['kernel.panic', () => {}],
    ['net.ipv4.ip_forward', 'network'],
    ['kernel.msgmax', 'ipc'],
  ] as const) {
    const result = box.run((config) => {
      config.linux.sysctl = { [name]: '1' };
      if (typeof change === 'string') {
        config.linux.namespaces = config.linux.namespaces.filter((one) => one.type !== change);
      }
    });
    t.not(result.status, 0, name);
    t.match(result.stderr, /sysctl/, name);
  }
});

t.test('default devices and links', { skip: skipIf() }, async (t) => {
  const result = box.sh(
    'stat -c "%n %F %t:%T %a" /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty;' +
      'for l in fd stdin stdout stderr ptmx core; do readlink /dev/$l; done; echo x > /dev/null; head -c 2 /dev/zero | wc -c',
  );
  t.same(
    result.stdout.trim().split('\n'),
    [
      '/dev/null character special file 1:3 666',
      '/dev/zero character special file 1:5 666',
      '/dev/full character special file 1:7 666',
      '/dev/random character special file 1:8 666',
      '/dev/urandom character special file 1:9 666',
      '/dev/tty character special file 5:0 666',
      '/proc/self/fd',
      '/proc/self/fd/0',
      '/proc/self/fd/1',
      '/proc/self/fd/2',
      'pts/ptmx',
      ...(existsSync('/proc/kcore') ? ['/proc/kcore'] : []),
      '2',
    ],
    result.stderr,
  );
});

t.test('devices of the config', { skip: skipIf() }, async (t) => {
  const result = box.sh('stat -c "%n %F %t:%T %a %u:%g" /dev/blk /dev/sub/chr /dev/pipe', (config) => {
    config.linux.devices = [
      { type: 'b', path: '/dev/blk', major: 7, minor: 200, fileMode: 0o640, uid: 5, gid: 6 },
      { type: 'c', path: '/dev/sub/chr', major: 10, minor: 229, fileMode: 0o600 },
      { type: 'p', path: '/dev/pipe', fileMode: 0o622 },
    ];
  });
  t.same(
    result.stdout.trim().split('\n'),
    [
      '/dev/blk block special file 7:c8 640 5:6',
      '/dev/sub/chr character special file a:e5 600 0:0',
      '/dev/pipe fifo 0:0 622 0:0',
    ],
    result.stderr,
  );
});

t.test('devices in a user namespace are bound from the host', { skip: skipIf() }, async (t) => {
  const result = box.sh('stat -c "%F %t:%T" /dev/null; echo x > /dev/null && echo written', (config) => {
    config.linux.namespaces.push({ type: 'user' });
    config.linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
    config.linux.gidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
  });
  t.equal(result.stdout, 'character special file 1:3\nwritten\n', result.stderr);
});

box.end(t);
