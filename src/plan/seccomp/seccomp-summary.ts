/** Describes a seccomp profile in one line, for `explain`. */
import type { Seccomp } from '../../config/spec.js';

/** A profile in a few words, e.g. `SCMP_ACT_ERRNO by default, 3 rules for 120 system calls, x86_64`. */
export function seccompSummary({
  defaultAction,
  defaultErrnoRet,
  syscalls,
  architectures,
  listenerPath,
}: Seccomp): string {
  const names = new Set((syscalls ?? []).flatMap((rule) => rule.names));
  const words = [`${defaultAction}${defaultErrnoRet === undefined ? '' : `(${defaultErrnoRet})`} by default`];
  words.push(`${syscalls?.length ?? 0} rules for ${names.size} system calls`);
  if (architectures?.length)
    words.push(architectures.map((name) => name.replace('SCMP_ARCH_', '').toLowerCase()).join(' '));
  if (listenerPath) words.push(`listener ${listenerPath}`);
  return words.join(', ');
}
