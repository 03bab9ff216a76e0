/** Containers of an ordinary user. */
import { equal, match, notEqual, ok } from 'node:assert/strict';
import type { Case } from '../case.js';
import { attempt, command, type Outcome } from '../command.js';
import type { Podman } from './podman.js';

const user = 'tester';

/** The user's service manager, which gives the cgroups; started once, it stays. */
async function environment(): Promise<string[]> {
  const uid = await command(['id', '-u', user]);
  await command(['systemctl', 'start', `user@${uid}.service`]);
  const run = `/run/user/${uid}`;
  return [
    `XDG_RUNTIME_DIR=${run}`,
    `DBUS_SESSION_BUS_ADDRESS=unix:path=${run}/bus`,
    `HOME=/home/${user}`,
    `USER=${user}`,
  ];
}

/** The user has a store of images of his own. */
async function haveImage(prefix: readonly string[]): Promise<void> {
  const image = 'docker.io/library/busybox:latest';
  imported ??= attempt([...prefix, 'podman', 'image', 'exists', image], { cwd: '/' }).then(async ({ status }) => {
    if (status !== 0)
      await command([...prefix, 'podman', 'import', '--quiet', '/opt/busybox.tar', image], { cwd: '/' });
  });
  await imported;
}

let imported: Promise<void> | undefined;

/** podman as the user, in a scope of the user's own, as in a session. */
class Rootless {
  readonly #podman: Podman;
  readonly #prefix: readonly string[];

  private constructor(podman: Podman, prefix: readonly string[]) {
    this.#podman = podman;
    this.#prefix = prefix;
  }

  static async of(podman: Podman): Promise<Rootless> {
    const scope = ['systemd-run', '--user', '--scope', '--quiet', '--collect', '--property=Delegate=yes', '--'];
    const prefix = ['runuser', '-u', user, '--', 'env', ...(await environment()), ...scope];
    await haveImage(prefix);
    return new Rootless(podman, prefix);
  }

  async attempt(...words: readonly string[]): Promise<Outcome> {
    const { signal } = this.#podman;
    return await attempt([...this.#prefix, ...this.#podman.words(...words)], { signal, cwd: '/' });
  }

  async cli(...words: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.attempt(...words);
    if (status !== 0) throw new Error(`rootless podman ${words.join(' ')}: ended with ${status}: ${stderr.trim()}`);
    return stdout.trimEnd();
  }

  async shell(line: string, ...flags: readonly string[]): Promise<string> {
    return await this.cli('run', '--rm', ...this.#podman.flags(flags), 'busybox', 'sh', '-c', line);
  }

  /** Calls `use` with the name of a container that sleeps, and removes it. */
  async withContainer(flags: readonly string[], use: (name: string) => Promise<void>): Promise<void> {
    const name = this.#podman.another();
    await this.cli('run', '-d', '--name', name, ...this.#podman.flags(flags), 'busybox', 'sleep', '1000');
    try {
      await use(name);
    } finally {
      await this.attempt('rm', '--force', '--volumes', '--time', '0', name);
    }
  }
}

export const rootlessCases: readonly Case<Podman>[] = [
  {
    name: 'rootless: run, user, limits',
    async show(podman) {
      const rootless = await Rootless.of(podman);
      const line =
        "id -u; awk '{ print $2 }' /proc/self/uid_map | tail -1; cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max";
      const text = await rootless.shell(line, '--memory', '64m', '--pids-limit', '50');
      match(text, /^0\n\d{4,}\n67108864\n50$/);
    },
  },
  {
    name: 'rootless: exec, pause, cp, stop',
    async show(podman) {
      const rootless = await Rootless.of(podman);
      await rootless.withContainer([], async (name) => {
        equal(await rootless.cli('exec', name, 'sh', '-c', 'echo in'), 'in');
        await rootless.cli('pause', name);
        notEqual((await rootless.attempt('exec', name, 'true')).status, 0);
        await rootless.cli('unpause', name);
        await rootless.cli('stop', '--time', '0', name);
        equal(await rootless.cli('wait', name), '137');
      });
    },
  },
  {
    name: 'rootless: keep-id, volumes',
    async show(podman) {
      const rootless = await Rootless.of(podman);
      const uid = await command(['id', '-u', user]);
      const line = 'id -u; touch /v/file; stat -c %u /v/file; cat /proc/self/setgroups';
      equal(await rootless.shell(line, '--userns', 'keep-id', '--volume', '/v'), `${uid}\n${uid}\nallow`);
    },
  },
  {
    name: 'rootless: memory limit bites',
    async show(podman) {
      const rootless = await Rootless.of(podman);
      const name = podman.another();
      const flags = podman.flags(['--memory', '24m', '--memory-swap', '24m']);
      try {
        const { status } = await rootless.attempt('run', '--name', name, ...flags, 'busybox', 'tail', '/dev/zero');
        equal(status, 137);
        ok((await rootless.cli('inspect', '--format', '{{.State.OOMKilled}}', name)).includes('true'));
      } finally {
        await rootless.attempt('rm', '--force', name);
      }
    },
  },
  {
    name: 'rootless: network by pasta',
    async show(podman) {
      const rootless = await Rootless.of(podman);
      match(await rootless.shell('ip -4 -o addr | grep -v " lo "; ls /sys/class/net', '--network', 'pasta'), /inet /);
    },
  },
];
