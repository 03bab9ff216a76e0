/** Capabilities, seccomp, AppArmor, users. */
import { equal, match, notEqual } from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Case, Skip } from '../case.js';
import { attempt } from '../command.js';
import type { Podman } from './podman.js';

const effective = "awk '/^CapEff/ { print $2 }' /proc/self/status";

export const securityCases: readonly Case<Podman>[] = [
  {
    name: 'capabilities',
    async show(podman) {
      equal(await podman.shell(effective, '--cap-drop', 'all', '--cap-add', 'NET_BIND_SERVICE'), '0000000000000400');
      equal(await podman.shell(effective, '--user', '1000', '--cap-add', 'NET_RAW'), '0000000000002000');
      const all = await podman.shell(`${effective}; grep CapBnd /proc/1/status | cut -f2`, '--privileged');
      equal(all.split('\n')[0], all.split('\n')[1]);
    },
  },
  {
    name: 'exec has the capabilities of the container',
    async show(podman) {
      const name = await podman.background(['--cap-drop', 'all', '--cap-add', 'CHOWN']);
      equal(await podman.exec(name, effective), '0000000000000001');
      equal(await podman.cli('exec', '--user', '9', name, 'sh', '-c', effective), '0000000000000000');
      notEqual(await podman.cli('exec', '--privileged', name, 'sh', '-c', effective), '0000000000000001');
    },
  },
  {
    name: 'seccomp: default, a profile of one’s own, none',
    async show(podman) {
      const filter = "awk '/^Seccomp:/ { print $2 }' /proc/self/status";
      equal(await podman.shell(filter), '2');
      equal(await podman.shell(filter, '--security-opt', 'seccomp=unconfined'), '0');
      const profile = join(podman.context.directory, 'profile.json');
      const syscalls = [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 }];
      await writeFile(profile, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls }));
      const { status, stderr } = await podman.run(['--security-opt', `seccomp=${profile}`], 'mkdir', '/new');
      equal(status, 1);
      match(stderr, /Function not implemented/);
    },
  },
  {
    name: 'AppArmor: default, a profile of one’s own, none',
    async show(podman) {
      const current = 'cat /proc/self/attr/current';
      const usual = await podman.attempt(['run', '--rm', ...podman.flags([]), 'busybox', 'sh', '-c', current]);
      if (!/containers-default/.test(usual.stdout)) throw new Skip(`podman uses no AppArmor here: ${usual.stdout}`);
      match(usual.stdout, /^containers-default-\S+ \(enforce\)/);
      match(await podman.shell(current, '--security-opt', 'apparmor=unconfined'), /^unconfined|crun|podman/);
      const profile = join(podman.context.directory, 'profile');
      const own = `engines-${podman.another()}`;
      const rules = 'file, capability, network, mount, umount, signal, ptrace, unix, deny /etc/passwd r,';
      await writeFile(profile, `profile ${own} flags=(attach_disconnected,mediate_deleted) { ${rules} }\n`);
      await attempt(['apparmor_parser', '--replace', profile]);
      try {
        const flags = ['--security-opt', `apparmor=${own}`];
        equal(
          await podman.shell(`${current}; cat /etc/passwd 2>&1; true`, ...flags),
          `${own} (enforce)\ncat: can't open '/etc/passwd': Permission denied`,
        );
        const name = await podman.background(flags);
        equal(await podman.exec(name, current), `${own} (enforce)`);
      } finally {
        await attempt(['apparmor_parser', '--remove', profile]);
      }
    },
  },
  {
    name: 'no-new-privileges',
    async show(podman) {
      const bit = "awk '/^NoNewPrivs/ { print $2 }' /proc/self/status";
      equal(await podman.shell(bit), '0');
      const name = await podman.background(['--security-opt', 'no-new-privileges']);
      equal(await podman.exec(name, bit), '1');
    },
  },
  {
    name: 'masked and read-only paths, unmask, mask',
    async show(podman) {
      const line = 'wc -c < /proc/timer_list; ls /sys/firmware | wc -l; echo 1 > /proc/sys/vm/compact_memory; true';
      const { stdout, stderr } = await podman.run([], 'sh', '-c', line);
      equal(stdout, '0\n0\n');
      match(stderr, /compact_memory: Read-only file system/);
      notEqual(await podman.shell('wc -c < /proc/timer_list', '--security-opt', 'unmask=ALL'), '0');
      equal(await podman.shell('wc -c < /etc/passwd', '--security-opt', 'mask=/etc/passwd'), '0');
    },
  },
  {
    name: 'user namespace: mappings, ownership, exec',
    async show(podman) {
      const flags = ['--uidmap', '0:200000:65536', '--gidmap', '0:200000:65536'];
      const name = await podman.background(flags);
      equal(
        await podman.exec(name, 'id -u; stat -c %u /bin/busybox; awk "{ print \\$2 }" /proc/self/uid_map'),
        '0\n0\n200000',
      );
      const { State } = await podman.inspect(name);
      const owner = await attempt(['stat', '-c', '%u', `/proc/${State.Pid}`]);
      equal(owner.stdout.trim(), '200000');
      const { stderr } = await podman.run(flags, 'mount', '-t', 'tmpfs', 'none', '/tmp');
      match(stderr, /ermission denied|not permitted/);
    },
  },
  {
    name: 'user namespace: auto, idmapped volume',
    async show(podman) {
      const volume = podman.another();
      podman.volumes.push(volume);
      const flags = ['--uidmap', '0:300000:1000', '--gidmap', '0:300000:1000'];
      await podman.shell('touch /v/file; chown 7:8 /v/file', '--volume', `${volume}:/v`);
      const line = 'stat -c "%u %g" /v/file; touch /v/mine; stat -c %u /v/mine';
      equal(await podman.shell(line, ...flags, '--volume', `${volume}:/v:idmap`), '7 8\n0');
      equal(await podman.shell('stat -c %u /v/mine', '--volume', `${volume}:/v`), '0');
    },
  },
  {
    name: 'user by name, group of the image',
    async show(podman) {
      equal(await podman.shell('id -un; id -gn', '--user', 'nobody:nogroup'), 'nobody\nnogroup');
      match((await podman.run(['--user', 'nosuch'], 'true')).stderr, /nosuch/);
    },
  },
];
