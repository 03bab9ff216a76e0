/** File systems, mounts, volumes, devices. */
import { equal, match, notEqual, ok } from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Case } from '../case.js';
import { attempt, command } from '../command.js';
import type { Podman } from './podman.js';

/** The optional fields of a mount in /proc/self/mountinfo: `shared:N`, `master:N`, or nothing. */
const propagationOf = (path: string) =>
  `awk '$5 == "${path}" { for (i = 7; $i != "-"; i++) print $i }' /proc/self/mountinfo`;

/** A directory that is a mount of its own, with the propagation given; calls `use` and unmounts it. */
async function withMount(directory: string, propagation: string, use: () => Promise<void>): Promise<void> {
  await mkdir(join(directory, 'below'), { recursive: true });
  await command(['mount', '--bind', directory, directory]);
  try {
    await command(['mount', `--make-${propagation}`, directory]);
    await use();
  } finally {
    await attempt(['umount', '--recursive', '--lazy', directory]);
  }
}

const propagations = ['private', 'slave', 'shared'].map(
  (propagation): Case<Podman> => ({
    name: `bind with propagation ${propagation} and r${propagation}`,
    quick: propagation === 'shared',
    async show(podman) {
      const directory = join(podman.context.directory, 'shared');
      await withMount(directory, 'shared', async () => {
        for (const option of [propagation, `r${propagation}`]) {
          const name = await podman.background(['--privileged', '--volume', `${directory}:/mnt:${option}`]);
          const seen = await podman.exec(name, propagationOf('/mnt'));
          if (propagation === 'private') equal(seen, '', option);
          else match(seen, propagation === 'slave' ? /^master:\d+$/ : /^shared:\d+/, option);

          // What the host mounts arrives in a slave and in a shared one, what the container mounts in a shared one alone.
          await command(['mount', '-t', 'tmpfs', 'from-host', join(directory, 'below')]);
          const mounts = await podman.exec(name, 'cat /proc/self/mountinfo');
          equal(mounts.includes('from-host'), propagation !== 'private', option);
          await command(['umount', join(directory, 'below')]);
          await podman.exec(name, 'mkdir -p /mnt/inner; mount -t tmpfs from-container /mnt/inner');
          const here = await readFile('/proc/self/mountinfo', 'utf8');
          equal(here.includes('from-container'), propagation === 'shared', option);
          await podman.exec(name, 'umount /mnt/inner');
          await podman.cli('rm', '--force', '--time', '0', name);
        }
      });
    },
  }),
);

