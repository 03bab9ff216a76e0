/** dockerd itself. */
import { mkdir, writeFile } from 'node:fs/promises';
import type { Driver, Runtime } from '../case.js';
import { command } from '../command.js';

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

/** Makes this the runtime of containers that ask for none, without a restart. */
export async function setDefault(driver: Driver, runtime: Runtime): Promise<void> {
  await configure(driver, { 'default-runtime': runtime });
  await command(['systemctl', 'reload', 'docker']);
}

export async function restart(): Promise<void> {
  await command(['systemctl', 'restart', 'docker']);
}

export async function stop(): Promise<void> {
  await command(['systemctl', 'stop', 'docker.socket', 'docker', 'containerd']);
}
