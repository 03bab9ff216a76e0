/** dockerd itself. */
import { mkdir, writeFile } from 'node:fs/promises';
import type { Driver, Runtime } from '../case.js';
import { attempt, command, until } from '../command.js';
import { api } from './api.js';

/** Writes dockerd's configuration. */
export async function configure(driver: Driver, more: Record<string, unknown> = {}): Promise<void> {
  await mkdir('/etc/docker', { recursive: true });
  const configuration = {
    'exec-opts': [`native.cgroupdriver=${driver}`],
    runtimes: { tsrunc: { path: '/usr/local/bin/tsrunc' } },
    ...more,
  };
  await writeFile('/etc/docker/daemon.json', JSON.stringify(configuration));
}

interface Info {
  readonly DefaultRuntime: string;
  readonly LiveRestoreEnabled: boolean;
}

/** Configures the running dockerd anew; it reads its configuration some time after the signal that asks for it. */
async function reload(driver: Driver, more: Record<string, unknown>, good: (info: Info) => boolean): Promise<void> {
  await configure(driver, more);
  await command(['systemctl', 'reload', 'docker']);
  await until('the new configuration', AbortSignal.timeout(120_000), async () =>
    good(await api<Info>('GET', '/info')) ? true : undefined,
  );
}

/** Makes this the runtime of containers that ask for none, without a restart. */
export async function setDefault(driver: Driver, runtime: Runtime): Promise<void> {
  await reload(driver, { 'default-runtime': runtime }, ({ DefaultRuntime }) => DefaultRuntime === runtime);
}

/** Whether containers live on when dockerd is stopped. */
export async function setLiveRestore(driver: Driver, on: boolean): Promise<void> {
  await reload(driver, { 'live-restore': on }, ({ LiveRestoreEnabled }) => LiveRestoreEnabled === on);
}

/** Sets what dockerd has in its environment from its next restart on. */
export async function environment(variables: Record<string, string>): Promise<void> {
  const lines = Object.entries(variables).map(([name, value]) => `Environment=${name}=${value}\n`);
  await mkdir('/run/systemd/system/docker.service.d', { recursive: true });
  await writeFile('/run/systemd/system/docker.service.d/engines.conf', `[Service]\n${lines.join('')}`);
  await command(['systemctl', 'daemon-reload']);
}

export async function restart(): Promise<void> {
  // Else systemd takes many restarts in a row for a failure.
  await attempt(['systemctl', 'reset-failed', 'docker']);
  await command(['systemctl', 'restart', 'docker']);
}

export async function stop(): Promise<void> {
  await command(['systemctl', 'stop', 'docker.socket', 'docker', 'containerd']);
}
