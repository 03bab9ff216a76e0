/** The global options, and those that several commands have. Names, short forms and defaults are runc's. */
import type { ArgumentDefinition, OptionDefinition } from './command-definition.js';

export const helpOption: OptionDefinition = { name: 'help', short: 'h', kind: 'flag', description: 'show help' };

/** The options that stand before the command's name. */
export const globalOptions: readonly OptionDefinition[] = [
  {
    name: 'root',
    kind: 'text',
    value: 'DIR',
    complete: 'directory',
    description:
      'directory of the state of containers (default: /run/tsrunc, or without root $XDG_RUNTIME_DIR/tsrunc; without that variable /run/user/UID/tsrunc or /tmp/tsrunc-UID)',
  },
  {
    name: 'log',
    kind: 'text',
    value: 'FILE',
    complete: 'file',
    description: 'append log lines to FILE (default: stderr)',
  },
  {
    name: 'log-format',
    kind: 'text',
    value: 'FORMAT',
    choices: ['text', 'json'],
    default: 'text',
    description: 'form of log lines',
  },
  { name: 'debug', kind: 'flag', description: 'log what is done, besides errors and warnings' },
  {
    name: 'trace',
    kind: 'text',
    value: 'FILE',
    complete: 'file',
    description: 'write to FILE, or to a file in the directory FILE, what was done when, for ui.perfetto.dev',
  },
  {
    name: 'systemd-cgroup',
    kind: 'flag',
    description: 'let systemd manage cgroups; cgroupsPath is then "slice:prefix:name"',
  },
  {
    name: 'cgroup-manager',
    kind: 'text',
    value: 'MANAGER',
    choices: ['cgroupfs', 'systemd', 'disabled'],
    default: 'cgroupfs',
    description: 'who manages cgroups; disabled touches none',
  },
  {
    name: 'rootless',
    kind: 'text',
    value: 'WHEN',
    choices: ['auto', 'true', 'false'],
    default: 'auto',
    description: 'whether to do without the privileges of the host root',
  },
  { name: 'criu', kind: 'text', value: 'FILE', description: 'ignored', hidden: true },
  { name: 'version', short: 'v', kind: 'flag', description: 'show the version' },
  helpOption,
];

/** The form of what a command tells, in words or for programs. */
export const textFormatOption: OptionDefinition = {
  name: 'format',
  kind: 'text',
  value: 'FORMAT',
  choices: ['text', 'json'],
  default: 'text',
  description: 'form of the output',
};

export const idArgument: ArgumentDefinition = {
  name: 'ID',
  arity: 'required',
  description: 'name of the container',
  complete: 'container',
};

export const newIdArgument: ArgumentDefinition = {
  name: 'ID',
  arity: 'required',
  description: 'name of the container to make, unique on this host, of letters, digits and the characters _+.-',
};

export const bundleOption: OptionDefinition = {
  name: 'bundle',
  short: 'b',
  kind: 'text',
  value: 'DIR',
  complete: 'directory',
  description: 'directory of the bundle (default: the current directory)',
};

export const configOption: OptionDefinition = {
  name: 'config',
  short: 'f',
  kind: 'text',
  value: 'FILE',
  complete: 'file',
  description: 'read FILE instead of config.json of the bundle',
};

export const consoleSocketOption: OptionDefinition = {
  name: 'console-socket',
  kind: 'text',
  value: 'SOCKET',
  complete: 'file',
  description: 'unix socket that receives the master of the terminal',
};

export const pidfdSocketOption: OptionDefinition = {
  name: 'pidfd-socket',
  kind: 'text',
  value: 'SOCKET',
  complete: 'file',
  description: 'unix socket that receives a pidfd of the process',
};

export const pidFileOption: OptionDefinition = {
  name: 'pid-file',
  kind: 'text',
  value: 'FILE',
  complete: 'file',
  description: 'write the pid of the process to FILE',
};

export const preserveFdsOption: OptionDefinition = {
  name: 'preserve-fds',
  kind: 'count',
  value: 'N',
  default: '0',
  description: 'pass N descriptors from 3 on to the process, besides those of $LISTEN_FDS; what is not open stays so',
};

export const regexOption: OptionDefinition = {
  name: 'regex',
  short: 'r',
  kind: 'flag',
  description: 'take ID as an extended regular expression: every container whose id matches it',
};

export const detachOption: OptionDefinition = {
  name: 'detach',
  short: 'd',
  kind: 'flag',
  description: 'return once the process runs, and leave it in the background',
};

export const formatOption: OptionDefinition = {
  name: 'format',
  short: 'f',
  kind: 'text',
  value: 'FORMAT',
  choices: ['table', 'json'],
  default: 'table',
  description: 'form of the output',
};

export const noSubreaperOption: OptionDefinition = {
  name: 'no-subreaper',
  kind: 'flag',
  description: 'do not adopt and reap orphaned processes of the container',
};

/** The options that `create` and `run` have in common. */
export const createOptions: readonly OptionDefinition[] = [
  bundleOption,
  configOption,
  consoleSocketOption,
  pidfdSocketOption,
  pidFileOption,
  {
    name: 'no-pivot',
    kind: 'flag',
    description: 'change the root without pivot_root, for a host whose / is a ramdisk',
  },
  { name: 'no-new-keyring', kind: 'flag', description: "keep the caller's session keyring" },
  preserveFdsOption,
];

/** The options that `checkpoint` and `restore` have in common. */
export const criuOptions: readonly OptionDefinition[] = [
  {
    name: 'image-path',
    kind: 'text',
    value: 'DIR',
    complete: 'directory',
    default: './checkpoint',
    description: 'directory of the images',
  },
  {
    name: 'work-path',
    kind: 'text',
    value: 'DIR',
    complete: 'directory',
    description: "directory of criu's log, dump.log or restore.log (default: that of the images)",
  },
  { name: 'tcp-established', kind: 'flag', description: 'allow open TCP connections' },
  { name: 'ext-unix-sk', kind: 'flag', description: 'allow unix sockets with an end outside' },
  { name: 'shell-job', kind: 'flag', description: 'allow processes that belong to a session or terminal outside' },
  { name: 'file-locks', kind: 'flag', description: 'keep file locks; nobody outside may hold them' },
  { name: 'lazy-pages', kind: 'flag', description: 'move memory only when it is asked for' },
  {
    name: 'manage-cgroups-mode',
    kind: 'text',
    value: 'MODE',
    choices: ['soft', 'full', 'strict', 'ignore'],
    description: "how cgroups below the container's are restored (default: criu's, which is soft)",
  },
  {
    name: 'empty-ns',
    kind: 'list',
    value: 'TYPE',
    choices: ['network'],
    description: 'restore a namespace of this type without what is in it; network always is',
  },
  { name: 'auto-dedup', kind: 'flag', description: 'drop pages from the images that are not needed there any more' },
];

/** A copy of an option that is accepted, but left out of help and completion. */
export function hidden(option: OptionDefinition): OptionDefinition {
  return { ...option, hidden: true };
}
