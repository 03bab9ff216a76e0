/** Describes the steps of init in words, for `explain`. */
import { S_IFBLK, S_IFCHR } from '../../native/flags.js';
import type { ProcessPlan } from '../plan.js';
import { capabilityList } from '../process/capabilities.js';
import { formatList } from '../process/cpu-mask.js';
import { ioPriorityClasses, splitIoPriority } from '../process/io-priority.js';
import { MODE_MASK, memoryPolicyFlags, memoryPolicyModes } from '../process/memory-policy.js';
import { personalities } from '../process/personality.js';
import { RLIM_INFINITY, rlimitNumbers } from '../process/rlimits.js';
import { schedulerFlags, schedulerPolicies } from '../process/scheduler.js';
import { seccompSummary } from '../seccomp/seccomp-summary.js';
import { attributeNames, cloneFlagNames, mountFlagNames, seccompFlagNames } from '../steps/flag-names.js';
import type { Step, StepName } from '../steps/generated/steps.js';
import { SyncEvent } from '../steps/protocol.js';
import { NO_SLOT, STEP_SLOTS } from '../steps/step-table.js';

const syncText: Readonly<Record<number, string>> = {
  [SyncEvent.mapIds]: 'id maps',
  [SyncEvent.delegateCgroup]: 'its cgroup',
  [SyncEvent.createRuntime]: 'create-time hooks',
} satisfies Record<(typeof SyncEvent)[keyof typeof SyncEvent], string>;

type Phrases = { readonly [Name in StepName]: (step: Extract<Step, { step: Name }>, plan: ProcessPlan) => string };

const octal = (mode: number): string => `0${mode.toString(8)}`;
const keyOf = (table: Readonly<Record<string, number>>, value: number): string =>
  Object.keys(table).find((name) => table[name] === value) ?? String(value);
const keysOf = (table: Readonly<Record<string, number | bigint>>, value: bigint): string[] =>
  Object.keys(table).filter((name) => (value & BigInt(table[name]!)) !== 0n);
const quoted = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
const list = (words: readonly string[]): string => words.join(' ') || 'none';
const limit = (value: bigint): string => (value === RLIM_INFINITY ? 'unlimited' : String(value));
const bracketed = (words: readonly string[]): string => {
  const text = words.filter((word) => word !== '').join(', ');
  return text === '' ? '' : ` (${text})`;
};

const deviceKind = (type: number): string =>
  type === S_IFCHR ? 'character device' : type === S_IFBLK ? 'block device' : 'fifo';
/** The name of a tree that a step keeps in a slot, numbered from 0; '' for NO_SLOT. */
const treeName = (slot: number): string => (slot === NO_SLOT ? '' : `tree ${slot - STEP_SLOTS}`);

/** What a slot that the runtime fills stands for: its path if it has one, otherwise its kind. */
function slotText(slot: number, plan: ProcessPlan): string {
  const source = plan.slots[slot];
  if (source === undefined) return `tree ${slot}`;
  return 'path' in source ? source.path : source.kind;
}

function groupIds(groups: Uint8Array): string[] {
  const view = new DataView(groups.buffer, groups.byteOffset, groups.length);
  return Array.from({ length: groups.length / 4 }, (_, i) => String(view.getUint32(i * 4, true)));
}

function times(timeout: number): string {
  return timeout === 0 ? '' : `at most ${timeout / 1000} s`;
}

/**
 * For each kind of step a function that describes it with its values. The type makes the compiler ask for every
 * kind.
 */
