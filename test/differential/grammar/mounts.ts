/** Mounts: kinds, places, options in any order. */
import { mountOptions } from '../../../src/config/mount-options.js';
import type { IdMapping, Mount } from '../../../src/config/spec.js';
import type { Random } from '../random.js';
import type { World } from '../world.js';

const general = Object.keys(mountOptions).filter(
  (word) => !/bind|idmap|remount|symlink|nofollow|^tmpcopyup$|noacl/.test(word),
);
const attributes = general.filter((word) =>
  /^r?(ro|rw|(no)?(suid|dev|exec|atime|diratime|symfollow|relatime|strictatime))$/.test(word),
);
const propagations = general.filter((word) => /^r?(private|slave|shared|unbindable)$/.test(word));

const places = [
  '/mnt/one',
  '/mnt/two',
  '/made/deep/here',
  '/data',
  '/data/sub',
  '/link/sub',
  '/tmp',
  '//mnt//one/',
  '/etc',
  '/root',
  '/home/user',
];
const filePlaces = ['/mnt/file', '/data/file', '/file-link', '/made/file', '/etc/group', '/dev/extra'];

function options(random: Random, more: readonly string[] = []): string[] {
  const words = random.chance(0.7) ? random.someTwice(attributes, 4) : random.someTwice(general, 4);
  if (random.chance(0.15)) words.push(random.pick(propagations));
  return random.shuffled([...words, ...more]);
}

function makeBind(random: Random, { sources }: World): Mount {
  const source = random.chance(0.97) ? random.pick(sources.slice(0, -1)) : random.pick(sources);
  const isFile = source.endsWith('file');
  const maps = random.chance(0.08) ? idMaps(random) : undefined;
  return {
    destination: random.pick(isFile ? filePlaces : places),
    ...(random.chance(0.8) && { type: random.pick(['bind', 'none', 'bind', '']) }),
    source,
    options: options(random, [random.pick(['bind', 'rbind'])]),
    ...maps,
  };
}

function idMaps(random: Random): { uidMappings: IdMapping[]; gidMappings: IdMapping[] } {
  const map = (): IdMapping[] => [
    { containerID: random.pick([0, 1000]), hostID: random.pick([0, 1000, 5000]), size: random.pick([1, 1000, 65536]) },
  ];
  return { uidMappings: map(), gidMappings: map() };
}

function makeTmpfs(random: Random): Mount {
  const data = random.some(
    ['size=1m', 'size=64k', 'mode=700', 'mode=1777', 'uid=1000', 'gid=100', 'nr_inodes=1000', 'tmpcopyup', 'size=10%'],
    3,
  );
  return {
    destination: random.pick(random.chance(0.03) ? ['/dangling', '/data/file'] : [...places, '/run', '/dev/extra']),
    type: 'tmpfs',
    ...(random.chance(0.9) && { source: random.pick(['tmpfs', 'none', 'name']) }),
    ...(random.chance(0.9) && { options: options(random, data) }),
  };
}

function makeOther(random: Random): Mount {
  const [type, destination, data] = random.pick<[string, string, string[]]>([
    ['proc', '/mnt/two', []],
    ['sysfs', '/made/sys', []],
    ['mqueue', '/mnt/queue', []],
    ['devpts', '/mnt/pts', ['newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']],
    ['ramfs', '/mnt/one', []],
    ['cgroup', '/mnt/cgroup', []],
    ['cgroup', '/sys/fs/cgroup', []],
    ['cgroup2', '/mnt/unified', []],
  ]);
  return { destination, type, source: type, options: options(random, random.chance(0.5) ? data : []) };
}

/** The mounts that containers usually have, some left out, some with other options. */
function usual(random: Random): Mount[] {
  const dev = ['nosuid', 'strictatime', 'mode=755', 'size=65536k'];
  const closed = ['nosuid', 'noexec', 'nodev'];
  const all: Mount[] = [
    { destination: '/proc', type: 'proc', source: 'proc' },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: dev },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...closed, 'mode=1777', 'size=65536k'] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: closed },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...closed, 'ro'] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...closed, 'relatime', 'ro'] },
  ];
  return all
    .filter(({ destination }) => random.chance(destination === '/proc' ? 0.985 : 0.93))
    .map((mount) =>
      random.chance(0.9)
        ? mount
        : { ...mount, options: random.shuffled([...(mount.options ?? []), ...options(random)]) },
    );
}

export function makeMounts(random: Random, world: World, density: number): Mount[] {
  const mounts = usual(random);
  const count = random.int(0, Math.round(density * 8));
  for (let i = 0; i < count; i++) {
    const make = random.pick([makeBind, makeBind, makeTmpfs, makeOther]);
    mounts.push(make(random, world));
  }
  return mounts;
}
