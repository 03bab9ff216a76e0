/** What a container may do. */
import { equal, match, notEqual, ok } from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { Case } from '../case.js';
import { attempt, command } from '../command.js';
import type { Docker } from './docker.js';

const capabilities = "sed -n 's/^CapEff:\\t//p' /proc/self/status";

export const securityCases: readonly Case<Docker>[] = [
  {
    name: 'capabilities: none, one more, all',
    quick: true,
    async show(docker) {
      const effective = (HostConfig: Record<string, unknown>) => docker.shell(capabilities, { HostConfig });
      equal(await effective({}), '00000000a80425fb');
      equal(await effective({ CapDrop: ['ALL'] }), '0000000000000000');
      equal(await effective({ CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'] }), '0000000000001000');
      equal(await effective({ CapAdd: ['ALL'] }), '000001ffffffffff');
    },
  },
  {
    name: 'privileged',
    quick: true,
    async show(docker) {
      const text = await docker.shell(
        `${capabilities}; grep Seccomp: /proc/self/status; cat /proc/self/attr/current; ls /dev/vda; mount -t tmpfs x /mnt 2>/dev/null || mkdir /mnt; mount -t tmpfs x /mnt; touch /sys/fs/cgroup/cgroup.procs`,
        { HostConfig: { Privileged: true } },
      );
      equal(text, '000001ffffffffff\nSeccomp:\t0\nunconfined\n/dev/vda');
    },
  },
  {
    name: "seccomp: docker's profile, one's own, none",
    quick: true,
    async show(docker) {
      const line = 'grep Seccomp: /proc/self/status; mkdir /x 2>&1; unshare -U true 2>&1; true';
      const standard = await docker.shell(line);
      match(standard, /^Seccomp:\t2\nunshare: .*Operation not permitted$/);
      const profile = JSON.stringify({
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 95 }],
      });
      const own = await docker.shell(line, { HostConfig: { SecurityOpt: [`seccomp=${profile}`] } });
      match(own, /^Seccomp:\t2\nmkdir: .*: (Operation not supported|Not supported)/);
      match(await docker.shell(line, { HostConfig: { SecurityOpt: ['seccomp=unconfined'] } }), /^Seccomp:\t0/);
    },
  },
  {
    name: "AppArmor: docker's profile, one's own, none",
    quick: true,
    async show(docker) {
      const label = 'cat /proc/self/attr/current; cat /etc/group > /dev/null 2>&1 && echo read';
      const confined = (profile?: string) =>
        docker.shell(`${label}; true`, { HostConfig: profile ? { SecurityOpt: [`apparmor=${profile}`] } : {} });
      equal(await confined(), 'docker-default (enforce)\nread');
      equal(await confined('unconfined'), 'unconfined\nread');
      const name = `engines-${docker.context.name}`;
      const file = `${docker.context.directory}/profile`;
      await writeFile(
        file,
        `profile ${name} flags=(attach_disconnected) {\n  file,\n  network,\n  capability,\n  deny /etc/group r,\n}\n`,
      );
      await command(['apparmor_parser', '-r', '-K', file]);
      try {
        equal(await confined(name), `${name} (enforce)`);
        const running = await docker.background({ HostConfig: { SecurityOpt: [`apparmor=${name}`] } });
        equal((await docker.exec(running, 'cat /proc/self/attr/current')).stdout.trim(), `${name} (enforce)`);
      } finally {
        await attempt(['apparmor_parser', '-R', file]);
      }
    },
  },
  {
    name: 'no new privileges',
    async show(docker) {
      const line = 'grep NoNewPrivs /proc/self/status';
      equal(await docker.shell(line), 'NoNewPrivs:\t0');
      equal(await docker.shell(line, { HostConfig: { SecurityOpt: ['no-new-privileges'] } }), 'NoNewPrivs:\t1');
    },
  },
  {
    name: 'sysctls',
    quick: true,
    async show(docker) {
      const Sysctls = {
        'net.ipv4.ip_unprivileged_port_start': '99',
        'kernel.msgmax': '4321',
        'fs.mqueue.msg_max': '55',
      };
      const files = Object.keys(Sysctls).map((name) => `/proc/sys/${name.replaceAll('.', '/')}`);
      const HostConfig = { Sysctls, NetworkMode: 'bridge' };
      equal(await docker.shell(`cat ${files.join(' ')}`, { HostConfig }), '99\n4321\n55');
    },
  },
  {
    name: 'cgroup namespace: private and the host’s',
    quick: true,
    async show(docker) {
      const line = 'cat /proc/self/cgroup; ls -d /sys/fs/cgroup/system.slice 2>/dev/null; true';
      equal(await docker.shell(line, { HostConfig: { CgroupnsMode: 'private' } }), '0::/');
      const host = await docker.shell(line, { HostConfig: { CgroupnsMode: 'host' } });
      match(host, docker.context.driver === 'systemd' ? /^0::\/system.slice\/docker-/ : /^0::\/docker\//);
      ok(host.endsWith('/sys/fs/cgroup/system.slice'), host);
    },
  },
  {
    name: 'pid namespace: of the host, of another container',
    quick: true,
    async show(docker) {
      match(await docker.shell('tr "\\0" " " < /proc/1/cmdline', { HostConfig: { PidMode: 'host' } }), /init|systemd/);
      const other = await docker.background({ Cmd: ['sleep', '777'] });
      const HostConfig = { PidMode: `container:${other}` };
      equal(await docker.shell('tr "\\0" " " < /proc/1/cmdline', { HostConfig }), 'sleep 777');
      // Its kill must reach the processes of this container alone.
      const second = await docker.background({ HostConfig });
      await docker.api('POST', `/containers/${second}/kill`);
      await docker.wait(second);
      ok((await docker.inspect(other)).State.Running);
    },
  },
  {
    name: 'ipc and uts namespaces: of the host, of another container',
    async show(docker) {
      const link = (type: string, HostConfig: Record<string, unknown>) =>
        docker.shell(`readlink /proc/self/ns/${type}`, { HostConfig });
      const hosts = async (type: string) => (await command(['readlink', `/proc/self/ns/${type}`])).trim();
      equal(await link('ipc', { IpcMode: 'host' }), await hosts('ipc'));
      equal(await link('uts', { UTSMode: 'host' }), await hosts('uts'));
      notEqual(await link('ipc', {}), await hosts('ipc'));
      const first = await docker.background({ HostConfig: { IpcMode: 'shareable' } });
      await docker.exec(first, 'echo x > /dev/shm/file');
      equal(await docker.shell('cat /dev/shm/file', { HostConfig: { IpcMode: `container:${first}` } }), 'x');
    },
  },
  {
    name: 'an init process',
    quick: true,
    async show(docker) {
      const name = await docker.background({ HostConfig: { Init: true } });
      const { stdout } = await docker.exec(name, 'cat /proc/1/comm; sh -c "sleep 0.1 &" ; sleep 0.5; ps -o stat,comm');
      match(stdout, /^(docker-init|tini)\n/);
      ok(!/^Z/m.test(stdout), stdout);
    },
  },
];
