/** The kinds of findings, which SARIF calls rules. docs/validate.md explains each. */

/** Errors: `create` refuses the file. */
const errors = {
  syntax: 'is no JSON',
  encoding: 'is not UTF-8',
  'repeated-key': 'a name is given more than once in an object',
  'letter-case': 'a name differs from a known one in letter case alone',
  schema: 'a value is missing, has the wrong type, or is out of range',
  invalid: 'a value means nothing, or can not be done beside the others',
} as const;

/** Warnings: it is allowed, and surely not meant. */
const warnings = {
  'unknown-key': 'a name is not known',
  'unknown-capability': 'no capability has this name',
  'unknown-syscall': 'no system call has this name',
  'unknown-word': 'no file system, or no option of it, has this name',
  'no-effect': 'has no effect',
  contradiction: 'two values of which one undoes the other',
  'shadowed-mount': 'a mount is hidden by a later one',
  'odd-value': 'a value is allowed and hardly ever meant',
  'newer-field': 'a field is newer than ociVersion',
  deprecated: 'a field is given up',
  'other-platform': 'a field is for another platform',
  'cgroup-v1': 'a field that hosts with cgroup v2 refuse',
  rootless: 'the kernel refuses it in this user namespace',
} as const;

/** Advice: it may be meant, and gives a container more than most need. */
const advice = {
  'new-privileges': 'the process can gain privileges',
  'mighty-capability': 'a capability that is as much as root on the host',
  'host-root': 'root of the container is root of the host',
  'host-namespace': 'a namespace of the host',
  'writable-proc-sys': '/proc/sys can be written to',
  'engine-socket': 'the socket of an engine is bound',
  'host-path': 'a directory of the host that gives it away is bound',
  'no-seccomp': 'there is no seccomp filter',
  'no-masked-paths': 'no paths are masked',
  'all-devices': 'every device is allowed',
  'prestart-hook': 'a hook of a kind that is given up',
  'no-pids-limit': 'there is no limit of processes',
} as const;

/** How bad a finding is. `create` refuses a file with errors; warnings are told, and advice only when it is asked for. */
export type Severity = 'error' | 'warning' | 'advice';

/** What each kind of finding is about, in a few words, and its usual severity. */
export const codes: Readonly<Record<string, { readonly severity: Severity; readonly about: string }>> =
  Object.fromEntries(
    Object.entries({ error: errors, warning: warnings, advice }).flatMap(([severity, some]) =>
      Object.entries(some).map(([code, about]) => [code, { severity: severity as Severity, about }]),
    ),
  );
