import { joinPointer } from '../base/json-pointer.js';
import { nearest } from '../base/nearest.js';
import { quote } from '../base/quote.js';
import type { Findings } from './findings.js';

/** What crun's annotations begin with. */
export const CRUN_ANNOTATION = 'run.oci.';

/** Types of SELinux context that a mount takes (mount(8)), the usual one first. */
const mountContexts = ['context', 'fscontext', 'defcontext', 'rootcontext'] as const;
type MountContext = (typeof mountContexts)[number];

/** What crun's annotations of a configuration ask for (crun(1), "Extensions to OCI"). */
export interface CrunAnnotations {
  /** The process has the additional groups of who calls the runtime. */
  readonly keepGroups: boolean;
  /** A system call in the profile that libseccomp doesn't know is an error. */
  readonly failUnknownSyscall: boolean;
  /** The files that hooks write to. */
  readonly hookStdout?: string;
  readonly hookStderr?: string;
  readonly mountContext: MountContext;
  /** The container's cgroup below the one of its systemd unit, '' for that itself. */
  readonly subgroup: string;
  /** A cgroup below the container's, for its processes and theirs to manage; '' for none. */
  readonly delegate: string;
}

type Annotations = Readonly<Record<string, string>> | undefined;
/** What is wrong with a value and what would be right, or undefined. */
type Rule = (value: string) => string | undefined;

// crun takes whatever isn't "0" for on, "false" and "no" too.
const isSwitch: Rule = (value) => (value === '0' || value === '1' ? undefined : 'must be "1" or "0"');
const isAbsolute: Rule = (value) => (value.startsWith('/') ? undefined : 'must be an absolute path');
/** A cgroup below another: in the way of none of the files there, whose names begin with a controller's or `cgroup`. */
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

/** What crun has besides, and would confine or watch the container with. */
const confining: Readonly<Record<string, string>> = {
  handler: 'there are no handlers',
  'seccomp.receiver': 'linux.seccomp.listenerPath says who gets the listener',
  'seccomp.plugins': 'there are no plugins',
  seccomp_bpf_data: 'the filter comes from linux.seccomp',
};
const others = ['pidfd_receiver', 'systemd.force_cgroup_v1', 'timens_offset'];

/** annotations: crun's have a value that is known, and what is asked for and can't be had is refused, or warned of where it restricts nothing. */
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
      const meant = others.includes(name) ? undefined : nearest(name, Object.keys(rules));
      const guess = meant === undefined ? '' : `; did you mean ${quote(CRUN_ANNOTATION + meant)}?`;
      findings.warn(pointer, `has no effect${guess}`);
    }
  }
}

/** Reads what checkCrunAnnotations found nothing wrong with. */
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

/** The pointer of one of crun's annotations. */
export const crunPointer = (name: string): string => joinPointer('/annotations', CRUN_ANNOTATION + name);

const belowOf = (path: string): string[] => path.split('/').filter((part) => part !== '');
