/** Options as words of a command line, in the forms that all runtimes understand. */
import { quote } from '../../base/quote.js';
import type { CheckpointOptions, CriuOptions, ExecCommonOptions, MakeOptions } from './options.js';

/**
 * The id of a container as a word.
 * @throws TypeError for one that a runtime would take for an option
 */
export function idWord(id: string): string {
  if (!id.startsWith('-')) return id;
  throw new TypeError(`container id ${quote(id)} begins with "-"; the runtime would take it for an option`);
}

const flag = (name: string, on: boolean | undefined): string[] => (on ? [name] : []);
// One word and not two: a value that begins with "-" is no option then.
const value = (name: string, given: string | number | undefined): string[] =>
  given === undefined ? [] : [`${name}=${given}`];
const each = (name: string, given: readonly (string | number)[] = []): string[] => given.map((one) => `${name}=${one}`);

/** Of `create`, `run` and `restore`. */
export function makeArguments({ noPivot, noNewKeyring }: MakeOptions): string[] {
  return [...flag('--no-pivot', noPivot), ...flag('--no-new-keyring', noNewKeyring)];
}

/** Of `exec`. */
export function execArguments(options: ExecCommonOptions): string[] {
  return [
    ...value('--cwd', options.cwd),
    ...each(
      '--env',
      Object.entries(options.env ?? {}).map(([name, text]) => `${name}=${text}`),
    ),
    ...value('--user', options.user),
    ...each('--additional-gids', options.additionalGids),
    ...each('--cap', options.capabilities),
    ...flag('--no-new-privs', options.noNewPrivileges),
    ...value('--apparmor', options.apparmorProfile),
    ...value('--process-label', options.selinuxLabel),
    ...value('--cgroup', options.cgroup),
    ...flag('--ignore-paused', options.ignorePaused),
    ...(options.arguments ?? []),
  ];
}

/** Of `checkpoint` and `restore`. */
export function criuArguments(options: CriuOptions): string[] {
  return [
    ...value('--image-path', options.imagePath),
    ...value('--work-path', options.workPath),
    ...flag('--tcp-established', options.tcpEstablished),
    ...flag('--ext-unix-sk', options.extUnixSockets),
    ...flag('--shell-job', options.shellJob),
    ...flag('--file-locks', options.fileLocks),
    ...value('--manage-cgroups-mode', options.manageCgroupsMode),
  ];
}

/** Of `checkpoint`. */
export function checkpointArguments(options: CheckpointOptions): string[] {
  return [
    ...criuArguments(options),
    ...flag('--leave-running', options.leaveRunning),
    ...flag('--pre-dump', options.preDump),
    ...value('--parent-path', options.parentPath),
    ...(options.arguments ?? []),
  ];
}
