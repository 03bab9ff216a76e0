import type { Capabilities, Process, Spec } from '../config/spec.js';
import { TsruncError } from '../error.js';
import type { ExecOptions } from './options.js';

/**
 * The process that `exec` runs: the one of --process as it is, or the one of the configuration with the command line's
 * changes: other arguments, and what is added to environment, groups and capabilities.
 */
export function execProcess(spec: Spec, options: ExecOptions): Process {
  if (options.process !== undefined) return options.process;
  if (options.args.length === 0) throw new TsruncError('usage', 'process args cannot be empty');
  const base: Process = spec.process ?? { cwd: '/' };
  const { user, additionalGids, capabilities } = options;
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
    ...(options.noNewPrivs && { noNewPrivileges: true }),
    ...(options.processLabel !== undefined && { selinuxLabel: options.processLabel }),
    ...(options.apparmor !== undefined && { apparmorProfile: options.apparmor }),
    ...(capabilities.length > 0 && { capabilities: withCapabilities(base.capabilities ?? {}, capabilities) }),
  };
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
