/** The environment of processes and hooks, as lists of `NAME=value`. */

/**
 * The list with one entry for each name: the last one, where it stands. exec would pass on duplicates, of which getenv(3)
 * finds the first.
 */
export function dedupe(env: readonly string[]): string[] {
  const entries = new Map<string, string>();
  for (const entry of env) {
    const equals = entry.indexOf('=');
    const name = equals < 0 ? entry : entry.slice(0, equals);
    entries.delete(name);
    entries.set(name, entry);
  }
  return [...entries.values()];
}

/** The value of the first entry with that name, or undefined. */
export function lookup(env: readonly string[], name: string): string | undefined {
  return env.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}

/**
 * process.env as the process gets it, without duplicates. An empty HOME is removed, so that the `home` step sets it:
 * engines rely on that.
 */
export function processEnvironment(env: readonly string[] | undefined): string[] {
  return dedupe(env ?? []).filter((entry) => entry !== 'HOME=');
}

/** An environment given as an object, e.g. the runtime's own, as a list. */
export function environmentList(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

/**
 * The environment of the container's process: process.env with the variables for socket activation (sd_listen_fds(3))
 * and readiness messages (sd_notify(3)), which take precedence.
 * @param listenFds number of sockets passed, 0 for none
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
