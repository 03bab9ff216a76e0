/** docker run and exec, as one types them. */
import { equal, match, notEqual } from 'node:assert/strict';
import type { Case } from '../case.js';
import type { Docker } from './docker.js';

export const runCases: readonly Case<Docker>[] = [
  {
    name: 'run: output and exit code',
    quick: true,
    async show(docker) {
      const words = ['run', '--rm', ...docker.marks, '--network', 'none', 'busybox'];
      const { status, stdout, stderr } = await docker.attempt([...words, 'sh', '-c', 'echo out; echo err >&2; exit 7']);
      equal(status, 7, stderr);
      equal(stdout, 'out\n');
      equal(stderr, 'err\n');
    },
  },
  {
    name: 'run: what is not there or not executable',
    quick: true,
    async show(docker) {
      const words = ['run', '--rm', ...docker.marks, '--network', 'none', 'busybox'];
      const missing = await docker.attempt([...words, 'nothing']);
      equal(missing.status, 127, missing.stderr);
      match(missing.stderr, /executable file not found|no such file or directory/);
      const directory = await docker.attempt([...words, '/etc']);
      equal(directory.status, 126, directory.stderr);
    },
  },
  {
    name: 'run -i',
    async show(docker) {
      const words = ['run', '--rm', '-i', ...docker.marks, '--network', 'none', 'busybox', 'tr', 'a-z', 'A-Z'];
      const { status, stdout } = await docker.attempt(words, 'typed\n');
      equal(status, 0);
      equal(stdout, 'TYPED\n');
    },
  },
  {
    name: 'run -it',
    quick: true,
    async show(docker) {
      const words = ['run', '--rm', '-it', ...docker.marks, '--network', 'none', 'busybox', 'sh'];
      const { status, output } = await docker.terminal(words, [
        ['expect', '# '],
        ['send', 'tty; stty size; ls -l /dev/console\n'],
        // Not what was typed and is echoed: by then the docker command has told the first size.
        ['expect', '136,'],
        ['resize', 34, 99],
        ['send', 'until stty size | grep 34; do sleep 0.2; done\n'],
        // The docker command passes over a change that comes before it listens for them.
        ['insist', '34 99'],
        ['send', 'exit 5\n'],
      ]);
      equal(status, 5, output);
      match(output, /\/dev\/pts\/0\r\n24 80\r\n[\s\S]*crw.*136, +0 .*\r\n[\s\S]*34 99\r\n/);
    },
  },
  {
    name: 'exec',
    quick: true,
    async show(docker) {
      const name = await docker.background();
      const words = ['exec', '-i', '-e', 'A=b', '-u', 'nobody', '-w', '/tmp', name];
      const outcome = await docker.attempt([...words, 'sh', '-c', 'cat; echo $A; id -u; pwd; exit 9'], 'in\n');
      equal(outcome.status, 9, outcome.stderr);
      equal(outcome.stdout, 'in\nb\n65534\n/tmp\n');
      equal((await docker.exec(name, 'cat /proc/1/cmdline')).stdout, 'sleep\x001000\0');
    },
  },
  {
    name: 'exec -it',
    quick: true,
    async show(docker) {
      const name = await docker.background();
      const { status, output } = await docker.terminal(
        ['exec', '-it', name, 'sh'],
        [
          ['expect', '# '],
          ['send', 'tty; stty size\n'],
          ['expect', '24 80\r\n'],
          ['send', '\u0003'],
          ['send', 'exit 6\n'],
        ],
      );
      equal(status, 6, output);
      match(output, /\/dev\/pts\/0\r\n24 80\r\n/);
    },
  },
  {
    name: 'exec -d, and what is not there',
    async show(docker) {
      const name = await docker.background();
      await docker.cli('exec', '-d', name, 'touch', '/tmp/done');
      const there = () => docker.exec(name, 'until [ -e /tmp/done ]; do sleep 0.1; done');
      equal((await there()).status, 0);
      const missing = await docker.attempt(['exec', name, 'nothing']);
      equal(missing.status, 127, missing.stderr);
      notEqual(missing.stdout + missing.stderr, '');
    },
  },
  {
    name: 'exec --privileged',
    async show(docker) {
      const name = await docker.background();
      const capabilities = 'grep CapEff /proc/self/status';
      const plain = await docker.exec(name, capabilities);
      const privileged = await docker.exec(name, capabilities, { Privileged: true });
      equal(plain.stdout, 'CapEff:\t00000000a80425fb\n');
      match(privileged.stdout, /CapEff:\t000001ffffffffff\n/);
    },
  },
];