const phrases: Phrases = {
  'step-times': () => 'note when steps begin and end',
  'join-cgroup': ({ path }) => `enter the cgroup of ${path}`,
  'oom-score-adj': ({ value }) => `set oom_score_adj to ${value}`,
  dumpable: ({ value }) =>
    value ? 'let the process be dumpable' : 'make the process not dumpable: nobody may trace it',
  'cpu-affinity': ({ mask }) => `run on CPUs ${formatList(mask)}`,
  'clone-tree': ({ source, recursive, noFollow, slot }) =>
    `open${noFollow ? ', without following a link there,' : ''} the mount at ${source}${recursive ? ' and all below' : ''} as ${treeName(slot)}`,
  'device-directory': ({ slot }) => `make a file system for devices as ${treeName(slot)}`,
  'device-ahead': ({ path, type, major, minor, mode, uid, gid, slot }) =>
    `make ${deviceKind(type)} ${path} ahead as ${treeName(slot)}${bracketed([`${major}:${minor}`, octal(mode), `${uid}:${gid} of the host`])}`,
  'idmap-tree': ({ tree, recursive }) => `map the ids of ${treeName(tree)}${recursive ? ' and all below' : ''}`,
  'join-namespace': ({ descriptor, type }, plan) =>
    `join namespace ${slotText(descriptor, plan)} (${cloneFlagNames(type)})`,
  'join-process': ({ flags }) => `join the container's namespaces ${cloneFlagNames(flags)}`,
  unshare: ({ flags }) => `make namespaces ${cloneFlagNames(flags)}`,
  'time-offsets': ({ offsets }) => `set the time offsets ${offsets.trim().replaceAll('\n', ', ')}`,
  sync: ({ event }) => `wait for the runtime: ${syncText[event] ?? event}`,
  become: ({ uid, gid }) => `become ${uid}:${gid} of the user namespace`,
  fork: () => 'fork: a child goes on, inside the new namespaces',
  'close-proc': () => "close the runtime's /proc",
  loopback: () => 'bring the loopback interface up',
  'session-keyring': ({ name, label }) => `join session keyring ${name}${bracketed([label])}`,
  setsid: () => 'start a new session',
  'tree-propagation': ({ flags }) => `set the propagation of every mount to ${mountFlagNames(flags)}`,
  'open-root': ({ path, tree, attach }) => {
    if (!attach) return `open a detached copy of ${path} as the root`;
    return tree === NO_SLOT ? `bind ${path} on itself as the root` : `attach ${treeName(tree)} at ${path} as the root`;
  },
  'adopt-root': () => 'take / of the joined mount namespace as the root',
  'enter-root': () => "chroot into the root of the container's init",
  'mount-fs': ({ type, source, target, parameters, attributes, copyUp, userns }) => {
    const from = source === type ? '' : ` ${source}`;
    const extra = [attributeNames(attributes, 0n), parameters.join(','), copyUp ? 'copying what is below' : ''];
    return `mount ${type}${from} at ${target}${bracketed([...extra, userns === NO_SLOT ? '' : 'ids mapped'])}`;
  },
  'mount-bind': ({ tree, source, recursive, target, setAttributes, clearAttributes, recursiveSet, recursiveClear }) => {
    const below = attributeNames(recursiveSet, recursiveClear);
    const words = [attributeNames(setAttributes, clearAttributes), below && `all below ${below}`, treeName(tree)];
    return `bind ${source}${recursive ? ' and all below' : ''} at ${target}${bracketed(words)}`;
  },
  'clone-in-root': ({ source, recursive, noFollow, slot }) =>
    `clone${noFollow ? ', without following a link there,' : ''} ${source} of the container${recursive ? ' and all below' : ''} as ${treeName(slot)}`,
  'mount-attributes': ({ target, setAttributes, clearAttributes, recursive }) =>
    `make ${target}${recursive ? ' and all below' : ''} ${attributeNames(setAttributes, clearAttributes)}`,
  'mount-reconfigure': ({ target, parameters, iversion }) =>
    `change the file system at ${target}${bracketed([...parameters, ['', 'iversion', 'noiversion'][iversion] ?? ''])}`,
  unmount: ({ target }) => `unmount ${target}`,
  'mount-propagation': ({ target, flags }) => `set the propagation of ${target} to ${mountFlagNames(flags)}`,
  'device-node': ({ path, type, major, minor, mode, uid, gid }) =>
    `make ${deviceKind(type)} ${path}${bracketed([`${major}:${minor}`, octal(mode), `${uid}:${gid}`])}`,
  'device-bind': ({ path, type, major, minor, tree }, plan) =>
    `bind the ${plan.steps.some((one) => one.step === 'device-ahead' && one.slot === tree) ? '' : "host's "}${deviceKind(type)} ${path}${bracketed([`${major}:${minor}`, treeName(tree)])}`,
  symlink: ({ path, target, cover }) =>
    `link ${path} to ${target}${bracketed([cover ? 'what else is there is covered' : ''])}`,
  console: ({ rows, columns, bind }) =>
    `open a terminal${bracketed([rows || columns ? `${columns}x${rows}` : '', bind ? 'bound at /dev/console' : ''])}`,
  'pivot-root': () => 'pivot_root: make the root /, detach the old one',
  'move-root': () => 'move the root over / and chroot (no pivot_root)',
  chroot: () => 'chroot into the root',
  'root-propagation': ({ flags }) => `set the propagation of / to ${mountFlagNames(flags)}`,
  'root-readonly': () => 'make / read-only',
  'readonly-path': ({ path }) => `make ${path} read-only`,
  'mask-path': ({ path }) => `mask ${path}`,
  hostname: ({ name }) => `set the hostname to ${name}`,
  domainname: ({ name }) => `set the domainname to ${name}`,
  sysctl: ({ path, value }) => `write ${JSON.stringify(value)} to /proc/sys/${path}`,
  hook: ({ path, args, env, timeout }) =>
    `run hook ${path}: ${quoted(args)}${bracketed([env.length > 0 ? `env ${quoted(env)}` : '', times(timeout)])}`,
  rlimit: ({ resource, soft, hard, raise }) => {
    const name = keyOf(rlimitNumbers, resource);
    return raise
      ? `raise the hard limit of ${name} to ${limit(hard)} if it is lower`
      : `set ${name} to ${limit(soft)}, hard limit ${limit(hard)}`;
  },
  scheduler: ({ policy, nice, priority, flags, runtime, deadline, period }) => {
    const words = [
      nice !== 0 ? `nice ${nice}` : '',
      priority !== 0 ? `priority ${priority}` : '',
      ...keysOf(schedulerFlags, flags),
      runtime !== 0n || deadline !== 0n || period !== 0n ? `${runtime}/${deadline}/${period} ns` : '',
    ];
    return `schedule with ${keyOf(schedulerPolicies, policy)}${bracketed(words)}`;
  },
  'io-priority': ({ value }) => {
    const [classNumber, priority] = splitIoPriority(value);
    return `set the I/O priority to ${keyOf(ioPriorityClasses, classNumber)} ${priority}`;
  },
  personality: ({ value }) => `set the personality to ${keyOf(personalities, value)}`,
  'memory-policy': ({ mode, nodes }) => {
    const flags = keysOf(memoryPolicyFlags, BigInt(mode));
    const name = keyOf(memoryPolicyModes, mode & MODE_MASK);
    return `set the memory policy to ${[name, ...flags].join('|')}${nodes.length > 0 ? ` on nodes ${formatList(nodes)}` : ''}`;
  },
  umask: ({ mask }) => `set the umask to ${octal(mask)}`,
  'no-new-privileges': () => 'set no_new_privs',
  'apparmor-profile': ({ profile }) => `set AppArmor profile ${profile} for exec`,
  'selinux-label': ({ label }) => `set SELinux label ${label} for exec`,
  'bounding-set': ({ keep }) => `reduce the bounding set to ${list(capabilityList(keep))}`,
  user: ({ uid, gid, groups, setGroups }) =>
    `become user ${uid}, group ${gid}${setGroups ? `, groups ${list(groupIds(groups))}` : ', groups left'}`,
  capabilities: ({ effective, permitted, inheritable, ambient }) => {
    const sets = { effective, permitted, inheritable, ambient };
    const byMask = new Map<bigint, string[]>();
    for (const [name, mask] of Object.entries(sets)) byMask.set(mask, [...(byMask.get(mask) ?? []), name]);
    const texts = [...byMask].map(([mask, names]) => `${names.join(', ')}: ${list(capabilityList(mask))}`);
    return `set the capabilities; ${texts.join('; ')}`;
  },
  seccomp: ({ flags }, plan) =>
    `load the seccomp filter${bracketed([plan.seccomp === undefined ? '' : seccompSummary(plan.seccomp.profile), `flags ${seccompFlagNames(flags)}`])}`,
  'reopen-null': () => "replace standard streams that are the host's /dev/null",
  'own-stdio': ({ uid, pipes }) => `give the standard streams${pipes ? ' that are pipes' : ''} to user ${uid}`,
  'make-directory': ({ path }) => `make ${path} if it is missing`,
  cwd: ({ path, attempt }) => `enter ${path}${bracketed([attempt ? '' : 'if it was not possible before'])}`,
  home: ({ uid }) => `take HOME of user ${uid} from /etc/passwd`,
  'find-executable': ({ name, path }) =>
    `find ${quoted([name])}${name.includes('/') ? '' : ` in ${path || 'no PATH'}`}`,
  ready: () => 'tell the runtime: created',
  'wait-start': ({ input }) => `wait for start${bracketed([input === NO_SLOT ? 'foreground' : ''])}`,
  exec: ({ args, preserve }) =>
    `execute ${quoted(args)}${bracketed([preserve > 0 ? `descriptors 3 to ${2 + preserve} kept` : ''])}`,
};

/**
 * One line that says what a step does.
 * @param plan the plan it belongs to, whose slots it may refer to
 */
export function explainStep(step: Step, plan: ProcessPlan): string {
  const phrase = phrases[step.step] as (step: Step, plan: ProcessPlan) => string;
  return phrase(step, plan);
}
