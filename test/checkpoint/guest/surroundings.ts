/** What surrounds the processes: namespaces, cgroups and mounts. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Case } from '../../engines/guest/case.js';
import { command } from '../../engines/guest/command.js';
import { allow, type Box, type Config } from './box.js';
import { counting } from './program.js';

const MiB = 1 << 20;

const userNamespace = (config: Config) => {
  allow(config, 'CAP_CHOWN');
  config.linux.namespaces.push({ type: 'user' });
  const range = { containerID: 0, hostID: 100000, size: 65536 };
  config.linux.uidMappings = [range];
  config.linux.gidMappings = [range];
};

const whoAmI = `
os.mkdir('/data/mine')
os.chown('/data/mine', 7, 8)
def look():
    return [
        open('/proc/self/uid_map').read().split(), open('/proc/self/gid_map').read().split(), os.getuid(),
        os.stat('/data/mine').st_uid, os.stat('/data').st_uid, open('/proc/self/setgroups').read().strip(),
    ]
before = look()
ready()
go()
os.mkdir('/data/after')
os.chown('/data/after', 9, 9)
say([before, look(), os.stat('/data/after').st_uid])
`;

const limits = {
  memory: { limit: 256 * MiB },
  pids: { limit: 33 },
  cpu: { quota: 50000, period: 100000, shares: 512 },
};
const files = ['memory.max', 'pids.max', 'cpu.max', 'cpu.weight'];

const below = `
# All into a cgroup below, which has limits of its own.
os.mkdir('/sys/fs/cgroup/inner')
open('/sys/fs/cgroup/inner/cgroup.procs', 'w').write('0')
open('/sys/fs/cgroup/cgroup.subtree_control', 'w').write('+pids')
open('/sys/fs/cgroup/inner/pids.max', 'w').write('17')
ready()
go()
file = '/sys/fs/cgroup/inner/pids.max'
say([open('/proc/self/cgroup').read(), open(file).read() if os.path.exists(file) else 'none'])
`;

export const namespaceCases: readonly Case<Box>[] = [
  {
    name: 'a user namespace with mappings',
    async show(box) {
      const container = await box.python(whoAmI, userNamespace, 100000);
      await container.roundTrip();
      const [before, after, owner] = (await container.goOn()) as [unknown[], unknown[], number];
      deepEqual(before, [['0', '100000', '65536'], ['0', '100000', '65536'], 0, 7, 0, 'allow']);
      deepEqual(after, before);
      equal(owner, 9);
      equal((await container.exec('cat /proc/self/uid_map')).trim().split(/\s+/)[1], '100000');
    },
  },
  {
    name: 'hostname, namespaces of its own, and one that it joined by path',
    async show(box) {
      await command(['ip', 'netns', 'add', box.context.name]);
      box.atEnd(async () => await command(['ip', 'netns', 'del', box.context.name]));
      const path = `/run/netns/${box.context.name}`;
      const container = await box.python(counting, (config) => {
        config.hostname = 'kept';
        config.linux.namespaces.find(({ type }) => type === 'network')!.path = path;
      });
      await container.exec('hostname changed 2>/dev/null; true');
      const at = await container.count();
      await container.roundTrip();
      await container.counts(at);
      const pid = await container.pid();
      const inode = async (what: string) => await readlink(`/proc/${what}`);
      equal(/\d+/.exec(await inode(`${pid}/ns/net`))![0], (await command(['stat', '-Lc', '%i', path])).trim());
      match(await container.exec('python3 -c "import os; print(os.uname().nodename)"'), /^kept$/m);
      for (const type of ['pid', 'ipc', 'uts', 'mnt', 'cgroup']) {
        const [own, host] = [await inode(`${pid}/ns/${type}`), await inode(`self/ns/${type}`)];
        equal(own === host, false, type);
      }
    },
  },
  {
    name: 'a time namespace with offsets: refused or kept',
    async show(box) {
      const container = await box.python(counting, (config) => {
        config.linux.namespaces.push({ type: 'time' });
        config.linux.timeOffsets = { boottime: { secs: 100000 } };
      });
      const uptime = async () => Number((await container.exec('cat /proc/uptime')).split('.')[0]);
      const [before, at] = [await uptime(), await container.count()];
      await container.roundTrip();
      await container.counts(at);
      const after = await uptime();
      equal(after >= before && after < before + 300, true, `${before}, then ${after}`);
    },
  },
];

export const cgroupCases: readonly Case<Box>[] = [
  {
    name: 'cgroup limits: memory.max, pids.max, cpu.max, cpu.weight',
    async show(box) {
      const container = await box.python(counting, (config) => {
        config.linux.resources = { ...config.linux.resources, ...limits };
      });
      const look = async () => await Promise.all(files.map(async (file) => await container.limit(file)));
      const [before, cgroup, at] = [await look(), await container.cgroup(), await container.count()];
      deepEqual(before.slice(0, 3), [String(256 * MiB), '33', '50000 100000']);
      await container.roundTrip();
      await container.counts(at);
      deepEqual(await look(), before);
      equal(await container.cgroup(), cgroup);
      equal((await container.exec('cat /proc/self/cgroup')).trim(), '0::/');
      await box.ok('update', '--pids-limit', '44', container.id);
      equal(await container.limit('pids.max'), '44');
    },
  },
  {
    name: 'cgroup limits changed by update: those of config.json come back',
    async show(box) {
      const container = await box.python(counting, (config) => {
        config.linux.resources = { ...config.linux.resources, ...limits };
      });
      await box.ok('update', '--pids-limit', '44', container.id);
      await container.roundTrip();
      equal(await container.limit('pids.max'), '33');
    },
  },
  {
    name: 'a cgroup below its own: it comes back with its processes, not with its limits',
    async show(box) {
      const container = await box.python(below, (config) => {
        const mount = config.mounts.find(({ destination }) => destination === '/sys/fs/cgroup')!;
        mount.options = mount.options!.filter((option) => option !== 'ro');
      });
      await container.roundTrip();
      // criu makes the cgroup, and enables no controller for it, with no --manage-cgroups-mode.
      deepEqual(await container.goOn(), ['0::/inner\n', 'none']);
    },
  },
  {
    name: '--manage-cgroups-mode ignore, into another cgroup',
    async show(box) {
      const container = await box.python(counting, (config) => {
        config.linux.resources = { ...config.linux.resources, ...limits };
      });
      await box.ok('update', '--pids-limit', '44', container.id);
      const images = await container.dump('--manage-cgroups-mode', 'ignore');
      const other = await box.copy(container.bundle, (config) => {
        config.linux.cgroupsPath = `${config.linux.cgroupsPath}-other`;
      });
      await box.restore(container.id, other, images, '--manage-cgroups-mode', 'ignore');
      match(await container.cgroup(), /-other/);
      equal(await container.limit('pids.max'), '33');
      await container.counts(await container.count());
    },
  },
  {
    name: 'paused: it is written as it is, and runs when restored',
    async show(box) {
      const container = await box.python(counting);
      await box.ok('pause', container.id);
      equal(await container.limit('cgroup.freeze'), '1');
      const at = await container.count();
      const images = await container.dump('--leave-running');
      equal((await container.state()).status, 'paused');
      equal(await container.count(), at);
      await box.ok('resume', container.id);
      await container.counts(at);
      await box.ok('pause', container.id);
      const later = await container.count();
      const second = await container.dump();
      await box.restore(container.id, container.bundle, second);
      equal((await container.state()).status, 'running');
      await container.counts(later);
      equal(await container.limit('cgroup.freeze'), '0');
      equal(images === second, false);
    },
  },
];

/** Reads and writes what is bound at /data. */
const bound = `
file = os.open('/data/file', os.O_RDONLY)
first = os.read(file, 4).decode()
ready()
go()
say([first, os.read(file, 4).decode(), open('/data/file').read(), os.listdir('/data/inner'), open('/bound').read()])
`;

