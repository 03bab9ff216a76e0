/** dockerd itself. */
import { mkdir, writeFile } from 'node:fs/promises';
import type { Driver, Runtime } from '../case.js';
import { attempt, command } from '../command.js';

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
