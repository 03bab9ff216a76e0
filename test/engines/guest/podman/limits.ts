/** Limits, which have to bite. */
import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Case } from '../case.js';
import type { Podman } from './podman.js';

const cgroup = 'cd /sys/fs/cgroup';

export const limitCases: readonly Case<Podman>[] = [
  {
    name: 'memory limit: an OOM kill is reported as one',
    async show(podman) {
      const killed = async () => {
        const name = podman.another();
        const flags = podman.flags(['--memory', '24m', '--memory-swap', '24m']);
        const words = ['run', '--name', name, ...flags, 'busybox', 'sh', '-c', 'exec tail /dev/zero'];
        equal((await podman.attempt(words)).status, 137);
        return (await podman.inspect(name)).State.OOMKilled;
      };
      // systemd removes the cgroup of a scope that is empty, maybe before conmon has looked into it, with every runtime.
      ok((await killed()) || (await killed()) || (await killed()), 'three kills, and none was reported');
    },
  },
  {
    name: 'memory limit, reservation and swap',
    async show(podman) {
      const flags = ['--memory', '64m', '--memory-reservation', '32m', '--memory-swap', '80m'];
      const text = await podman.shell(`${cgroup}; cat memory.max memory.low memory.swap.max`, ...flags);
      deepEqual(text.split('\n').map(Number), [64 << 20, 32 << 20, 16 << 20]);
    },
  },
  {
    name: 'pids limit',
    async show(podman) {
      const line = 'cat /sys/fs/cgroup/pids.max; for i in 1 2 3 4 5 6 7 8 9; do sleep 5 & done; wait';
      const { stdout, stderr } = await podman.run(['--pids-limit', '6'], 'sh', '-c', line);
      equal(stdout, '6\n');
      match(stderr, /can't fork: Resource temporarily unavailable/);
    },
  },
  {
    name: 'cpu quota, shares and set',
    async show(podman) {
      const flags = ['--cpus', '0.2', '--cpu-shares', '512', '--cpuset-cpus', '1'];
      const spin = "timeout 3 sh -c 'while :; do :; done'";
      const line = `${cgroup}; cat cpu.max cpu.weight cpuset.cpus; ${spin}; grep nr_throttled cpu.stat; true`;
      const [max, weight, cpus, throttled] = (await podman.shell(line, ...flags)).split('\n');
      equal(max, '20000 100000');
      ok(Number(weight) > 10 && Number(weight) < 80, weight);
      equal(cpus, '1');
      match(throttled!, /nr_throttled [1-9]/);
    },
  },
  {
    name: 'block I/O',
    async show(podman) {
      const device = (await readFile('/sys/block/vda/dev', 'utf8')).trim();
      const flags = ['--device-read-bps', '/dev/vda:1mb', '--device-write-iops', '/dev/vda:50'];
      equal(
        await podman.shell(`${cgroup}; cat io.max`, ...flags),
        `${device} rbps=1048576 wbps=max riops=max wiops=50`,
      );
    },
  },
  {
    name: 'update of a running container',
    async show(podman) {
      const name = await podman.background(['--memory', '64m', '--cpus', '0.5']);
      const flags = ['--memory', '48m', '--memory-swap', '48m', '--cpus', '0.25', '--pids-limit', '33'];
      await podman.cli('update', ...flags, name);
      const text = await podman.exec(name, `${cgroup}; cat memory.max memory.swap.max cpu.max pids.max`);
      equal(text, `${48 << 20}\n0\n25000 100000\n33`);
    },
  },
  {
    name: 'unified, huge pages',
    async show(podman) {
      const flags = ['--cgroup-conf', 'memory.high=50331648'];
      equal(await podman.shell(`${cgroup}; cat memory.high`, ...flags), '50331648');
    },
  },
  {
    name: 'ulimits, sysctls, oom-score-adj, shm-size, umask',
    async show(podman) {
      const flags = [
        '--ulimit',
        'nofile=64:128',
        '--sysctl',
        'net.ipv4.ip_forward=1',
        '--sysctl',
        'kernel.msgmax=9000',
      ];
      const more = ['--oom-score-adj', '500', '--shm-size', '1m', '--umask', '0077'];
      const line = [
        'ulimit -n; ulimit -Hn; cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/self/oom_score_adj',
        "df -k /dev/shm | tail -1 | awk '{ print $2 }'; umask",
      ].join('; ');
      equal(await podman.shell(line, ...flags, ...more), '64\n128\n1\n9000\n500\n1024\n0077');
    },
  },
  {
    name: '--cgroupns, --cgroup-parent',
    async show(podman) {
      equal(await podman.shell('cat /proc/self/cgroup', '--cgroupns', 'private'), '0::/');
      const parent = podman.context.driver === 'systemd' ? 'engines-parent.slice' : '/engines-parent';
      const text = await podman.shell('cat /proc/self/cgroup', '--cgroupns', 'host', '--cgroup-parent', parent);
      match(text, /engines-parent.*libpod-/);
    },
  },
  {
    name: '--cgroups=disabled',
    async show(podman) {
      const mine = await readFile('/proc/self/cgroup', 'utf8');
      const text = await podman.shell('cat /proc/self/cgroup', '--cgroups', 'disabled', '--cgroupns', 'host');
      notEqual(mine, '');
      equal(text.includes('libpod'), false, text);
    },
  },
];
