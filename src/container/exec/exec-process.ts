/** Puts together the process that `exec` runs. */
import { TsruncError, type Warn } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import { capabilityNames } from '../../config/capability-names.js';
import type { Capabilities, Process, Spec } from '../../config/spec.js';
import type { ExecOptions } from '../options.js';

/**
 * The process that `exec` runs: the one from --process, or the configuration's with the arguments of the command
 * line, which may also add to its environment, groups and capabilities.
 * @param warn is told of unknown capabilities, which are left out
 * @throws TsruncError 'usage' if there is nothing to execute
 */
export function execProcess(spec: Spec, options: ExecOptions, warn: Warn): Process {
  const base: Process = spec.process ?? { cwd: '/' };
  if (options.process !== undefined) return { ...inheriting(options.process, base), ...restrictions(options) };
  if (options.args.length === 0) throw new TsruncError('usage', 'process args cannot be empty');
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

/**
 * Fields that a process from a file inherits from the container's process if it leaves them out, above all
 * restrictions.
 */
const inherited: ReadonlySet<string> = new Set<keyof Process>([
  'user',
  'noNewPrivileges',
  'capabilities',
  'rlimits',
  'apparmorProfile',
  'selinuxLabel',
  'oomScoreAdj',
  'scheduler',
  'ioPriority',
  'execCPUAffinity',
]);

/**
 * The process from a file, with what it leaves out inherited: leaving a restriction out doesn't lift it
 * (docs/exec.md). An empty label counts as left out, as does `execCPUAffinity` that names no CPUs; a process that is to run without
 * AppArmor names the profile `unconfined`.
 */
function inheriting({ apparmorProfile, selinuxLabel, execCPUAffinity, ...said }: Process, container: Process): Process {
  const umask = container.user?.umask;
  return {
    ...Object.fromEntries(Object.entries(container).filter(([name]) => inherited.has(name))),
    ...said,
    ...(apparmorProfile && { apparmorProfile }),
    ...(selinuxLabel && { selinuxLabel }),
    ...((execCPUAffinity?.initial || execCPUAffinity?.final) && { execCPUAffinity }),
    ...(said.user !== undefined && umask !== undefined && { user: { umask, ...said.user } }),
  };
}

/** The options that restrict the process. They apply together with --process too. */
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
    if (!known) warn(new TsruncError('config', `--cap: ${quote(name)} is no known capability and is left out`));
    return known;
  });
}

/**
 * Adds capabilities, but never to the inheritable set, from which programs that the process executes could gain them
 * (CVE-2022-29162). Those that the configuration makes inheritable are added to the ambient set, without which a user
 * other than root would lose them at execve(2).
 */
function withCapabilities(sets: Capabilities, added: readonly string[]): Capabilities {
  const joined = (set: readonly string[] | undefined, more = added): string[] => [
    ...new Set([...(set ?? []), ...more]),
  ];
  const ambient = added.filter((name) => sets.inheritable?.includes(name));
  return {
    ...sets,
    bounding: joined(sets.bounding),
    effective: joined(sets.effective),
    permitted: joined(sets.permitted),
    ...(ambient.length > 0 && { ambient: joined(sets.ambient, ambient) }),
  };
}
