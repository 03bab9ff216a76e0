/** Swarm: services, whose tasks are containers of the default runtime. */
import { equal, ok } from 'node:assert/strict';
import type { Case } from '../case.js';
import { until } from '../command.js';
import { setDefault } from './daemon.js';
import type { Docker } from './docker.js';

interface Task {
  readonly ID: string;
  readonly Status: { readonly State: string; readonly ContainerStatus?: { readonly ContainerID: string } };
}

export const swarmCases: readonly Case<Docker>[] = [
  {
    name: 'a Swarm service of three survives the kill of a container',
    alone: true,
    seconds: 600,
    async show(docker) {
      const { driver, runtime, name } = docker.context;
      await setDefault(driver, runtime);
      await docker.api('POST', '/swarm/init', { ListenAddr: '127.0.0.1:2377', AdvertiseAddr: '10.0.2.15:2377' });
      try {
        const { ID } = await docker.api<{ ID: string }>('POST', '/services/create', {
          Name: name,
          Mode: { Replicated: { Replicas: 3 } },
          TaskTemplate: {
            ContainerSpec: {
              Image: 'busybox',
              Command: ['sleep', '1000'],
              Init: true,
              Labels: { 'engines.case': name },
              StopGracePeriod: 1e9,
            },
            Resources: { Limits: { MemoryBytes: 32 << 20 } },
            RestartPolicy: { Condition: 'any', Delay: 1e8 },
          },
        });
        const filters = encodeURIComponent(JSON.stringify({ service: [name], 'desired-state': ['running'] }));
        const running = async () => {
          const tasks = await docker.api<Task[]>('GET', `/tasks?filters=${filters}`);
          return tasks.filter(({ Status }) => Status.State === 'running');
        };
        const three = () =>
          until('three tasks', docker.signal, async () => {
            const tasks = await running();
            return tasks.length === 3 ? tasks.map((task) => task.Status.ContainerStatus!.ContainerID) : undefined;
          });
        const before = await three();
        const victim = before[0]!;
        type Spec = { HostConfig: { Runtime: string; Memory: number } };
        const { HostConfig } = await docker.api<Spec>('GET', `/containers/${victim}/json`);
        equal(HostConfig.Runtime, runtime);
        equal(HostConfig.Memory, 32 << 20);
        process.kill(await docker.pid(victim), 'SIGKILL');
        await until('its replacement', docker.signal, async () => ((await three()).includes(victim) ? undefined : 1));
        const after = await three();
        equal(new Set([...before, ...after]).size, 4);
        ok(!after.includes(victim));
        await docker.api('DELETE', `/services/${ID}`);
        const ours = encodeURIComponent(JSON.stringify({ label: [`engines.case=${name}`] }));
        await until('the end of the tasks', docker.signal, async () => {
          const alive = await docker.api<unknown[]>('GET', `/containers/json?filters=${ours}`);
          return alive.length === 0 ? true : undefined;
        });
      } finally {
        await docker.api('POST', '/swarm/leave?force=1');
      }
    },
  },
];
