/** podman run and exec, as one types them. */
import { equal } from 'node:assert/strict';
import type { Case } from '../case.js';
import type { Podman } from './podman.js';

export const runCases: readonly Case<Podman>[] = [
  {
    name: 'run: output and exit code',
    quick: true,
    async show(podman) {
      const words = ['run', '--rm', ...podman.marks, '--network', 'none', 'busybox'];
      const { status, stdout, stderr } = await podman.attempt([...words, 'sh', '-c', 'echo out; echo err >&2; exit 7']);
      equal(status, 7, stderr);
      equal(stdout, 'out\n');
      equal(stderr, 'err\n');
    },
  },
];
