/** Pods. */
import { equal, match } from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Case } from '../case.js';
import { until } from '../command.js';
import { needs, type Podman } from './podman.js';

const pause = '/usr/libexec/podman/catatonit';

export const podCases: readonly Case<Podman>[] = [
  {
    name: 'pod: what its containers share, stop, start, stats, rm',
    async show(podman) {
      await needs(pause);
      const pod = podman.another();
      podman.pods.push(pod);
      await podman.cli('pod', 'create', '--name', pod, '--network', 'none', '--hostname', 'pod', '--memory', '64m');
      const first = await podman.background(['--pod', pod]);
      const second = await podman.background(['--pod', pod]);
      const line = 'hostname; for n in net ipc uts pid mnt; do readlink /proc/self/ns/$n; done';
      const [one, other] = [await podman.exec(first, line), await podman.exec(second, line)].map((text) =>
        text.split('\n'),
      );
      equal(one![0], 'pod');
      equal(one!.slice(0, 4).join(), other!.slice(0, 4).join());
      equal(one![4] === other![4], false);
      match(await podman.cgroupFile(first, '../memory.max'), /67108864/);
      match(await podman.cli('pod', 'stats', '--no-stream', pod), new RegExp(first));
      await podman.cli('pod', 'stop', '--time', '0', pod);
      equal((await podman.inspect(first)).State.Status, 'exited');
      await podman.cli('pod', 'start', pod);
      equal(await podman.exec(second, 'hostname'), 'pod');
      await podman.cli('pod', 'pause', pod);
      equal((await podman.inspect(first)).State.Status, 'paused');
      await podman.cli('pod', 'unpause', pod);
      await podman.cli('pod', 'rm', '--force', '--time', '0', pod);
    },
  },
  {
    name: 'kube play and down',
    async show(podman) {
      await needs(pause);
      const pod = podman.another();
      podman.pods.push(pod);
      const file = join(podman.context.directory, 'pod.yaml');
      const container = {
        ...{ name: 'main', image: 'docker.io/library/busybox:latest', imagePullPolicy: 'Never' },
        command: ['sh', '-c', 'echo "$WORD"; id -u; cat /sys/fs/cgroup/memory.max; exec sleep 1000'],
        env: [{ name: 'WORD', value: 'played' }],
        securityContext: { runAsUser: 12, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
        resources: { limits: { memory: '32Mi' } },
      };
      const labels = { 'engines.case': podman.context.name };
      const spec = { containers: [container], terminationGracePeriodSeconds: 0 };
      // YAML is a superset of JSON.
      await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: pod, labels }, spec }));
      await podman.cli('kube', 'play', '--network', 'none', file);
      const log = await until('what the container says', podman.signal, async () => {
        const text = await podman.cli('logs', `${pod}-main`);
        return text.split('\n').length >= 3 ? text : undefined;
      });
      equal(log, `played\n12\n${32 << 20}`);
      match((await podman.inspect(`${pod}-main`)).OCIRuntime, new RegExp(`(^|/)${podman.context.runtime}$`));
      await podman.cli('kube', 'down', '--force', file);
    },
  },
];