async function source(directory: string, text: string): Promise<void> {
  await mkdir(join(directory, 'inner'), { recursive: true });
  await writeFile(join(directory, 'file'), `one\n${text}\n`);
}

const binds = (outside: string) => (config: Config) => {
  config.mounts.push(
    { destination: '/data', type: 'bind', source: outside, options: ['rbind', 'rw'] },
    { destination: '/data/inner', type: 'bind', source: join(outside, '../inner'), options: ['bind', 'ro'] },
    { destination: '/bound', type: 'bind', source: join(outside, 'file'), options: ['bind', 'ro'] },
  );
};

export const mountCases: readonly Case<Box>[] = [
  {
    name: 'external binds: a directory, a file, one within another, read-only, and its open file',
    async show(box) {
      const outside = join(box.context.directory, 'outside');
      await source(outside, 'two');
      await mkdir(join(outside, '../inner'));
      await writeFile(join(outside, '../inner/there'), '');
      const container = await box.python(bound, binds(outside));
      await container.roundTrip();
      deepEqual(await container.goOn(), ['one\n', 'two\n', 'one\ntwo\n', ['there'], 'one\ntwo\n']);
      await container.exec('! touch /data/inner/x 2>/dev/null && ! touch /bound 2>/dev/null && touch /data/written');
      equal(await readFile(join(outside, 'written'), 'utf8'), '');
    },
  },
  {
    name: 'external binds from another source, in another bundle',
    async show(box) {
      const outside = join(box.context.directory, 'outside');
      await source(outside, 'two');
      await mkdir(join(outside, '../inner'));
      const container = await box.python(bound, binds(outside));
      const images = await container.dump();
      const elsewhere = join(box.context.directory, 'new/elsewhere');
      await source(elsewhere, 'owt');
      await mkdir(join(elsewhere, '../inner'));
      await writeFile(join(elsewhere, '../inner/here'), '');
      const bundle = await box.copy(container.bundle, (config) => {
        config.mounts = config.mounts.slice(0, -3);
        binds(elsewhere)(config);
      });
      const restored = await box.restore(box.name(), bundle, images);
      deepEqual(await restored.goOn(), ['one\n', 'owt\n', 'one\nowt\n', ['here'], 'one\nowt\n']);
    },
  },
  {
    name: 'a bind behind a symlink, a device of the host, masked and read-only paths, a tmpfs, shm and mqueue',
    async show(box) {
      const outside = join(box.context.directory, 'outside');
      await source(outside, 'two');
      const bundle = await box.bundle((config) => {
        config.process.args = ['sh', '-c', 'echo kept >/dev/shm/kept; echo kept >/tmp/kept; while :; do sleep 1; done'];
        config.mounts.push({ destination: '/link/bound', type: 'bind', source: outside, options: ['bind'] });
        config.mounts.push({ destination: '/loop', type: 'bind', source: '/dev/zero', options: ['bind'] });
      });
      await mkdir(join(bundle, 'rootfs/real'));
      await symlink('/real', join(bundle, 'rootfs/link'));
      const container = await box.start(bundle);
      await container.told('kept');
      await container.roundTrip();
      const line =
        'cat /real/bound/file /dev/shm/kept /tmp/kept; head -c 3 /loop | wc -c; cat /proc/kcore | wc -c; ls /proc/acpi | wc -l; echo x >/proc/sys/vm/swappiness';
      const { stdout, stderr } = await box.call('exec', container.id, 'sh', '-c', line);
      equal(stdout, 'one\ntwo\nkept\nkept\n3\n0\n0\n');
      match(stderr, /Read-only/);
    },
  },
  {
    name: 'propagation: a slave of the host’s mounts still is one',
    async show(box) {
      const outside = join(box.context.directory, 'outside');
      await mkdir(join(outside, 'later'), { recursive: true });
      await command(['mount', '--bind', outside, outside]);
      box.atEnd(async () => await command(['umount', '-R', outside]));
      await command(['mount', '--make-shared', outside]);
      const container = await box.python(counting, (config) => {
        config.linux.rootfsPropagation = 'rslave';
        config.mounts.push({ destination: '/data', type: 'bind', source: outside, options: ['rbind', 'rslave'] });
      });
      const at = await container.count();
      await container.roundTrip();
      await container.counts(at);
      await command(['mount', '-t', 'tmpfs', 'tmpfs', join(outside, 'later')]);
      await writeFile(join(outside, 'later/new'), '');
      equal((await container.exec('ls /data/later')).trim(), 'new');
    },
  },
  {
    name: 'a read-only root file system with /tmp',
    async show(box) {
      const container = await box.python(counting, (config) => {
        config.root.readonly = true;
      });
      const at = await container.count();
      await container.roundTrip();
      await container.counts(at);
      equal((await box.call('exec', container.id, 'touch', '/data/x')).status === 0, false);
    },
  },
];
