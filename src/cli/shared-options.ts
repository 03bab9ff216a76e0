import type { ArgumentDefinition, OptionDefinition } from './command-definition.js';

/** Options that more than one command takes, and the global ones: names, short forms and defaults are runc's. */

export const helpOption: OptionDefinition = { name: 'help', short: 'h', kind: 'flag', does: 'show help' };

export const globalOptions: readonly OptionDefinition[] = [
  {
    name: 'root',
    kind: 'text',
    value: 'DIR',
    complete: 'directory',
    does: 'folder of the state of containers (default: /run/tsrunc, or $XDG_RUNTIME_DIR/tsrunc without root)',
  },
  { name: 'log', kind: 'text', value: 'FILE', complete: 'file', does: 'append log lines to FILE (default: stderr)' },
  {
    name: 'log-format',
    kind: 'text',
    value: 'FORMAT',
    choices: ['text', 'json'],
    fallback: 'text',
    does: 'form of log lines',
  },
  { name: 'debug', kind: 'flag', does: 'log what is done, besides errors and warnings' },
  {
    name: 'systemd-cgroup',
    kind: 'flag',
    does: 'let systemd manage cgroups; cgroupsPath is then "slice:prefix:name"',
  },
  {
    name: 'cgroup-manager',
    kind: 'text',
    value: 'MANAGER',
    choices: ['cgroupfs', 'systemd', 'disabled'],
    fallback: 'cgroupfs',
    does: 'who manages cgroups; disabled touches none',
  },
  {
    name: 'rootless',
    kind: 'text',
    value: 'WHEN',
    choices: ['auto', 'true', 'false'],
    fallback: 'auto',
    does: 'whether to do without the privileges of the host root',
  },
  { name: 'criu', kind: 'text', value: 'FILE', does: 'ignored', hidden: true },
  { name: 'version', short: 'v', kind: 'flag', does: 'show the version' },
  helpOption,
];

export const idArgument: ArgumentDefinition = {
  name: 'ID',
  arity: 'required',
  does: 'name of the container',
  complete: 'container',
};

export const newIdArgument: ArgumentDefinition = {
  name: 'ID',
  arity: 'required',
  does: 'name of the container to make, unique on this host, of letters, digits and the characters _+.-',
};

export const bundleOption: OptionDefinition = {
  name: 'bundle',
  short: 'b',
  kind: 'text',
  value: 'DIR',
  complete: 'directory',
  does: 'folder of the bundle (default: the current folder)',
};

export const configOption: OptionDefinition = {
  name: 'config',
  short: 'f',
  kind: 'text',
  value: 'FILE',
  complete: 'file',
  does: 'read FILE instead of config.json of the bundle',
};

export const consoleSocketOption: OptionDefinition = {
  name: 'console-socket',
  kind: 'text',
  value: 'SOCKET',
  complete: 'file',
  does: 'unix socket that receives the master of the terminal',
};

export const pidfdSocketOption: OptionDefinition = {
  name: 'pidfd-socket',
  kind: 'text',
  value: 'SOCKET',
  complete: 'file',
  does: 'unix socket that receives a pidfd of the process',
};

export const pidFileOption: OptionDefinition = {
  name: 'pid-file',
  kind: 'text',
  value: 'FILE',
  complete: 'file',
  does: 'write the pid of the process to FILE',
};

export const preserveFdsOption: OptionDefinition = {
  name: 'preserve-fds',
  kind: 'count',
  value: 'N',
  fallback: '0',
  does: 'pass N descriptors from 3 on to the process, besides those of $LISTEN_FDS; what is not open stays so',
};

export const regexOption: OptionDefinition = {
  name: 'regex',
  short: 'r',
  kind: 'flag',
  does: 'take ID as an extended regular expression: every container whose id matches it',
};

export const detachOption: OptionDefinition = {
  name: 'detach',
  short: 'd',
  kind: 'flag',
  does: 'return once the process runs, and leave it in the background',
};

export const formatOption: OptionDefinition = {
  name: 'format',
  short: 'f',
  kind: 'text',
  value: 'FORMAT',
  choices: ['table', 'json'],
  fallback: 'table',
  does: 'form of the output',
};

export const noSubreaperOption: OptionDefinition = {
  name: 'no-subreaper',
  kind: 'flag',
  does: 'do not adopt and reap orphaned processes of the container',
};

/** What `create` and `run` have in common. */
export const createOptions: readonly OptionDefinition[] = [
  bundleOption,
  configOption,
  consoleSocketOption,
  pidfdSocketOption,
  pidFileOption,
  {
    name: 'no-pivot',
    kind: 'flag',
    does: 'change the root without pivot_root, for a host whose / is a ramdisk',
  },
  { name: 'no-new-keyring', kind: 'flag', does: "keep the caller's session keyring" },
  preserveFdsOption,
];

/** What `checkpoint` and `restore` have in common. */
export const criuOptions: readonly OptionDefinition[] = [
  {
    name: 'image-path',
    kind: 'text',
    value: 'DIR',
    complete: 'directory',
    fallback: './checkpoint',
    does: 'folder of the images',
  },
  {
    name: 'work-path',
    kind: 'text',
    value: 'DIR',
    complete: 'directory',
    does: "folder of criu's log, dump.log or restore.log (default: that of the images)",
  },
  { name: 'tcp-established', kind: 'flag', does: 'allow open TCP connections' },
  { name: 'ext-unix-sk', kind: 'flag', does: 'allow unix sockets with an end outside' },
  { name: 'shell-job', kind: 'flag', does: 'allow processes that belong to a session or terminal outside' },
  { name: 'file-locks', kind: 'flag', does: 'keep file locks; nobody outside may hold them' },
  { name: 'lazy-pages', kind: 'flag', does: 'move memory only when it is asked for' },
  {
    name: 'manage-cgroups-mode',
    kind: 'text',
    value: 'MODE',
    choices: ['soft', 'full', 'strict', 'ignore'],
    does: "how cgroups below the container's are restored (default: criu's, which is soft)",
  },
  {
    name: 'empty-ns',
    kind: 'list',
    value: 'TYPE',
    choices: ['network'],
    does: 'restore a namespace of this type without what is in it; network always is',
  },
  { name: 'auto-dedup', kind: 'flag', does: 'drop pages from the images that are not needed there any more' },
];

/** The same option, accepted but left out of help. */
export function hidden(option: OptionDefinition): OptionDefinition {
  return { ...option, hidden: true };
}
