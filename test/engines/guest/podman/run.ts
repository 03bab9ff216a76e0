/** Running a process, and what it is given. */
import { equal, match } from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Case } from '../case.js';
import type { Step } from '../command.js';
import { needs, type Podman } from './podman.js';

export const runCases: readonly Case<Podman>[] = [
  {
    name: 'run: output, exit code, environment, directory, user, host name',
    quick: true,
    async show(podman) {
      const flags = [
        '--env',
        'A=b c',
        '--workdir',
        '/tmp',
        '--user',
        '1000:1001',
        '--group-add',
        '7',
        '--hostname',
        'box',
      ];
      const line = 'echo "$A"; pwd; id -u; id -G; hostname; echo err >&2; exit 3';
      const { status, stdout, stderr } = await podman.run(flags, 'sh', '-c', line);
      equal(stdout, 'b c\n/tmp\n1000\n1001 7\nbox\n');
      equal(stderr, 'err\n');
      equal(status, 3);
    },
  },
  {
    name: 'run: the end by a signal is 128 and its number',
    async show(podman) {
      // Process 1 of a pid namespace can't kill itself.
      equal((await podman.run(['--pid', 'host'], 'sh', '-c', 'kill -9 $$')).status, 137);
    },
  },
  {
    name: 'run -i: stdin',
    async show(podman) {
      const { stdout } = await podman.attempt(
        ['run', '--rm', '-i', ...podman.flags([]), 'busybox', 'wc', '-c'],
        'twelve bytes',
      );
      equal(stdout.trim(), '12');
    },
  },
  {
    name: 'run -it: terminal and its size',
    async show(podman) {
      const line = 'tty; stty size; read word; echo "got $word"; until stty size | grep 33; do sleep 0.2; done; exit 5';
      const words = ['run', '--rm', '-it', ...podman.flags([]), 'busybox', 'sh', '-c', line];
      const steps: Step[] = [
        ['expect', '24 80'],
        ['resize', 33, 99],
        ['send', 'hello\n'],
      ];
      const { status, output } = await podman.terminal(words, steps);
      match(output, /\/dev\/pts\/0\r\n24 80\r\n[\s\S]*got hello\r\n33 99/);
      equal(status, 5);
    },
  },
  {
    name: 'run: what cannot be executed is 127 or 126',
    async show(podman) {
      const missing = await podman.run([], 'no-such-command');
      equal(missing.status, 127);
      match(missing.stderr, /no-such-command.*(executable file not found|no such file or directory)/i);
      const directory = await podman.run([], '/etc');
      equal(directory.status, 126);
      match(directory.stderr, /permission denied|is a directory/i);
    },
  },
  {
    name: 'exec: exit code, user, environment, directory, stdin',
    async show(podman) {
      const name = await podman.background();
      const flags = ['--user', '5:6', '--env', 'A=b', '--workdir', '/etc'];
      const line = 'cat; echo "$A"; pwd; id -u; id -g; exit 4';
      const { status, stdout } = await podman.attempt(['exec', '-i', ...flags, name, 'sh', '-c', line], 'in\n');
      equal(stdout, 'in\nb\n/etc\n5\n6\n');
      equal(status, 4);
      equal((await podman.attempt(['exec', name, 'no-such-command'])).status, 127);
    },
  },
  {
    name: 'exec -it: terminal and its size',
    async show(podman) {
      const name = await podman.background();
      const { status, output } = await podman.terminal(['exec', '-it', name, 'sh', '-c', 'tty; stty size; exit 6']);
      match(output, /\/dev\/pts\/0\r\n24 80/);
      equal(status, 6);
    },
  },
  {
    name: 'exec -d',
    async show(podman) {
      const name = await podman.background();
      await podman.cli('exec', '-d', name, 'sh', '-c', 'echo done > /done; exec sleep 2000');
      match(await podman.exec(name, 'while [ ! -e /done ]; do sleep 0.1; done; ps'), /sleep 2000/);
    },
  },
  {
    name: '--init reaps',
    async show(podman) {
      await needs('/usr/libexec/podman/catatonit');
      const line = 'cat /proc/1/comm; (sleep 0 &); sleep 1; ps -o stat,comm | grep -c "^Z" ; true';
      match(await podman.shell(line, '--init'), /init\n0$/);
    },
  },
  {
    name: '--env-file, --entrypoint',
    async show(podman) {
      const file = join(podman.context.directory, 'env');
      await writeFile(file, 'FIRST=1\nSECOND=two\n');
      const flags = podman.flags(['--env-file', file, '--entrypoint', '["sh","-c"]']);
      equal(await podman.cli('run', '--rm', ...flags, 'busybox', 'echo $FIRST $SECOND'), '1 two');
    },
  },
];
