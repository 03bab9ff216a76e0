/** What happens to machines: each is taken back before the round ends. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { attempt, command } from '../../engines/guest/command.js';

export interface Disturbance {
  readonly name: string;
  begin(): Promise<void>;
  /** Takes it back. */
  end(): Promise<void>;
  /** Once the containers are gone: removes what others than a runtime leave when they are treated so. */
  clean?(): Promise<void>;
}

const nothing = async () => {};

/** Fills a file system to the last byte. */
function full(name: string, path: string): Disturbance {
  return {
    name,
    async begin() {
      await attempt(['sh', '-c', `dd if=/dev/zero of=${path} bs=1M; dd if=/dev/zero of=${path}.2 bs=1k`]);
    },
    async end() {
      await rm(path, { force: true });
      await rm(`${path}.2`, { force: true });
    },
  };
}

/** The cgroup of this process and of all that it starts. */
async function ownCgroup(): Promise<string> {
  const [, path = ''] = /^0::(.*)$/m.exec(await readFile('/proc/self/cgroup', 'utf8')) ?? [];
  return `/sys/fs/cgroup${path}`;
}

/** Sets the system's clock so many seconds on. */
async function step(by: number): Promise<void> {
  await command(['date', '--set', `@${Math.round(Date.now() / 1000) + by}`]);
}

export const disturbances: readonly Disturbance[] = [
  {
    name: 'systemctl daemon-reload',
    async begin() {
      for (let i = 0; i < 3; i++) await command(['systemctl', 'daemon-reload']);
    },
    end: nothing,
  },
  {
    name: 'containerd restarts',
    begin: async () => void (await command(['systemctl', 'restart', 'containerd'])),
    end: nothing,
  },
  full('no room on the disk', '/var/tmp/filler'),
  {
    name: 'dockerd restarts',
    async begin() {
      await attempt(['systemctl', 'reset-failed', 'docker']);
      await command(['systemctl', 'restart', 'docker']);
    },
    end: nothing,
  },
  {
    ...full('no room in /run', '/run/filler'),
    // systemd makes the directory of a drop-in and then can't write the file: it forgets the empty directory.
    clean: async () =>
      void (await command(['find', '/run/systemd/transient', '-name', '*.d', '-type', 'd', '-empty', '-delete'])),
  },
  {
    name: 'no pids',
    async begin() {
      const cgroup = await ownCgroup();
      const count = Number(await readFile(`${cgroup}/pids.current`, 'utf8'));
      await writeFile(`${cgroup}/pids.max`, `${count + 1}`);
    },
    end: async () => await writeFile(`${await ownCgroup()}/pids.max`, 'max'),
  },
  { name: 'the clock steps', begin: async () => await step(3600), end: async () => await step(-3600) },
];
