/** Root file systems, mounts and devices. */
import { equal, match, notEqual, ok } from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { Case } from '../case.js';
import { command } from '../command.js';
import type { Docker } from './docker.js';

/** A directory of the machine that is a shared mount, as the source of a bind has to be for propagation. */
async function sharedDirectory(docker: Docker): Promise<{ directory: string; end: () => Promise<void> }> {
  const directory = `${docker.context.directory}/shared`;
  await mkdir(directory);
  await command(['mount', '-t', 'tmpfs', 'shared', directory]);
  await command(['mount', '--make-shared', directory]);
  for (const name of ['outer', 'inner']) await mkdir(`${directory}/${name}`);
  return { directory, end: async () => void (await command(['umount', '-R', '-l', directory])) };
}

/** Which mounts pass a bind with this propagation: from the machine into the container, and back. */
const propagations = {
  private: [false, false],
  rprivate: [false, false],
  slave: [true, false],
  rslave: [true, false],
  shared: [true, true],
  rshared: [true, true],
} as const;

export const fileCases: readonly Case<Docker>[] = [
  {
    name: 'a read-only root, with tmpfs beside it',
    quick: true,
    async show(docker) {
      const text = await docker.shell('touch /x 2>&1; touch /tmp/y && ls /tmp; grep " /tmp " /proc/mounts', {
        HostConfig: { ReadonlyRootfs: true, Tmpfs: { '/tmp': 'size=4m,mode=1770,noexec' } },
      });
      match(
        text,
        /^touch: \/x: Read-only file system\ny\ntmpfs \/tmp tmpfs rw,nosuid,nodev,noexec,.*size=4096k,mode=1770/,
      );
    },
  },
  {
    name: 'a volume outlives its container',
    quick: true,
    async show(docker) {
      const volume = docker.another();
      const HostConfig = { Binds: [`${volume}:/data`] };
      await docker.shell('echo kept > /data/file', { HostConfig });
      equal(await docker.shell('cat /data/file', { HostConfig }), 'kept');
      const readOnly = { Binds: [`${volume}:/data:ro`] };
      equal(
        await docker.shell('touch /data/x 2>&1 || true', { HostConfig: readOnly }),
        'touch: /data/x: Read-only file system',
      );
    },
  },
  {
    name: 'a new volume gets what the image has there',
    async show(docker) {
      const HostConfig = { Binds: [`${docker.another()}:/etc`] };
      match(
        await docker.shell('cat /etc/group; grep -c " /etc " /proc/mounts', { HostConfig }),
        /nogroup:x:65534:\n1$/,
      );
    },
  },
  {
    name: 'binds of a directory and a file, writable and not',
    quick: true,
    async show(docker) {
      const { directory } = docker.context;
      await writeFile(`${directory}/file`, 'host\n');
      const HostConfig = { Binds: [`${directory}:/directory`, `${directory}/file:/etc/passwd:ro`] };
      const text = await docker.shell('cat /etc/passwd; echo x > /directory/new; echo y 2>&1 >> /etc/passwd || true', {
        HostConfig,
      });
      match(text, /^host/);
      equal(await readFile(`${directory}/new`, 'utf8'), 'x\n');
      equal(await readFile(`${directory}/file`, 'utf8'), 'host\n');
    },
  },
  {
    name: 'a bind that is read-only all the way down',
    async show(docker) {
      const { directory, end } = await sharedDirectory(docker);
      try {
        await command(['mount', '-t', 'tmpfs', 'below', `${directory}/outer`]);
        const text = await docker.shell('touch /in/x; touch /in/outer/x; true', {
          Tty: false,
          HostConfig: { Binds: [`${directory}:/in:ro`] },
        });
        equal(text, '');
        const { stderr } = await docker.run({
          Cmd: ['sh', '-c', 'touch /in/x; touch /in/outer/x'],
          HostConfig: { Binds: [`${directory}:/in:ro`] },
        });
        equal(stderr, ['x', 'outer/x'].map((name) => `touch: /in/${name}: Read-only file system\n`).join(''));
      } finally {
        await end();
      }
    },
  },
  ...Object.entries(propagations).map(
    ([propagation, [inward, outward]]): Case<Docker> => ({
      name: `a bind with ${propagation} propagation`,
      quick: propagation === 'rshared',
      async show(docker) {
        const { directory, end } = await sharedDirectory(docker);
        try {
          const name = await docker.background({
            HostConfig: {
              CapAdd: ['SYS_ADMIN'],
              SecurityOpt: ['apparmor=unconfined'],
              Binds: [`${directory}:/in:${propagation}`],
            },
          });
          await command(['mount', '-t', 'tmpfs', 'from-outside', `${directory}/outer`]);
          const inside = await docker.exec(name, 'mount -t tmpfs from-inside /in/inner && cat /proc/mounts');
          equal(inside.status, 0, inside.stderr);
          equal(inside.stdout.includes('from-outside'), inward, 'seen in the container');
          const outside = await readFile('/proc/self/mountinfo', 'utf8');
          equal(outside.includes(`${directory}/inner`), outward, 'seen in the machine');
        } finally {
          await end();
        }
      },
    }),
  ),
  {
    name: 'a tmpfs mount and a mount with a subpath',
    async show(docker) {
      const volume = docker.another();
      await docker.shell('mkdir /data/part; echo p > /data/part/file', { HostConfig: { Binds: [`${volume}:/data`] } });
      const Mounts = [
        { Type: 'tmpfs', Target: '/fast', TmpfsOptions: { SizeBytes: 2 << 20, Mode: 0o1777 } },
        { Type: 'volume', Source: volume, Target: '/part', VolumeOptions: { Subpath: 'part' } },
      ];
      const text = await docker.shell('cat /part/file; grep " /fast " /proc/mounts', { HostConfig: { Mounts } });
      match(text, /^p\ntmpfs \/fast tmpfs .*size=2048k/);
    },
  },
  {
    name: 'volumes of another container',
    async show(docker) {
      const first = await docker.background({ HostConfig: { Binds: [`${docker.another()}:/data`] } });
      await docker.exec(first, 'echo shared > /data/file');
      equal(await docker.shell('cat /data/file', { HostConfig: { VolumesFrom: [first] } }), 'shared');
    },
  },
  {
    name: 'devices: the default ones, one more, and none else',
    quick: true,
    async show(docker) {
      const device = (CgroupPermissions: string) => ({
        Devices: [{ PathOnHost: '/dev/vda', PathInContainer: '/dev/disk', CgroupPermissions }],
      });
      const read = 'head -c 1 /dev/disk | wc -c; (: >> /dev/disk) 2>&1';
      const both = await docker.shell(`ls -l /dev/null /dev/tty | wc -l; ${read}; true`, { HostConfig: device('r') });
      match(both, /^2\n1\n.*Operation not permitted$/);
      // A node of one's own making is of no use: the cgroup lets no other device through.
      const made = await docker.shell('mknod /tmp/disk b 254 0; head -c 1 /tmp/disk 2>&1; true');
      match(made, /Operation not permitted/);
    },
  },
  {
    name: 'a rule for devices',
    async show(docker) {
      const [major, minor] = (await readFile('/sys/block/vda/dev', 'utf8')).trim().split(':');
      const HostConfig = { DeviceCgroupRules: [`b ${major}:* r`] };
      equal(
        await docker.shell(`mknod /tmp/disk b ${major} ${minor}; head -c 1 /tmp/disk | wc -c`, { HostConfig }),
        '1',
      );
    },
  },
  {
    name: 'masked and read-only paths',
    quick: true,
    async show(docker) {
      const masked = await docker.shell('wc -c < /proc/timer_list; (echo x > /proc/sys/kernel/domainname) 2>&1; true');
      match(masked, /^0\n.*Read-only file system$/);
      // What --security-opt systempaths=unconfined asks dockerd for.
      const HostConfig = { MaskedPaths: [], ReadonlyPaths: [] };
      notEqual(await docker.shell('wc -c < /proc/timer_list', { HostConfig }), '0');
    },
  },
  {
    name: 'working directory, user, groups, environment, names',
    quick: true,
    async show(docker) {
      const text = await docker.shell('pwd; id -u; id -g; id -G; echo $A; hostname; cat /proc/sys/kernel/domainname', {
        ...{
          WorkingDir: '/new/directory',
          User: '1234:5678',
          Env: ['A=b c'],
          Hostname: 'box',
          Domainname: 'example.org',
        },
        HostConfig: { GroupAdd: ['77'] },
      });
      equal(text, '/new/directory\n1234\n5678\n5678 77\nb c\nbox\nexample.org');
    },
  },
  {
    name: 'a Debian image',
    quick: true,
    async show(docker) {
      const text = await docker.shell('cat /etc/debian_version; ps -o comm= -p 1; bash -c "echo $BASH_VERSION$0"', {
        Image: 'debian',
      });
      match(text, /^[0-9a-z/.]+\nsh\n/);
      ok(text.endsWith('sh'), text);
    },
  },
];
