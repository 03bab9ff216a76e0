/** Containers that engines make with tsrunc. */
import { mkdir, writeFile } from 'node:fs/promises';
import { attempt, command } from '../../engines/guest/command.js';
import { configure } from '../../engines/guest/docker/daemon.js';
import type { Round } from './round.js';

const tsrunc = '/usr/local/bin/tsrunc';
const label = 'long-life';

export async function beginEngines(): Promise<void> {
  await configure('systemd', { 'live-restore': true });
  const directory = '/etc/containers/containers.conf.d';
  await mkdir(directory, { recursive: true });
  await writeFile(`${directory}/long-life.conf`, '[engine]\nruntime_supports_json = ["crun", "runc", "tsrunc"]\n');
  await command(['systemctl', 'start', 'docker']);
}

async function docker(round: Round): Promise<void> {
  const name = round.id('docker');
  const flags = ['--runtime', 'tsrunc', '--network', 'none', '--label', label, '--memory', '64m', '--name', name];
  await round.needs(0, 'docker', 'run', '--detach', ...flags, 'busybox', 'sleep', '1000');
  try {
    await round.needs(0, 'docker', 'exec', name, 'true');
    await round.needs(0, 'docker', 'update', '--memory', '48m', '--memory-swap', '96m', name);
    await round.needs(0, 'docker', 'pause', name);
    await round.needs(0, 'docker', 'unpause', name);
  } finally {
    await round.run('docker', 'rm', '--force', name);
  }
}

async function podman(round: Round): Promise<void> {
  const flags = ['--network', 'none', '--label', label, '--name', round.id('podman')];
  await round.needs(3, 'podman', '--runtime', tsrunc, 'run', '--rm', ...flags, 'busybox', 'sh', '-c', 'exit 3');
}

async function ctr(round: Round): Promise<void> {
  const image = 'docker.io/library/busybox:latest';
  await round.needs(0, 'ctr', 'run', '--rm', '--runc-binary', tsrunc, image, round.id('ctr'), 'true');
}

const works = [docker, podman, ctr];

export async function workByEngines(round: Round): Promise<void> {
  for (let i = round.number; round.goesOn; i++) await round.operation(() => works[i % works.length]!(round));
}

/** Removes what a disturbance left in the engines' stores. */
export async function removeOfEngines(): Promise<void> {
  await attempt(['systemctl', 'reset-failed', 'docker', 'containerd']);
  await command(['systemctl', 'start', 'containerd', 'docker']);
  const named = ['--all', '--quiet', '--filter', `label=${label}`];
  for (const engine of ['docker', 'podman']) {
    const ids = (await command([engine, 'ps', ...named])).split('\n').filter(Boolean);
    if (ids.length > 0) await command([engine, 'rm', '--force', ...ids]);
  }
  const left = (await command(['ctr', 'containers', 'list', '--quiet']))
    .split('\n')
    .filter((id) => id.startsWith('life-'));
  for (const id of left) {
    await attempt(['ctr', 'tasks', 'kill', '--signal', 'KILL', id]);
    await attempt(['ctr', 'tasks', 'delete', '--force', id]);
    await command(['ctr', 'containers', 'delete', id]);
  }
}
