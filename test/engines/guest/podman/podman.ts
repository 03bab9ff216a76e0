/** What a podman case works with: containers of one runtime, which are gone when the case has ended. */
import type { Context, Runtime } from '../case.js';
import { attempt, command, type Outcome } from '../command.js';
import { traces } from '../traces.js';

const label = 'engines.case';
/** The containers of cases that have ended. */
const gone: Record<Runtime, string[]> = { tsrunc: [], runc: [] };

/** The words that every podman command of a run starts with. */
const words = ({ path, driver }: Context) => ['podman', '--runtime', path, '--cgroup-manager', driver];

export class Podman {
  readonly context: Context;

  constructor(context: Context) {
    this.context = context;
  }

  /** The options of `podman run` and `podman create` that every container of a case has. */
  get marks(): string[] {
    return ['--label', `${label}=${this.context.name}`];
  }

  /** The podman command. */
  async attempt(more: readonly string[], input?: string): Promise<Outcome> {
    const { signal } = this.context;
    return await attempt([...words(this.context), ...more], input === undefined ? { signal } : { signal, input });
  }

  /** The podman command; it has to succeed. */
  async cli(...more: readonly string[]): Promise<string> {
    return await command([...words(this.context), ...more], { signal: this.context.signal });
  }
}

/** Removes the containers that bear the case's name. */
export async function close({ context }: Podman): Promise<void> {
  const list = ['ps', '-a', '-q', '--no-trunc', '--filter', `label=${label}=${context.name}`];
  const ids = (await command([...words(context), ...list])).split('\n').filter(Boolean);
  gone[context.runtime].push(...ids);
  if (ids.length > 0) await command([...words(context), 'rm', '-f', '-t', '0', ...ids]);
}

/** Traces of the containers of cases that have ended. */
export async function left(runtime: Runtime): Promise<string[]> {
  return await traces(gone[runtime]);
}
