import { capabilityNames } from '../config/capability-names.js';
import type { Capabilities, Process, Spec } from '../config/spec.js';
import { TsruncError, type Warn } from '../error.js';
import type { ExecOptions } from './options.js';

/**
 * The process that `exec` runs: the one of --process as it is, or the one of the configuration with the command line's
 * changes: other arguments, and what is added to environment, groups and capabilities.
 * @param warn is told of capabilities that nobody knows: they are left out
 */
export function execProcess(spec: Spec, options: ExecOptions, warn: Warn): Process {
  if (options.process !== undefined) return { ...options.process, ...restrictions(options) };
  if (options.args.length === 0) throw new TsruncError('usage', 'process args cannot be empty');
  const base: Process = spec.process ?? { cwd: '/' };
  const { user, additionalGids } = options;
  const capabilities = knownCapabilities(options, warn);
  return {
    ...base,
    args: [...options.args],
    cwd: options.cwd ?? base.cwd,
    env: [...(base.env ?? []), ...options.env],
    terminal: options.tty,
    user: {
      ...base.user,
      ...(user !== undefined && { uid: user.uid, gid: user.gid ?? base.user?.gid ?? 0 }),
      additionalGids: [...(base.user?.additionalGids ?? []), ...additionalGids],
    },
    ...restrictions(options),
    ...(capabilities.length > 0 && { capabilities: withCapabilities(base.capabilities ?? {}, capabilities) }),
  };
}

/** What restricts the process is never left out: it counts beside --process too. */
function restrictions({ noNewPrivs, processLabel, apparmor }: ExecOptions): Partial<Process> {
  return {
    ...(noNewPrivs && { noNewPrivileges: true }),
    ...(processLabel !== undefined && { selinuxLabel: processLabel }),
    ...(apparmor !== undefined && { apparmorProfile: apparmor }),
  };
}

function knownCapabilities({ capabilities }: ExecOptions, warn: Warn): string[] {
  return capabilities.filter((name) => {
    const known = capabilityNames.includes(name);
    if (!known)
      warn(new TsruncError('config', `--cap: ${JSON.stringify(name)} is no known capability and is left out`));
    return known;
  });
}

/** Never to the inheritable and ambient sets: what the process executes would inherit them (CVE-2022-29162). */
function withCapabilities(sets: Capabilities, added: readonly string[]): Capabilities {
  const joined = (set: readonly string[] | undefined): string[] => [...new Set([...(set ?? []), ...added])];
  return {
    ...sets,
    bounding: joined(sets.bounding),
    effective: joined(sets.effective),
    permitted: joined(sets.permitted),
  };
}
