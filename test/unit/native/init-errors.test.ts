// What init says of a step that fails: the call, the path, and what there is to remark, each by itself.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { nodeNative } from '../../../src/hosts/node/host.js';
import {
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWUTS,
  MOUNT_ATTR_NOEXEC,
  MS_PRIVATE,
  MS_REC,
} from '../../../src/native/flags.js';
import { encodeSteps } from '../../../src/plan/steps/encode.js';
import type { Step } from '../../../src/plan/steps/generated/steps.js';
import { MessageKind, parseErrorText } from '../../../src/plan/steps/protocol.js';
import { NO_SLOT } from '../../../src/plan/steps/step-table.js';

const native = nodeNative();
const { EACCES, EBADF, EBUSY, EINVAL, EISDIR, ENOENT, ENOEXEC, ENOTDIR, EPERM, EPROTO } = constants.errno;
const skip = process.getuid?.() !== 0 && 'needs root';
const directory = mkdtempSync(join(tmpdir(), 'tsrunc-errors-'));
t.teardown(() => rmSync(directory, { recursive: true }));

/** The errno and the parts of the error that ends a plan. Init is in namespaces of its own: nothing it does outlasts it. */
function failure(...steps: Step[]) {
  native.prepareSpawn(0, 0, []);
  native.beginSpawn(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWNET, -1, [-1, -1, -1]);
  const { pidfd, socket } = native.endSpawn();
  try {
    native.sendPlan(socket, [], encodeSteps(native, steps));
    for (let message = native.receive(socket); message !== null; message = native.receive(socket))
      if (message.kind === MessageKind.error) return { errno: message.value, ...parseErrorText(message.text) };
    return undefined;
  } finally {
    native.close(socket);
    native.pidfdSignal(pidfd, 9);
    native.wait(pidfd, false);
    native.close(pidfd);
  }
}

/** A file of the test's directory that everybody may execute, or nobody. */
function program(name: string, content: string, mode = 0o755): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

/** A new tmpfs that what lies at its target is copied into. */
const tmpfs = (target: string, attributes = 0n, ...parameters: string[]): Step => ({
  step: 'mount-fs',
  type: 'tmpfs',
  source: 'tmpfs',
  parameters,
  attributes,
  target,
  mode: 0o755,
  inheritMode: 0,
  copyUp: 1,
  mustBeDirectory: 0,
  userns: NO_SLOT,
  keep: NO_SLOT,
});

const find = (name: string): Step => ({ step: 'find-executable', name, path: '/bin:/usr/bin' });
const execute = (name: string): Step[] => [find(name), { step: 'exec', args: [name], env: [], preserve: 0 }];
const alone: Step = { step: 'tree-propagation', flags: BigInt(MS_REC | MS_PRIVATE) };
const root: Step = { step: 'adopt-root' };

const script = program('script', '#!/no/such/interpreter\n');
const words = program('words', 'no program\n');
const denied = program('denied', '#!/bin/sh\n', 0o644);
const tree = { recursive: 0, noFollow: 0, slot: 0 } as const;
const noMount = { mount: NO_SLOT, setAttributes: 0n, clearAttributes: 0n, recursive: 0 } as const;
const hook = { args: [], env: [], home: 0, timeout: 0, state: 0, filtered: 0, out: NO_SLOT, err: NO_SLOT } as const;
const noCapability = { effective: 0n, inheritable: 0n, ambient: 0n } as const;

const failing: [steps: Step[], errno: number, syscall: string, path: string, remark: string | RegExp][] = [
  [[{ step: 'join-cgroup', path: '/no/such' }], ENOENT, 'openat', '/no/such', ''],
  [[{ step: 'oom-score-adj', value: 5000 }], EINVAL, 'write', '/proc/self/oom_score_adj', ''],
  [[{ step: 'sysctl', path: 'no/such', value: '1' }], ENOENT, 'openat2', '/proc/sys/no/such', ''],
  [[{ step: 'clone-tree', source: '/a\tb (c)', ...tree }], ENOENT, 'open_tree', '/a\tb (c)', ''],
  [[{ step: 'clone-tree', source: '/', ...tree, slot: NO_SLOT }], EBADF, 'open_tree', '', /^slot \d+$/],
  [[{ step: 'open-root', path: '/no/such', tree: NO_SLOT, attach: 0 }], ENOENT, 'openat', '/no/such', ''],
  [[root, tmpfs(`${denied}/below`)], ENOTDIR, 'openat2', `${denied}/below`, /^in the root file system, where/],
  [[root, tmpfs(directory, 0n, 'size=-5')], EINVAL, 'fsconfig', '', /^size \(.+\)$/],
  [[root, { step: 'mask-path', path: '/', label: '', context: '' }], EBUSY, 'move_mount', '/', /^is the root/],
  [
    [root, { step: 'mount-attributes', target: '/no/such', ...noMount }],
    ENOENT,
    'openat2',
    '/no/such',
    'in the root file system',
  ],
  [[{ step: 'hostname', name: 'x'.repeat(65) }], EINVAL, 'sethostname', '', 'x'.repeat(65)],
  [[{ step: 'rlimit', resource: 99, soft: 1n, hard: 1n, raise: 0 }], EINVAL, 'prlimit64', '', 'resource 99'],
  [[{ step: 'join-namespace', descriptor: 0, type: CLONE_NEWNET }], EBADF, 'setns', '', ''],
  [[{ step: 'become', uid: 0, gid: 0xffffffff }], EPERM, 'getresgid', '', 'the process has 0, not 4294967295'],
  [
    [{ step: 'capabilities', ...noCapability, permitted: 1n << 63n }],
    EPERM,
    'capset',
    '',
    'capability 63 (not permitted to this process)',
  ],
  [[{ step: 'hook', path: '/bin/true', ...hook }], EPROTO, '', '/bin/true', 'no state came for the hook'],
  [[{ step: 'cwd', path: denied, attempt: 0 }], ENOTDIR, 'chdir', denied, ''],
  [[{ step: 'setsid' }], EPROTO, '', '', 'the plan ends without a step exec'],
  [[find('no-such-program')], ENOENT, 'execve', '', ''],
  [[find('/no/such')], ENOENT, 'execve', '/no/such', ''],
  [[find(directory)], EISDIR, 'execve', directory, ''],
  [
    [find(denied)],
    EACCES,
    'execve',
    denied,
    "the user of the process has no right to execute it, or its interpreter can't be executed",
  ],
  [
    [alone, root, tmpfs(directory, BigInt(MOUNT_ATTR_NOEXEC)), find(script)],
    EACCES,
    'execve',
    script,
    'its file system is mounted noexec',
  ],
  [execute(script), ENOENT, 'execve', script, 'its interpreter /no/such/interpreter is missing'],
  [execute(words), ENOEXEC, 'execve', words, /^neither a program for this machine nor a script/],
];

for (const [steps, errno, syscall, path, remark] of failing)
  t.test(`${steps.at(-1)!.step}: ${syscall} ${path}`, { skip }, async (t) => {
    const found = failure(...steps);
    t.match(found, { errno, syscall, path });
    if (typeof remark === 'string') t.equal(found?.remark, remark);
    else t.match(found?.remark, remark);
  });
