/** Limits, which have to bite. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Case } from '../case.js';
import { ask } from './api.js';
import type { Docker } from './docker.js';

const cgroup = 'cd /sys/fs/cgroup';

export const limitCases: readonly Case<Docker>[] = [
  {
    name: 'memory limit: an OOM kill is reported as one',
    quick: true,
    async show(docker) {
      const since = Date.now() / 1000;
      const killed = async () => {
        const { status, name } = await docker.run({
          Cmd: ['sh', '-c', 'exec tail /dev/zero'],
          HostConfig: { Memory: 24 << 20, MemorySwap: 24 << 20 },
        });
        equal(status, 137);
        const { OOMKilled } = (await docker.inspect(name)).State;
        return OOMKilled ? name : undefined;
      };
      // containerd looks for the kill and for the end in two places, and misses some kills with every runtime.
      const name = (await killed()) ?? (await killed()) ?? (await killed());
      ok(name, 'three kills, and none was reported');
      const filters = encodeURIComponent(JSON.stringify({ container: [name], event: ['oom'] }));
      const { body } = await ask('GET', `/events?since=${since}&until=${Date.now() / 1000}&filters=${filters}`);
      match(body.toString(), /"Action":"oom"/);
    },
  },
  {
    name: 'memory limit, reservation and swap',
    async show(docker) {
      const text = await docker.shell(`${cgroup}; cat memory.max memory.low memory.swap.max`, {
        HostConfig: { Memory: 64 << 20, MemoryReservation: 32 << 20, MemorySwap: 80 << 20 },
      });
      deepEqual(text.split('\n').map(Number), [64 << 20, 32 << 20, 16 << 20]);
    },
  },
  {
    name: 'pids limit',
    quick: true,
    async show(docker) {
      const { stdout, stderr } = await docker.run({
        Cmd: ['sh', '-c', 'cat /sys/fs/cgroup/pids.max; for i in 1 2 3 4 5 6 7 8 9; do sleep 5 & done; wait'],
        HostConfig: { PidsLimit: 6 },
      });
      equal(stdout, '6\n');
      match(stderr, /can't fork: Resource temporarily unavailable/);
    },
  },
  {
    name: 'cpu quota',
    quick: true,
    async show(docker) {
      const text = await docker
        .shell(`${cgroup}; cat cpu.max; timeout 3 sh -c 'while :; do :; done'; grep nr_throttled cpu.stat`, {
          HostConfig: { NanoCpus: 2e8 },
        })
        .catch((error: Error) => error.message);
      match(text, /^20000 100000\n[\s\S]*nr_throttled [1-9]/);
    },
  },
  {
    name: 'cpu shares and cpu set',
    async show(docker) {
      const text = await docker.shell(`${cgroup}; cat cpu.weight; grep Cpus_allowed_list /proc/self/status`, {
        HostConfig: { CpuShares: 512, CpusetCpus: '1' },
      });
      const [weight, cpus] = text.split('\n');
      ok(Number(weight) > 10 && Number(weight) < 80, weight);
      equal(cpus, 'Cpus_allowed_list:\t1');
    },
  },
  {
    name: 'block I/O',
    async show(docker) {
      const device = (await readFile('/sys/block/vda/dev', 'utf8')).trim();
      const text = await docker.shell(`${cgroup}; cat io.max`, {
        HostConfig: {
          BlkioDeviceReadBps: [{ Path: '/dev/vda', Rate: 1 << 20 }],
          BlkioDeviceWriteIOps: [{ Path: '/dev/vda', Rate: 50 }],
        },
      });
      equal(text, `${device} rbps=1048576 wbps=max riops=max wiops=50`);
    },
  },
  {
    name: 'ulimits',
    quick: true,
    async show(docker) {
      const Ulimits = [
        { Name: 'nofile', Soft: 123, Hard: 456 },
        { Name: 'core', Soft: 0, Hard: 0 },
        { Name: 'nproc', Soft: 200, Hard: 200 },
      ];
      const text = await docker.shell(
        'ulimit -Sn; ulimit -Hn; ulimit -c; grep -o "^Max processes *200 *200" /proc/self/limits | wc -l',
        { HostConfig: { Ulimits } },
      );
      equal(text, '123\n456\n0\n1');
    },
  },
  {
    name: 'oom_score_adj and the size of /dev/shm',
    async show(docker) {
      const HostConfig = { OomScoreAdj: 321, ShmSize: 8 << 20 };
      const text = await docker.shell('cat /proc/self/oom_score_adj; df -k /dev/shm | tail -1', { HostConfig });
      match(text, /^321\nshm +8192 /);
    },
  },
  {
    name: 'a cgroup parent',
    async show(docker) {
      const systemd = docker.context.driver === 'systemd';
      const parent = systemd ? `${docker.context.name.replaceAll('-', '_')}.slice` : `/${docker.context.name}`;
      const name = await docker.background({ HostConfig: { CgroupParent: parent } });
      const line = await readFile(`/proc/${await docker.pid(name)}/cgroup`, 'utf8');
      ok(line.startsWith(`0::/${parent.replace('/', '')}/`), line);
    },
  },
];
