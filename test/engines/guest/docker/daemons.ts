/** What becomes of live containers when daemons come and go; a daemon with a user namespace for its containers. */
import { equal, match, ok } from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Case } from '../case.js';
import { command, until } from '../command.js';
import { configure, restart, setDefault, setLiveRestore } from './daemon.js';
import type { Docker } from './docker.js';

/** A live container has to take everything that one takes that nothing has happened to. */
async function stillWorks(docker: Docker, name: string, pid: number): Promise<void> {
  equal(await docker.pid(name), pid);
  equal((await docker.exec(name, 'cat /tmp/mark')).stdout, 'mark\n');
  await docker.api('POST', `/containers/${name}/pause`);
  await docker.api('POST', `/containers/${name}/unpause`);
  await docker.api('POST', `/containers/${name}/kill`);
  equal(await docker.wait(name), 137);
  await docker.start(name);
  ok((await docker.pid(name)) > 0);
}

async function marked(docker: Docker): Promise<{ name: string; pid: number }> {
  const name = await docker.background();
  await docker.exec(name, 'echo mark > /tmp/mark');
  return { name, pid: await docker.pid(name) };
}

export const daemonCases: readonly Case<Docker>[] = [
  {
    name: 'containers live on while dockerd restarts',
    alone: true,
    seconds: 600,
    async show(docker) {
      const { driver } = docker.context;
      await setLiveRestore(driver, true);
      const { name, pid } = await marked(docker);
      await restart();
      try {
        await stillWorks(docker, name, pid);
      } finally {
        await docker.api('DELETE', `/containers/${name}?force=1`);
        await setLiveRestore(driver, false);
      }
    },
  },
  {
    name: 'containers live on while containerd restarts',
    alone: true,
    seconds: 600,
    async show(docker) {
      const { driver } = docker.context;
      await setLiveRestore(driver, true);
      const { name, pid } = await marked(docker);
      // Its main process alone: the shims belong to its unit, too.
      await command(['systemctl', 'kill', '--kill-whom=main', '-s', 'KILL', 'containerd']);
      await command(['systemctl', 'restart', 'containerd']);
      // dockerd's unit goes with containerd's: it has to find its container again, too.
      await command(['systemctl', 'start', 'docker']);
      try {
        await until('dockerd to reach containerd', docker.signal, async () => {
          const { stdout } = await docker.exec(name, 'echo reached').catch(() => ({ stdout: '' }));
          return stdout === 'reached\n' ? true : undefined;
        });
        await stillWorks(docker, name, pid);
      } finally {
        await docker.api('DELETE', `/containers/${name}?force=1`);
        await setLiveRestore(driver, false);
      }
    },
  },
  {
    name: 'a user namespace for every container',
    alone: true,
    seconds: 600,
    async show(docker) {
      const { driver } = docker.context;
      await configure(driver, { 'userns-remap': 'tester' });
      await restart();
      try {
        await command(['docker', 'import', '/opt/busybox.tar', 'busybox:latest']);
        const line =
          'cat /proc/self/uid_map; id -u; touch /file && stat -c %u /file; ls -ld /etc/passwd | cut -d" " -f1';
        match(await docker.shell(line), /^ +0 +100000 +65536\n0\n0\n/);
        const volume = docker.another();
        const name = await docker.background({ HostConfig: { Binds: [`${volume}:/data`], Memory: 32 << 20 } });
        const status = await readFile(`/proc/${await docker.pid(name)}/status`, 'utf8');
        match(status, /^Uid:\t100000\t/m);
        equal((await docker.exec(name, 'touch /data/x && id -u; cat /proc/self/gid_map')).stdout.split('\n')[0], '0');
        match(await docker.shell('cat /proc/self/uid_map', { HostConfig: { UsernsMode: 'host' } }), / 4294967295$/);
        for (const one of await docker.api<{ Id: string }[]>('GET', '/containers/json?all=1'))
          await docker.api('DELETE', `/containers/${one.Id}?force=1&v=1`);
        await docker.api('DELETE', `/volumes/${volume}`);
      } finally {
        await configure(driver);
        await restart();
      }
    },
  },
  {
    name: 'the default runtime, and kill of a shim',
    alone: true,
    async show(docker) {
      const { driver, runtime } = docker.context;
      await setDefault(driver, runtime);
      const name = await docker.background({ HostConfig: { Runtime: '' } });
      type Spec = { HostConfig: { Runtime: string }; Id: string };
      const { HostConfig, Id } = await docker.api<Spec>('GET', `/containers/${name}/json`);
      equal(HostConfig.Runtime, runtime);
      const shim = Number((await command(['pgrep', '-f', `containerd-shim.* -id ${Id}`])).split('\n')[0]);
      process.kill(shim, 'SIGKILL');
      const { State } = await docker.becomes(name, 'its end', (now) => !now.State.Running);
      ok([137, 255].includes(State.ExitCode), `exit code ${State.ExitCode}`);
      await docker.start(name);
      equal((await docker.exec(name, 'echo again')).stdout, 'again\n');
    },
  },
];
