/** What podman offers for crun's sake, by options and annotations that come to the runtime as crun knows them. */
import { equal, match } from 'node:assert/strict';
import { chown, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Case } from '../case.js';
import { command } from '../command.js';
import type { Podman } from './podman.js';

const mapped = ['--uidmap', '0:100000:65536', '--gidmap', '0:100000:65536'];

export const crunCases: readonly Case<Podman>[] = [
  {
    name: 'crun: --group-add keep-groups',
    async show(podman) {
      const flags = podman.flags(['--group-add', 'keep-groups']);
      const words = podman.words('run', '--rm', ...flags, 'busybox', 'grep', '^Groups:', '/proc/self/status');
      match(
        await command(['setpriv', '--groups', '4242,4343', ...words], { signal: podman.signal }),
        /\s4242 4343\s*$/,
      );
    },
  },
  {
    name: 'crun: a symlink as a mount, no-dereference',
    async show(podman) {
      const link = join(podman.context.directory, 'link');
      // Podman itself looks whether the source is there, and follows it.
      await symlink('/etc/machine-id', link);
      const mount = `type=bind,source=${link},destination=/mnt/link,no-dereference`;
      equal(await podman.shell('readlink /mnt/link', '--mount', mount), '/etc/machine-id');
    },
  },
  {
    name: 'crun: a volume with ids of its own, idmap=uids=…;gids=…',
    async show(podman) {
      const directory = join(podman.context.directory, 'owned');
      await mkdir(directory);
      await chown(directory, 1000, 1001);
      const ids = 'stat -c %u:%g /mnt';
      equal(await podman.shell(ids, '--volume', `${directory}:/mnt:idmap=uids=1000-7-1;gids=1001-8-1`), '7:8');
      const relative = `${directory}:/mnt:idmap=uids=@1000-7-1;gids=@1001-8-1`;
      equal(await podman.shell(ids, ...mapped, '--volume', relative), '7:8');
    },
  },
  {
    name: 'crun: output of hooks, by annotation',
    async show(podman) {
      const { directory } = podman.context;
      const hooks = join(directory, 'hooks');
      const log = join(directory, 'log');
      await mkdir(hooks);
      const hook = { path: '/bin/sh', args: ['sh', '-c', 'echo from the hook'] };
      const when = { always: true };
      await writeFile(
        join(hooks, 'say.json'),
        JSON.stringify({ version: '1.0.0', hook, when, stages: ['createRuntime', 'poststop'] }),
      );
      const words = [
        'run',
        '--rm',
        ...podman.flags(['--annotation', `run.oci.hooks.stdout=${log}`]),
        'busybox',
        'true',
      ];
      await command([...podman.words(), '--hooks-dir', hooks, ...words], { signal: podman.signal });
      match(await readFile(log, 'utf8'), /^(from the hook\n)+$/);
    },
  },
  {
    name: 'crun: a cgroup to delegate, by annotation',
    async show(podman) {
      const flags = ['--cgroupns', 'private', '--annotation', 'run.oci.delegate-cgroup=payload'];
      equal(await podman.shell('cat /proc/self/cgroup', ...flags), '0::/payload');
    },
  },
  {
    name: 'crun: a descriptor beyond a gap, --preserve-fd',
    async show(podman) {
      const words = podman.words('run', '--rm', ...podman.flags(['--preserve-fd', '5']), 'busybox', 'sh', '-c');
      const line = 'ls -d /proc/self/fd/3 2>/dev/null; cat <&5';
      const shell = ['sh', '-c', '"$@" 5</proc/sys/kernel/ostype', 'sh', ...words, line];
      equal(await command(shell, { signal: podman.signal }), 'Linux');
    },
  },
  {
    name: 'crun: /sys in a user namespace with the host’s network',
    async show(podman) {
      const line = `awk '$5 == "/sys" { print $6 }' /proc/self/mountinfo; ls /sys/class/net | head -n 1`;
      match(await podman.shell(line, ...mapped, '--network', 'host'), /^ro,\S*\n\S+$/);
    },
  },
  {
    name: 'crun: a device of a user namespace with an owner',
    async show(podman) {
      const flags = [...mapped, '--device', '/dev/full:/dev/mine:rw'];
      match(
        await podman.shell('stat -c "%F %t:%T" /dev/mine; head -c 1 /dev/mine | wc -c', ...flags),
        /^character special file 1:7\n1$/,
      );
    },
  },
];
