/** The life of a container. */
import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Case } from '../case.js';
import { until } from '../command.js';
import { needs, type Podman } from './podman.js';

/** Ends with 7 when it is asked to; says `up` when it is ready to be asked. */
const polite = ['sh', '-c', 'trap "exit 7" TERM; echo up; while :; do sleep 0.1; done'];

export const lifecycleCases: readonly Case<Podman>[] = [
  {
    name: 'create, start, stop, start again',
    async show(podman) {
      const name = podman.another();
      await podman.cli('create', '--name', name, ...podman.flags([]), 'busybox', ...polite);
      equal((await podman.inspect(name)).State.Status, 'created');
      await podman.cli('start', name);
      await podman.logged(name, 'up');
      const first = (await podman.inspect(name)).State;
      equal(first.Status, 'running');
      await podman.cli('stop', name);
      equal((await podman.inspect(name)).State.ExitCode, 7);
      await podman.cli('start', name);
      notEqual((await podman.inspect(name)).State.Pid, first.Pid);
    },
  },
  {
    name: 'stop: SIGKILL after the time that was given',
    async show(podman) {
      const name = podman.another();
      await podman.cli('run', '-d', '--name', name, ...podman.flags([]), 'busybox', 'sleep', '1000');
      await podman.cli('stop', '--time', '1', name);
      equal((await podman.inspect(name)).State.ExitCode, 137);
    },
  },
  {
    name: 'kill',
    async show(podman) {
      const line = 'trap "echo got it" USR1; echo up; while :; do sleep 0.1; done';
      const name = await podman.background([], 'sh', '-c', line);
      await podman.logged(name, 'up');
      await podman.cli('kill', '--signal', 'USR1', name);
      await podman.logged(name, 'got it');
      await podman.cli('kill', name);
      equal(await podman.cli('wait', name), '137');
      notEqual((await podman.attempt(['kill', name])).status, 0);
    },
  },
  {
    name: 'restart',
    async show(podman) {
      const name = await podman.background([], ...polite);
      const before = (await podman.inspect(name)).State.Pid;
      await podman.cli('restart', '--time', '1', name);
      const { State } = await podman.inspect(name);
      ok(State.Running);
      notEqual(State.Pid, before);
    },
  },
  {
    name: 'pause and unpause',
    async show(podman) {
      const name = await podman.background();
      await podman.cli('pause', name);
      ok((await podman.inspect(name)).State.Paused);
      equal(await podman.cgroupFile(name, 'cgroup.freeze'), '1');
      notEqual((await podman.attempt(['exec', name, 'true'])).status, 0);
      await podman.cli('unpause', name);
      equal(await podman.exec(name, 'echo runs'), 'runs');
    },
  },
  {
    name: 'rename, top, stats, port, diff',
    async show(podman) {
      const name = await podman.background([], 'sh', '-c', 'echo > /new; sleep 1000');
      const other = podman.another();
      await podman.cli('rename', name, other);
      match(await podman.cli('top', other), /sleep 1000/);
      match(await podman.cli('top', other, 'pid', 'user', 'capeff', 'comm'), /PID\s+USER[\s\S]*1\s+root/);
      const stats = JSON.parse(await podman.cli('stats', '--no-stream', '--format', 'json', other)) as [
        { name: string; pids: string; mem_usage: string },
      ];
      equal(stats[0].name, other);
      ok(Number(stats[0].pids) >= 1, JSON.stringify(stats));
      match(stats[0].mem_usage, /^[1-9].*B \/ /);
      match(await podman.cli('diff', other), /A \/new/);
    },
  },
  {
    name: 'restart policy on-failure',
    async show(podman) {
      const name = podman.another();
      const flags = podman.flags(['--restart', 'on-failure:2']);
      await podman.cli('run', '-d', '--name', name, ...flags, 'busybox', 'sh', '-c', 'echo once; exit 9');
      await until('two restarts', podman.signal, async () => {
        const { RestartCount, State } = await podman.inspect(name);
        return RestartCount === 2 && State.Status === 'exited' ? true : undefined;
      });
      equal(await podman.cli('logs', name), 'once\nonce\nonce');
    },
  },
  {
    name: 'health check',
    async show(podman) {
      const flags = ['--health-cmd', 'test -e /healthy', '--health-interval', 'disable', '--health-retries', '1'];
      const name = await podman.background(flags);
      notEqual((await podman.attempt(['healthcheck', 'run', name])).status, 0);
      equal((await podman.inspect(name)).State.Health?.Status, 'unhealthy');
      await podman.exec(name, 'touch /healthy');
      equal((await podman.attempt(['healthcheck', 'run', name])).status, 0);
      equal((await podman.inspect(name)).State.Health?.Status, 'healthy');
    },
  },
  {
    name: 'events',
    async show(podman) {
      const name = podman.another();
      await podman.cli('run', '--name', name, ...podman.flags([]), 'busybox', 'true');
      await podman.cli('rm', name);
      const words = ['events', '--stream=false', '--since', '10m', '--filter', `container=${name}`];
      const events = await podman.cli(...words, '--format', '{{.Status}}');
      const found = events.split('\n');
      for (const event of ['create', 'init', 'start', 'died', 'remove'])
        ok(found.includes(event), `${event}: ${events}`);
    },
  },
  {
    name: 'logs of stdout and stderr, and their drivers',
    async show(podman) {
      for (const driver of ['k8s-file', 'journald']) {
        const line = 'echo one; echo two >&2; sleep 1; echo three';
        const name = await podman.background(['--log-driver', driver], 'sh', '-c', line);
        await podman.cli('wait', name);
        const { stdout, stderr } = await podman.attempt(['logs', name]);
        equal(stdout, 'one\nthree\n', driver);
        equal(stderr, 'two\n', driver);
        equal(await podman.cli('logs', '--tail', '1', name), 'three', driver);
      }
    },
  },
  {
    name: 'attach',
    async show(podman) {
      const name = await podman.background(['-i'], 'sh', '-c', 'read word; echo "got $word"; exit 8');
      match((await podman.attempt(['attach', name], 'this\n')).stdout, /^got this\n/);
      equal(await podman.cli('wait', name), '8');
    },
  },
  {
    name: 'cp, both ways, running and stopped',
    async show(podman) {
      const { directory } = podman.context;
      await mkdir(join(directory, 'in'));
      await writeFile(join(directory, 'in/file'), 'content\n');
      const name = await podman.background();
      await podman.cli('cp', join(directory, 'in'), `${name}:/tmp/copied`);
      equal(await podman.exec(name, 'cat /tmp/copied/file'), 'content');
      // Unlike kill, stop returns after podman has unmounted the root.
      await podman.cli('stop', '--time', '0', name);
      await podman.cli('cp', `${name}:/tmp/copied/file`, join(directory, 'out'));
      equal(await readFile(join(directory, 'out'), 'utf8'), 'content\n');
    },
  },
  {
    name: 'commit and export',
    async show(podman) {
      const name = await podman.background();
      await podman.exec(name, 'echo kept > /kept');
      const image = `localhost/${podman.another()}`;
      try {
        await podman.cli('commit', '--quiet', name, image);
        equal(await podman.cli('run', '--rm', ...podman.flags([]), image, 'cat', '/kept'), 'kept');
      } finally {
        await podman.attempt(['rmi', '--force', image]);
      }
      const archive = join(podman.context.directory, 'tar');
      await podman.cli('export', '--output', archive, name);
      ok((await readFile(archive)).includes('kept'));
    },
  },
  {
    name: 'rm of a running container needs --force',
    async show(podman) {
      const name = await podman.background();
      const { State } = await podman.inspect(name);
      notEqual((await podman.attempt(['rm', name])).status, 0);
      await podman.cli('rm', '--force', '--time', '0', name);
      await readFile(`/proc/${State.Pid}/comm`).then(
        () => Promise.reject(new Error('its process is still there')),
        () => {},
      );
    },
  },
  {
    name: 'several at once',
    async show(podman) {
      const names = await Promise.all(Array.from({ length: 5 }, () => podman.background()));
      const said = await Promise.all(names.map((name) => podman.exec(name, 'hostname')));
      equal(new Set(said).size, names.length);
      deepEqual((await podman.cli('stop', '--time', '0', ...names)).split('\n').sort(), [...names].sort());
    },
  },
  {
    name: 'checkpoint and restore, in place and by an archive',
    async show(podman) {
      await needs('/usr/sbin/criu');
      const count = 'i=0; while :; do i=$((i + 1)); echo $i > /count; sleep 0.1; done';
      const name = await podman.background([], 'sh', '-c', count);
      const read = async (container: string) => Number(await podman.exec(container, 'cat /count; sleep 0.5'));
      await podman.cli('container', 'checkpoint', '--tcp-established', name);
      equal((await podman.inspect(name)).State.Status, 'exited');
      await podman.cli('container', 'restore', '--tcp-established', name);
      const kept = await read(name);
      // It goes on counting, and hasn't begun anew.
      ok((await read(name)) > kept);
      const archive = join(podman.context.directory, 'checkpoint.tar');
      await podman.cli('container', 'checkpoint', '--export', archive, '--leave-running', name);
      equal((await podman.inspect(name)).State.Status, 'running');
      const other = podman.another();
      await podman.cli('container', 'restore', '--import', archive, '--name', other);
      ok((await read(other)) > kept);
    },
  },
];
