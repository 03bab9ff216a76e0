/** What becomes of a container once it runs. */
import { equal, match, notEqual, ok, rejects } from 'node:assert/strict';
import type { Case } from '../case.js';
import { until } from '../command.js';
import type { Docker } from './docker.js';

/** Ends with 3 when it gets TERM, says so when it gets USR1. */
const trapping = ['sh', '-c', 'trap "exit 3" TERM; trap "echo usr1" USR1; echo ready; while :; do sleep 0.1; done'];

/** A container whose first process catches signals by now. */
async function ready(docker: Docker, config: Record<string, unknown> = {}): Promise<string> {
  const name = await docker.background({ Cmd: trapping, StopSignal: 'SIGTERM', ...config });
  await until('the trap', docker.signal, async () =>
    (await docker.logs(name)).stdout.includes('ready') ? 1 : undefined,
  );
  return name;
}

export const lifecycleCases: readonly Case<Docker>[] = [
  {
    name: 'stop: TERM, and KILL when that does nothing',
    quick: true,
    async show(docker) {
      const good = await ready(docker);
      await docker.api('POST', `/containers/${good}/stop?t=60`);
      equal((await docker.inspect(good)).State.ExitCode, 3);
      const deaf = await docker.background({ StopSignal: 'SIGTERM' });
      await docker.api('POST', `/containers/${deaf}/stop?t=1`);
      equal((await docker.inspect(deaf)).State.ExitCode, 137);
    },
  },
  {
    name: 'kill: by name, by number, and by default',
    quick: true,
    async show(docker) {
      const name = await ready(docker);
      await docker.cli('kill', '-s', 'USR1', name);
      await until('the signal', docker.signal, async () =>
        (await docker.logs(name)).stdout.includes('usr1') ? 1 : undefined,
      );
      await docker.api('POST', `/containers/${name}/kill?signal=15`);
      equal(await docker.wait(name), 3);
      const other = await docker.background();
      await docker.api('POST', `/containers/${other}/kill`);
      equal(await docker.wait(other), 137);
      await rejects(docker.api('POST', `/containers/${other}/kill`), /is not running/);
    },
  },
  {
    name: 'restart, and start of one that has stopped',
    async show(docker) {
      const name = await docker.background({ Cmd: ['sh', '-c', 'echo started; exec sleep 1000'] });
      const before = await docker.pid(name);
      await docker.cli('restart', '-t', '0', name);
      const after = await docker.pid(name);
      notEqual(after, before);
      ok(after > 0);
      await docker.api('POST', `/containers/${name}/stop?t=0`);
      await docker.start(name);
      equal((await docker.logs(name)).stdout, 'started\n'.repeat(3));
    },
  },
  {
    name: 'pause and unpause',
    quick: true,
    async show(docker) {
      const name = await docker.background({ Cmd: ['sh', '-c', 'while :; do echo .; sleep 0.05; done'] });
      await docker.api('POST', `/containers/${name}/pause`);
      ok((await docker.inspect(name)).State.Paused);
      const count = async () => (await docker.logs(name)).stdout.length;
      const before = await count();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      equal(await count(), before);
      await rejects(docker.exec(name, 'true'), /paused/);
      await docker.api('POST', `/containers/${name}/unpause`);
      await until('more output', docker.signal, async () => ((await count()) > before ? 1 : undefined));
    },
  },
  {
    name: 'kill and removal of a paused container',
    async show(docker) {
      const name = await docker.background();
      await docker.api('POST', `/containers/${name}/pause`);
      await docker.api('DELETE', `/containers/${name}?force=1`);
      await rejects(docker.inspect(name), /No such container/);
    },
  },
  {
    name: 'create, start -a, wait, rm',
    async show(docker) {
      const name = await docker.create({ Cmd: ['sh', '-c', 'echo hello; exit 4'] });
      equal((await docker.inspect(name)).State.Status, 'created');
      const { status, stdout } = await docker.attempt(['start', '-a', name]);
      equal(status, 4);
      equal(stdout, 'hello\n');
      equal(await docker.wait(name), 4);
      equal((await docker.inspect(name)).State.Status, 'exited');
      await docker.cli('rm', name);
      await rejects(docker.inspect(name), /No such container/);
    },
  },
  {
    name: 'attach',
    async show(docker) {
      const name = await docker.background({ Cmd: ['cat'], OpenStdin: true, StdinOnce: true, AttachStdin: true });
      const { status, stdout } = await docker.attempt(['attach', name], 'through\n');
      equal(status, 0);
      equal(stdout, 'through\n');
    },
  },
  {
    name: 'rename, and what inspect says',
    async show(docker) {
      const name = await docker.background({ Hostname: 'box', Env: ['A=b'] });
      const other = `${name}-renamed`;
      await docker.cli('rename', name, other);
      const inspected = await docker.inspect(other);
      equal(inspected.Name, `/${other}`);
      ok(inspected.State.Running);
      equal((await docker.exec(other, 'hostname; echo $A')).stdout, 'box\nb\n');
    },
  },
  {
    name: 'top',
    quick: true,
    async show(docker) {
      const name = await docker.background({ Cmd: ['sh', '-c', 'sleep 1001 & exec sleep 1002'] });
      await until('both processes', docker.signal, async () => {
        const { Titles, Processes } = await docker.api<{ Titles: string[]; Processes: string[][] }>(
          'GET',
          `/containers/${name}/top?ps_args=-o%20pid,args`,
        );
        equal(Titles[0], 'PID');
        const words = Processes.map((row) => row[1]).sort();
        return words.join() === 'sleep 1001,sleep 1002' ? words : undefined;
      });
      match(await docker.cli('top', name), /UID +PID +PPID[\s\S]*sleep 1002/);
    },
  },
  {
    name: 'stats',
    quick: true,
    async show(docker) {
      const name = await docker.background({ HostConfig: { Memory: 64 << 20, PidsLimit: 77 } });
      const line = await docker.cli('stats', '--no-stream', '--format', '{{.MemUsage}} {{.PIDs}}', name);
      match(line, /^[1-9][0-9.]*[KM]iB \/ 64MiB 1$/);
      type Stats = { pids_stats: { limit: number }; cpu_stats: { cpu_usage: { total_usage: number } } };
      const stats = await docker.api<Stats>('GET', `/containers/${name}/stats?stream=0&one-shot=1`);
      equal(stats.pids_stats.limit, 77);
      ok(stats.cpu_stats.cpu_usage.total_usage > 0);
    },
  },
  {
    name: 'update of a running container',
    quick: true,
    async show(docker) {
      const name = await docker.background({ HostConfig: { Memory: 64 << 20, MemorySwap: 64 << 20 } });
      const read = 'cd /sys/fs/cgroup; cat memory.max pids.max cpu.max cpu.weight cpuset.cpus';
      const change = { Memory: 96 << 20, MemorySwap: 96 << 20, PidsLimit: 55, CpuShares: 2048, CpusetCpus: '1' };
      await docker.api('POST', `/containers/${name}/update`, { ...change, CpuQuota: 30000, CpuPeriod: 60000 });
      const { stdout } = await docker.exec(name, read);
      const [memory, pids, quota, weight, cpus] = stdout.trim().split('\n');
      equal(memory, String(96 << 20));
      equal(pids, '55');
      equal(quota, '30000 60000');
      // Linear in older runtimes, quadratic in newer ones.
      ok(Number(weight) > 60 && Number(weight) < 200, weight);
      equal(cpus, '1');
    },
  },
  {
    name: 'cp, in and out, running and stopped',
    async show(docker) {
      const name = await docker.background();
      const pointer = `${docker.context.directory}/file`;
      const { writeFile, readFile } = await import('node:fs/promises');
      await writeFile(pointer, 'content\n');
      await docker.cli('cp', pointer, `${name}:/tmp/file`);
      equal((await docker.exec(name, 'cat /tmp/file; echo more >> /tmp/file')).stdout, 'content\n');
      await docker.api('POST', `/containers/${name}/stop?t=0`);
      await docker.cli('cp', `${name}:/tmp/file`, `${pointer}.back`);
      equal(await readFile(`${pointer}.back`, 'utf8'), 'content\nmore\n');
    },
  },
  {
    name: 'commit, diff and export',
    async show(docker) {
      const { name } = await docker.run({ Cmd: ['sh', '-c', 'echo kept > /root/file'] });
      const changes = await docker.api<{ Path: string; Kind: number }[]>('GET', `/containers/${name}/changes`);
      ok(changes.some(({ Path, Kind }) => Path === '/root/file' && Kind === 1));
      await docker.api('POST', `/commit?container=${name}&repo=${name}&tag=new`, {});
      equal(await docker.shell('cat /root/file', { Image: `${name}:new` }), 'kept');
      const file = `${docker.context.directory}/export.tar`;
      await docker.cli('export', '-o', file, name);
      const { command } = await import('../command.js');
      match(await command(['tar', '-tf', file]), /^root\/file$/m);
    },
  },
  {
    name: 'logs, whole, followed, and with times',
    async show(docker) {
      const name = await docker.background({
        Cmd: ['sh', '-c', 'for i in 1 2 3; do echo $i; sleep 0.2; done; echo e >&2'],
      });
      const followed = await docker.attempt(['logs', '-f', name]);
      equal(followed.stdout, '1\n2\n3\n');
      equal(followed.stderr, 'e\n');
      match(await docker.cli('logs', '-t', '--tail', '2', name), /^\d{4}-\d\d-\d\dT[^ ]+Z 3$/m);
    },
  },
  {
    name: 'events',
    async show(docker) {
      const since = Date.now() / 1000;
      const { name } = await docker.run({ Cmd: ['sh', '-c', 'exit 2'] });
      await docker.cli('rm', name);
      const filters = encodeURIComponent(JSON.stringify({ container: [name] }));
      const until = Date.now() / 1000;
      const { ask } = await import('./api.js');
      const { body } = await ask('GET', `/events?since=${since}&until=${until}&filters=${filters}`);
      const events = body
        .toString()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { Action: string });
      equal(events.map(({ Action }) => Action).join(), 'create,start,die,destroy');
    },
  },
  {
    name: 'restart policies',
    async show(docker) {
      const failing = await docker.background({
        Cmd: ['false'],
        HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } },
      });
      const always = await docker.background({ HostConfig: { RestartPolicy: { Name: 'always' } } });
      const before = await docker.pid(always);
      // From outside, as an out-of-memory kill or a crash would: what the engine kills stays dead.
      process.kill(before, 'SIGKILL');
      await docker.becomes(always, 'its restart', ({ State }) => State.Running && State.Pid !== before);
      const { RestartCount, State } = await docker.becomes(
        failing,
        'two restarts',
        (now) => now.RestartCount === 2 && now.State.Status === 'exited',
      );
      equal(RestartCount, 2);
      equal(State.ExitCode, 1);
    },
  },
  {
    name: 'health check',
    async show(docker) {
      const name = await docker.background({
        Healthcheck: { Test: ['CMD-SHELL', 'test ! -e /tmp/sick'], Interval: 1e9, Timeout: 60e9, Retries: 1 },
      });
      await docker.becomes(name, 'health', ({ State }) => State.Health?.Status === 'healthy');
      await docker.exec(name, 'touch /tmp/sick');
      await docker.becomes(name, 'sickness', ({ State }) => State.Health?.Status === 'unhealthy');
    },
  },
  {
    name: 'a container that ends by a signal',
    async show(docker) {
      const { status } = await docker.run({ Cmd: ['sh', '-c', 'kill -TERM $$'], HostConfig: { Init: true } });
      equal(status, 143);
    },
  },
];
