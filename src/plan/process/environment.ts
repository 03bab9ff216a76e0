/** process.env with one entry a name: the last one wins, at the place of the first. */
export function dedupe(env: readonly string[]): string[] {
  const entries = new Map<string, string>();
  for (const entry of env) {
    const equals = entry.indexOf('=');
    entries.set(equals < 0 ? entry : entry.slice(0, equals), entry);
  }
  return [...entries.values()];
}

/** The value of a variable, or undefined. */
export function lookup(env: readonly string[], name: string): string | undefined {
  return env.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** process.env as a process gets it. An empty HOME counts as none, which is left to the `home` step: engines rely on it. */
export function processEnvironment(env: readonly string[] | undefined): string[] {
  return dedupe(env ?? []).filter((entry) => entry !== 'HOME=');
}

/** What the runtime itself has in its environment. */
export function environmentList(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

/**
 * The environment of the container's process: process.env, and what socket activation (sd_listen_fds(3)) and readiness
 * (sd_notify(3)) add.
 */
export function containerEnvironment(
  env: readonly string[] | undefined,
  { listenFds, notifySocket }: { listenFds: number; notifySocket: boolean },
): string[] {
  const added: string[] = [];
  if (listenFds > 0) added.push(`LISTEN_FDS=${listenFds}`, 'LISTEN_PID=1');
  if (notifySocket) added.push('NOTIFY_SOCKET=/run/notify/notify.sock');
  return processEnvironment([...(env ?? []), ...added]);
}
