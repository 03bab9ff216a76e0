/**
 * The annotations to which crun gives a meaning (`run.oci.*`). Engines use some of them with any runtime, so tsrunc does what they
 * ask for where it can. It refuses those that would confine or watch the container in a way that only crun has.
 */
import { joinPointer } from '../base/json-pointer.js';
import { quote } from '../base/quote.js';
import type { Findings } from './findings.js';

/** The prefix of the keys of crun's annotations. */
export const CRUN_ANNOTATION = 'run.oci.';

/** The options with which a mount takes a SELinux context (mount(8)); the first one is the default. */
const mountContexts = ['context', 'fscontext', 'defcontext', 'rootcontext'] as const;
type MountContext = (typeof mountContexts)[number];

/** What the annotations of a configuration ask for, with the defaults for the rest (crun(1), "Extensions to OCI"). */
export interface CrunAnnotations {
  /** The process keeps the additional groups of the runtime's caller. */
  readonly keepGroups: boolean;
  /** A system call in the seccomp profile that libseccomp doesn't know is an error. */
  readonly failUnknownSyscall: boolean;
  /** The files that get what hooks write to stdout and stderr. */
  readonly hookStdout?: string;
  readonly hookStderr?: string;
  readonly mountContext: MountContext;
  /** Where the container's cgroup is below the one of its systemd unit, as a relative path; '' for the unit's own. */
  readonly subgroup: string;
  /** A cgroup below the container's, as a relative path, that the container's processes are in and may manage; '' for none. */
  readonly delegate: string;
}

type Annotations = Readonly<Record<string, string>> | undefined;
/** Says what would be right ("must be ...") for a wrong value, and undefined for a right one. */
type Rule = (value: string) => string | undefined;

// crun takes every value but "0" as on, even "false" and "no". So only these two values are clear.
const isSwitch: Rule = (value) => (value === '0' || value === '1' ? undefined : 'must be "1" or "0"');
const isAbsolute: Rule = (value) => (value.startsWith('/') ? undefined : 'must be an absolute path');
/**
 * The path of a cgroup below another one. No part may be named like a file that the kernel makes in a cgroup: those begin with
 * `cgroup.` or with the name of a controller (cgroups(7)).
 */
const isBelow: Rule = (value) => {
  const parts = belowOf(value);
  const wrong = parts.find((part) => part === '.' || part === '..' || part.includes('\n') || isCgroupFile(part));
  return wrong === undefined ? undefined : 'must be a path below the cgroup, of names that are no files of cgroups';
};
const isCgroupFile = (name: string): boolean =>
  /^(cgroup|memory|cpu|cpuset|io|pids|hugetlb|rdma|misc|dmem|irq)\./.test(name) || name.length > 255;
const isContext: Rule = (value) =>
  (mountContexts as readonly string[]).includes(value) ? undefined : `must be one of ${mountContexts.join(', ')}`;

const rules: Readonly<Record<string, Rule>> = {
  keep_original_groups: isSwitch,
  seccomp_fail_unknown_syscall: isSwitch,
  'hooks.stdout': isAbsolute,
  'hooks.stderr': isAbsolute,
  mount_context_type: isContext,
  'systemd.subgroup': isBelow,
  'delegate-cgroup': isBelow,
};

/** Other annotations of crun, which would confine or watch the container: the message says why tsrunc doesn't have them. */
const confining: Readonly<Record<string, string>> = {
  handler: 'there are no handlers',
  'seccomp.receiver': 'linux.seccomp.listenerPath says who gets the listener',
  'seccomp.plugins': 'there are no plugins',
  seccomp_bpf_data: 'the filter comes from linux.seccomp',
};
const others = ['pidfd_receiver', 'systemd.force_cgroup_v1', 'timens_offset'];

/**
 * annotations: refuses a wrong value of crun's annotations, and those that would confine the container in a way that only crun has.
 * Warns of others that have no effect.
 */
export function checkCrunAnnotations(annotations: Annotations, findings: Findings): void {
  for (const [key, value] of Object.entries(annotations ?? {})) {
    if (!key.startsWith(CRUN_ANNOTATION)) continue;
    const name = key.slice(CRUN_ANNOTATION.length);
    const pointer = joinPointer('/annotations', key);
    if (Object.hasOwn(rules, name)) {
      const wrong = rules[name]!(value);
      if (wrong !== undefined) findings.problem(pointer, `is ${quote(value)}; ${wrong}`);
    } else if (Object.hasOwn(confining, name)) {
      findings.problem(pointer, `asks for what only crun has (${confining[name]}); must be left out`);
    } else {
      const meant = others.includes(name) ? undefined : findings.guesses.nearest(name, Object.keys(rules));
      const guess = meant === undefined ? '' : `; did you mean ${quote(CRUN_ANNOTATION + meant)}?`;
      findings.warn(pointer, `has no effect${guess}`);
    }
  }
}

/** Reads crun's annotations. checkCrunAnnotations must have found nothing wrong with them. */
export function crunAnnotations(annotations: Annotations): CrunAnnotations {
  const value = (name: string): string | undefined => {
    const key = CRUN_ANNOTATION + name;
    return annotations !== undefined && Object.hasOwn(annotations, key) ? annotations[key] : undefined;
  };
  const hookStdout = value('hooks.stdout');
  const hookStderr = value('hooks.stderr');
  const context = value('mount_context_type');
  return {
    keepGroups: value('keep_original_groups') === '1',
    failUnknownSyscall: value('seccomp_fail_unknown_syscall') === '1',
    ...(hookStdout !== undefined && { hookStdout }),
    ...(hookStderr !== undefined && { hookStderr }),
    mountContext: mountContexts.find((known) => known === context) ?? 'context',
    subgroup: belowOf(value('systemd.subgroup') ?? '').join('/'),
    delegate: belowOf(value('delegate-cgroup') ?? '').join('/'),
  };
}

/** The JSON pointer of one of crun's annotations; name is its key without the prefix. */
export const crunPointer = (name: string): string => joinPointer('/annotations', CRUN_ANNOTATION + name);

const belowOf = (path: string): string[] => path.split('/').filter((part) => part !== '');