export const fileCases: readonly Case<Podman>[] = [
  {
    name: 'read-only root',
    async show(podman) {
      const line = '(echo > /file) 2>&1; echo > /tmp/file && echo tmp';
      match(await podman.shell(line, '--read-only'), /Read-only file system\ntmp/);
      const strict = await podman.run(['--read-only', '--read-only-tmpfs=false'], 'sh', '-c', 'echo > /tmp/file');
      notEqual(strict.status, 0);
    },
  },
  {
    name: 'named volume: content of the image, kept, read-only',
    async show(podman) {
      const volume = podman.another();
      podman.volumes.push(volume);
      const line = 'cat /etc/passwd | wc -l; echo kept > /etc/kept';
      ok(Number(await podman.shell(line, '--volume', `${volume}:/etc`)) >= 1);
      equal(await podman.shell('cat /vol/kept', '--volume', `${volume}:/vol`), 'kept');
      const { status, stderr } = await podman.run(['--volume', `${volume}:/vol:ro`], 'touch', '/vol/new');
      equal(status, 1);
      match(stderr, /Read-only file system/);
    },
  },
  ...propagations,
  {
    name: 'bind: ro, noexec, nosuid, nodev, one file, bind and rbind',
    async show(podman) {
      const directory = join(podman.context.directory, 'tree');
      await mkdir(join(directory, 'below'), { recursive: true });
      await writeFile(join(directory, 'file'), '#!/bin/sh\necho ran\n', { mode: 0o755 });
      const flags = [
        '--volume',
        `${directory}:/a:ro,noexec,nosuid,nodev`,
        '--volume',
        `${join(directory, 'file')}:/one`,
      ];
      const line = "cat /one | tail -1; /a/file || true; touch /a/x || true; grep ' /a ' /proc/self/mountinfo";
      const { stdout, stderr } = await podman.run(flags, 'sh', '-c', line);
      match(stdout, /^echo ran\n.* \/a ro,nosuid,nodev,noexec/);
      match(stderr, /Permission denied[\s\S]*Read-only file system/);

      await command(['mount', '-t', 'tmpfs', 'inside', join(directory, 'below')]);
      try {
        const mounts = ['--volume', `${directory}:/plain:bind`, '--volume', `${directory}:/deep:rbind`];
        const seen = await podman.shell('cat /proc/self/mountinfo', ...mounts);
        match(seen, / \/deep\/below /);
        equal(seen.includes(' /plain/below '), false);
      } finally {
        await command(['umount', join(directory, 'below')]);
      }
    },
  },
  {
    name: 'tmpfs: size, mode, what the image has there',
    async show(podman) {
      const line = "stat -c %a /scratch; df -k /scratch | tail -1 | awk '{ print $2 }'; ls /etc | grep -c passwd";
      const flags = ['--tmpfs', '/scratch:rw,size=1m,mode=0700', '--tmpfs', '/etc'];
      match(await podman.shell(line, ...flags), /^700\n1024\n1$/);
      const none = await podman.run(['--mount', 'type=tmpfs,destination=/etc,notmpcopyup'], 'ls', '/etc/passwd');
      notEqual(none.status, 0);
    },
  },
  {
    name: 'overlay and image mounts, --rootfs',
    async show(podman) {
      const directory = join(podman.context.directory, 'lower');
      await mkdir(directory);
      await writeFile(join(directory, 'file'), 'lower\n');
      equal(await podman.shell('cat /o/file; echo new > /o/file', '--volume', `${directory}:/o:O`), 'lower');
      equal(await readFile(join(directory, 'file'), 'utf8'), 'lower\n');
      equal(
        await podman.shell('ls /image/bin/busybox', '--mount', 'type=image,source=busybox,destination=/image'),
        '/image/bin/busybox',
      );
    },
  },
  {
    name: 'secrets',
    async show(podman) {
      const secret = podman.another();
      const file = join(podman.context.directory, 'secret');
      await writeFile(file, 'hidden');
      await podman.cli('secret', 'create', secret, file);
      try {
        equal(await podman.shell(`cat /run/secrets/${secret}`, '--secret', secret), 'hidden');
      } finally {
        await podman.cli('secret', 'rm', secret);
      }
    },
  },
  {
    name: 'devices',
    async show(podman) {
      // Opened for writing, not written to.
      const write = 'true >> /dev/disk; mknod /dev/mine b 254 0';
      const { stdout, stderr } = await podman.run(
        ['--device', '/dev/vda:/dev/disk:r'],
        ...['sh', '-c', `head -c 3 /dev/disk | wc -c; ${write}`],
      );
      equal(stdout, '3\n');
      match(stderr, /\/dev\/disk: Operation not permitted[\s\S]*\/dev\/mine: Operation not permitted/);
      const disk = (await readFile('/sys/block/vda/dev', 'utf8')).trim().split(':');
      const rule = ['--device-cgroup-rule', `b ${disk.join(':')} rm`, '--cap-add', 'MKNOD'];
      const allowed = `mknod /dev/mine b ${disk.join(' ')}; head -c 1 /dev/mine | wc -c`;
      equal(await podman.shell(allowed, ...rule), '1');
      match(await podman.shell('ls -l /dev/null /dev/tty /dev/ptmx; ls /dev/fd/', '--privileged'), /1,\s+3/);
    },
  },
];
