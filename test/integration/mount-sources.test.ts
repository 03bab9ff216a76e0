// Where a bind finds its source, and what a path that begins with the root's own on the host means. Asserted: a source in the root
// file system is what the container has there by then, in every kind of container; `idmap` takes the maps of the user namespace,
// a joined one's as well; a destination below the root's own path is the path in the container.
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { type TestConfig, withoutNamespace, withUserNamespace } from '../helpers/config.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

/** A directory of the host with a directory `sub` in it, whose file says where it is from. */
function host(): string {
  const directory = box.directory('host');
  mkdirSync(join(directory, 'sub'));
  writeFileSync(join(directory, 'sub/file'), 'mounted\n');
  chmodSync(join(directory, 'sub/file'), 0o644);
  return directory;
}

/** Runs `script` with a bind at /mnt and one of what lies in it, by the path on the host, at /seen. */
function seen(
  script: string,
  change: (config: TestConfig) => void,
  more: object = {},
  options: string[] = ['bind'],
  prepare: (source: string) => void = () => {},
) {
  const source = host();
  prepare(source);
  const bundle = box.bundle();
  const rootfs = join(bundle, 'rootfs');
  mkdirSync(join(rootfs, 'mnt/sub'));
  mkdirSync(join(rootfs, 'seen'));
  writeFileSync(join(rootfs, 'mnt/sub/file'), 'image\n');
  const changed = box.bundle((config) => {
    config.root.path = rootfs;
    config.process.args = ['sh', '-c', script];
    config.mounts.push(
      { destination: '/mnt', type: 'bind', source, options: ['bind'] },
      { destination: '/seen', type: 'bind', source: join(rootfs, 'mnt/sub'), options, ...more },
    );
    change(config);
  });
  return box.call(['run', '--bundle', changed, box.id()]);
}

const maps = {
  uidMappings: [{ containerID: 0, hostID: 7, size: 10 }],
  gidMappings: [{ containerID: 0, hostID: 8, size: 10 }],
};

/** Mounts in a detached tree, which is what a container without a mount namespace has. */
const [major = 0, minor = 0] = release().split('.').map(Number);
const tooOld = major * 100 + minor < 615 && 'needs Linux 6.15';
const others = { runc: 'needs a mount namespace', crun: 'mounts on the host' };
const kinds: readonly [name: string, change: (config: TestConfig) => void, skip: string | false][] = [
  ['a mount namespace alone', () => {}, skipIf()],
  ['a new user namespace', withUserNamespace, skipIf()],
  ['no mount namespace', withoutMounts, skipIf(differs(others), tooOld)],
];
for (const [name, change, skip] of kinds)
  t.test(
    `a link in an earlier mount leads nowhere but into the root: ${name}`,
    { skip: skipIf(skip, differs({ runc: 'follows it on the host', crun: 'too' })) },
    async (t) => {
      const { stdout, stderr } = seen('cat /seen/file', change, {}, ['bind'], (source) => {
        const secret = box.directory('secret');
        writeFileSync(join(secret, 'file'), 'of the host\n');
        rmSync(join(source, 'sub'), { recursive: true });
        symlinkSync(secret, join(source, 'sub'));
      });
      t.equal(stdout, '', stderr);
      t.match(stderr, /\/mounts\/\d+\/source: clone-in-root: openat2 \/mnt\/sub .*no such file or directory/);
    },
  );

for (const [name, change, skip] of kinds)
  t.test(`a source under an earlier mount: ${name}`, { skip }, async (t) => {
    const { stdout, stderr } = seen('cat /seen/file', change);
    t.equal(stdout, 'mounted\n', stderr);
  });

function withoutMounts(config: TestConfig): void {
  withoutNamespace(config, 'mount');
  config.mounts = config.mounts.filter(({ type }) => type === 'bind' || type === 'proc');
  delete config.linux.maskedPaths;
  delete config.linux.readonlyPaths;
}

t.test('a source under an earlier mount, with maps of its own', { skip: skipIf() }, async (t) => {
  const { stdout, stderr } = seen('cat /seen/file; stat -c %u:%g /seen/file', () => {}, maps);
  t.equal(stdout, 'mounted\n7:8\n', stderr);
});

t.test('idmap with a joined user namespace', { skip: skipIf() }, async (t) => {
  const { id } = box.started(withUserNamespace);
  const source = host();
  const { stdout, stderr } = box.sh('stat -c %u:%g /tmp/sub/file', (config) => {
    config.linux.namespaces.push({ type: 'user', path: `/proc/${box.state(id).pid}/ns/user` });
    config.mounts.push({ destination: '/tmp', type: 'bind', source, options: ['bind', 'idmap'] });
  });
  t.equal(stdout, '0:0\n', stderr);
});

t.test(
  'a destination that begins with the path of the root',
  { skip: skipIf(differs({ crun: 'a path in the container' })) },
  async (t) => {
    const source = host();
    for (const change of [() => {}, withUserNamespace]) {
      const target = box.bundle();
      const rootfs = join(target, 'rootfs');
      const bundle = box.bundle((config) => {
        config.root.path = rootfs;
        config.process.args = ['sh', '-c', 'cat /mnt/sub/file'];
        config.mounts.push({ destination: `${rootfs}//mnt/.`, type: 'bind', source, options: ['bind'] });
        change(config);
      });
      const { stdout, stderr } = box.call(['run', '--bundle', bundle, box.id()]);
      t.equal(stdout, 'mounted\n', stderr);
      t.notOk(readdirSync(join(rootfs, 'tmp')).length, 'nothing is made for it');
    }
  },
);

t.test(
  'what such a destination may not be',
  { skip: skipIf(differs({ runc: 'other words', crun: 'other words' })) },
  async (t) => {
    for (const [path, words] of [
      ['', /\/mounts\/\d+\/destination: a mount at \/ /],
      ['/proc/1', /\/mounts\/\d+\/destination: \/proc\/1 cannot be mounted/],
    ] as const) {
      const bundle = box.bundle();
      const rootfs = join(bundle, 'rootfs');
      const other = box.bundle((config) => {
        config.root.path = rootfs;
        config.mounts.push({ destination: `${rootfs}${path}`, type: 'tmpfs' });
      });
      const { status, stderr } = box.call(['run', '--bundle', other, box.id()]);
      t.equal(status, 1);
      t.match(stderr, words);
    }
  },
);

box.end(t);
