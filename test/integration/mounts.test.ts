import { chmodSync, chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { withUserNamespace } from '../helpers/config.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const recursive = differs({ runc: 'recursive attributes came with 1.2' });

/** Options of the mount at `point` inside a container that has one more mount: of the mount, and of the file system. */
function optionsOf(mount: { type?: string; source?: string; options: string[] }) {
  const result = box.sh('cat /proc/self/mountinfo', (config) => {
    config.mounts.push({ destination: '/mnt', ...mount });
  });
  const row =
    result.stdout
      .split('\n')
      .findLast((line) => line.split(' ')[4] === '/mnt')
      ?.split(' ') ?? [];
  const dash = row.indexOf('-');
  return {
    status: result.status,
    stderr: result.stderr,
    mount: (row[5] ?? '').split(','),
    propagation: row.slice(6, dash).map((field) => field.replace(/:\d+/, '')),
    superblock: (row[dash + 3] ?? '').split(','),
  };
}

t.test('iversion takes no option of devpts back', { skip: skipIf() }, async (t) => {
  const shown = optionsOf({
    type: 'devpts',
    source: 'devpts',
    options: ['newinstance', 'mode=0620', 'gid=5', 'iversion'],
  });
  t.equal(shown.status, 0, shown.stderr);
  t.match(shown.superblock, ['rw', 'gid=5', 'mode=620']);
});

// Which option goes with which other: mount-option-order.test.ts.
t.test('of two options that say the opposite the last counts', { skip: skipIf() }, async (t) => {
  const pairs: [options: string[], shown: string][] = [
    [['ro', 'rw'], 'rw,relatime'],
    [['rw', 'ro'], 'ro,relatime'],
    [['nosuid', 'suid'], 'rw,relatime'],
    [['suid', 'nosuid'], 'rw,nosuid,relatime'],
    [['nodev', 'dev'], 'rw,relatime'],
    [['dev', 'nodev'], 'rw,nodev,relatime'],
    [['noexec', 'exec'], 'rw,relatime'],
    [['exec', 'noexec'], 'rw,noexec,relatime'],
    [['symfollow', 'nosymfollow'], 'rw,relatime,nosymfollow'],
    [['noatime', 'atime'], 'rw,relatime'],
    [['atime', 'noatime'], 'rw,noatime'],
    [['nodiratime', 'diratime'], 'rw,relatime'],
    [['diratime', 'nodiratime'], 'rw,nodiratime,relatime'],
  ];
  const result = box.sh('cat /proc/self/mountinfo', (config) => {
    pairs.forEach(([options], i) => {
      config.mounts.push({ destination: `/mnt/${i}`, type: 'tmpfs', source: 'tmpfs', options });
    });
  });
  t.equal(result.status, 0, result.stderr);
  const rows = result.stdout.split('\n').map((line) => line.split(' '));
  pairs.forEach(([options, shown], i) => {
    t.equal(rows.find((row) => row[4] === `/mnt/${i}`)?.[5], shown, options.join());
  });
});

t.test(
  'data goes to the file system',
  { skip: skipIf(differs({ runc: 'gives a tmpfs the mode of what it covers' })) },
  async (t) => {
    const result = box.sh('stat -c %a /mnt; df -k /mnt | tail -1 | awk "{print \\$2}"', (config) => {
      config.mounts.push({
        destination: '/mnt',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['mode=1750', 'size=640k', 'nr_inodes=100', 'noexec'],
      });
    });
    t.equal(result.stdout, '1750\n640\n', result.stderr);
  },
);

t.test('data a file system does not know is an error that names the mount', { skip: skipIf() }, async (t) => {
  const result = optionsOf({ type: 'tmpfs', source: 'tmpfs', options: ['no-such-option'] });
  t.not(result.status, 0);
  t.match(result.stderr, /mnt|mounts/);
  t.match(result.stderr, /invalid argument/i);
});

t.test('propagation of a mount', { skip: skipIf() }, async (t) => {
  for (const [option, shown] of [
    ['shared', ['shared']],
    ['rshared', ['shared']],
    ['private', []],
    ['rprivate', []],
    ['unbindable', ['unbindable']],
    ['runbindable', ['unbindable']],
  ] as [string, string[]][]) {
    const result = optionsOf({ type: 'tmpfs', source: 'tmpfs', options: [option] });
    t.equal(result.status, 0, `${option}: ${result.stderr}`);
    t.same(result.propagation, shown, option);
  }
  for (const option of ['slave', 'rslave']) {
    const result = optionsOf({ type: 'none', source: box.directory(), options: ['bind', option] });
    t.equal(result.status, 0, `${option}: ${result.stderr}`);
    t.notOk(result.propagation.includes('shared'), option);
  }
});

t.test('bind of a directory and of a file', { skip: skipIf() }, async (t) => {
  const directory = box.directory();
  writeFileSync(join(directory, 'file'), 'from outside\n');
  const result = box.sh(
    'cat /a/new/directory/file; cat /a/new/file; echo x > /a/new/directory/made; cat /relative/file',
    (config) => {
      config.mounts.push(
        { destination: '/a/new/directory', type: 'bind', source: directory, options: ['bind'] },
        { destination: '/a/new/file', source: join(directory, 'file'), options: ['rbind', 'ro'] },
        { destination: '/relative', source: directory, options: ['bind'] },
      );
    },
  );
  t.equal(result.stdout, 'from outside\nfrom outside\nfrom outside\n', result.stderr);
  t.equal(readFileSync(join(directory, 'made'), 'utf8'), 'x\n');
});

t.test('a relative source is relative to the bundle', { skip: skipIf() }, async (t) => {
  const bundle = box.bundle((config) => {
    config.process.args = ['cat', '/mnt/file'];
    config.mounts.push({ destination: '/mnt', source: 'data', options: ['bind'] });
  });
  mkdirSync(join(bundle, 'data'));
  writeFileSync(join(bundle, 'data/file'), 'beside config.json\n');
  const result = box.call(['run', '--bundle', bundle, box.id()]);
  t.equal(result.stdout, 'beside config.json\n', result.stderr);
});

t.test('bind takes only the mount, rbind what is below too', { skip: skipIf() }, async (t) => {
  // The nested mount is made in a mount namespace of the test's own, that is the runtime's then.
  const directory = box.directory();
  mkdirSync(join(directory, 'sub'));
  const inner = (option: string) =>
    box.sh(
      'ls /mnt/sub',
      (config) => config.mounts.push({ destination: '/mnt', source: directory, options: [option] }),
      {
        wrapper: [
          'unshare',
          '--mount',
          'sh',
          '-c',
          `mount -t tmpfs tmpfs ${directory}/sub && touch ${directory}/sub/below && exec "$@"`,
          'sh',
        ],
      },
    );
  t.equal(inner('bind').stdout, '');
  t.equal(inner('rbind').stdout, 'below\n');
});

t.test('recursive attributes reach what is below', { skip: skipIf(recursive) }, async (t) => {
  const directory = box.directory();
  mkdirSync(join(directory, 'sub'));
  const words = ['ro', 'nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'nosymfollow'];
  const result = box.sh(
    'cat /proc/self/mountinfo',
    (config) => {
      for (const word of words)
        config.mounts.push({ destination: `/mnt/${word}`, source: directory, options: ['rbind', `r${word}`] });
    },
    { wrapper: ['unshare', '--mount', 'sh', '-c', `mount -t tmpfs tmpfs ${directory}/sub && exec "$@"`, 'sh'] },
  );
  t.equal(result.status, 0, result.stderr);
  for (const word of words) {
    for (const point of [`/mnt/${word}`, `/mnt/${word}/sub`]) {
      const row = result.stdout.split('\n').find((line) => line.split(' ')[4] === point) ?? '';
      t.ok(row.split(' ')[5]?.split(',').includes(word), `r${word} on ${point}: ${row}`);
    }
  }
});

t.test('remount changes a mount', { skip: skipIf() }, async (t) => {
  const source = box.directory();
  const result = box.sh('grep " /mnt " /proc/self/mountinfo', (config) => {
    config.mounts.push(
      { destination: '/mnt', source, options: ['bind'] },
      { destination: '/mnt', source, options: ['remount', 'bind', 'ro', 'nosuid'] },
    );
  });
  t.equal(result.status, 0, result.stderr);
  t.match(result.stdout, / \/mnt ro,nosuid/);
});

t.test('tmpcopyup takes what the directory held into the tmpfs', { skip: skipIf() }, async (t) => {
  const bundle = box.bundle((config) => {
    config.process.args = [
      'sh',
      '-c',
      'cat /data/file; readlink /data/link; stat -c "%a %u:%g" /data/sub /data/file; cat /data/sub/x; df -k /data | tail -1 | awk "{print \\$1}"; echo gone > /data/file',
    ];
    config.mounts.push({ destination: '/data', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup', 'mode=755'] });
  });
  const data = join(bundle, 'rootfs/data');
  mkdirSync(join(data, 'sub'), { recursive: true });
  writeFileSync(join(data, 'file'), 'kept\n');
  writeFileSync(join(data, 'sub/x'), 'below\n');
  chmodSync(join(data, 'sub'), 0o711);
  chmodSync(join(data, 'file'), 0o604);
  chownSync(join(data, 'file'), 33, 44);
  symlinkSync('file', join(data, 'link'));
  const result = box.call(['run', '--bundle', bundle, box.id()]);
  t.equal(result.stdout, 'kept\nfile\n711 0:0\n604 33:44\nbelow\ntmpfs\n', result.stderr);
  t.equal(readFileSync(join(data, 'file'), 'utf8'), 'kept\n', 'the original is untouched');
});

const idmap = differs({ runc: 'idmapped mounts came with 1.2' });

t.test('an idmapped bind with mappings of its own', { skip: skipIf(idmap) }, async (t) => {
  const directory = box.directory();
  writeFileSync(join(directory, 'file'), '');
  chownSync(join(directory, 'file'), 5, 6);
  const result = box.sh('stat -c %u:%g /mnt/file', (config) => {
    withUserNamespace(config, 100000);
    config.mounts.push({
      destination: '/mnt',
      type: 'bind',
      source: directory,
      options: ['bind'],
      uidMappings: [{ containerID: 0, hostID: 100000, size: 1000 }],
      gidMappings: [{ containerID: 0, hostID: 100000, size: 1000 }],
    });
  });
  t.equal(result.status, 0, result.stderr);
  t.equal(result.stdout, '5:6\n', 'the ids of the disk are shown as they are');
});

t.test("options idmap and ridmap: the container's own mappings", { skip: skipIf(idmap) }, async (t) => {
  const directory = box.directory();
  writeFileSync(join(directory, 'file'), '');
  chownSync(join(directory, 'file'), 7, 8);
  for (const option of ['idmap', 'ridmap']) {
    const result = box.sh('stat -c %u:%g /mnt/file', (config) => {
      withUserNamespace(config, 200000);
      config.mounts.push({ destination: '/mnt', type: 'bind', source: directory, options: ['rbind', option] });
    });
    t.equal(result.stdout, '7:8\n', `${option}: ${result.stderr}`);
  }
});

t.test('proc, sysfs, mqueue, devpts and cgroup', { skip: skipIf() }, async (t) => {
  const result = box.sh('awk "{print \\$2, \\$3}" /proc/self/mounts; ls /sys/fs/cgroup', (config) => {
    config.linux.namespaces.push({ type: 'cgroup' });
    config.mounts.push({
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: ['nosuid', 'noexec', 'nodev', 'relatime', 'ro'],
    });
  });
  t.equal(result.status, 0, result.stderr);
  for (const row of [
    '/proc proc',
    '/sys sysfs',
    '/dev tmpfs',
    '/dev/pts devpts',
    '/dev/mqueue mqueue',
    '/dev/shm tmpfs',
  ]) {
    t.ok(result.stdout.split('\n').includes(row), row);
  }
  t.match(result.stdout, /\/sys\/fs\/cgroup\S* cgroup/);
});

t.test('mounts are made in the order of the config', { skip: skipIf() }, async (t) => {
  const result = box.sh('cat /a/b/file', (config) => {
    const directory = box.directory();
    writeFileSync(join(directory, 'file'), 'below\n');
    config.mounts.push(
      { destination: '/a', type: 'tmpfs', source: 'tmpfs' },
      { destination: '/a/b', source: directory, options: ['bind'] },
    );
  });
  t.equal(result.stdout, 'below\n', result.stderr);
});

t.test('a source that is missing names the mount and the errno', { skip: skipIf() }, async (t) => {
  const result = box.run((config) =>
    config.mounts.push({ destination: '/mnt', source: '/no/such', options: ['bind'] }),
  );
  t.not(result.status, 0);
  t.match(result.stderr, /no such file or directory/);
  t.match(result.stderr, /\/no\/such/);
});

box.end(t);
