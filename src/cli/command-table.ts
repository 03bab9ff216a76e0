import type { CommandDefinition } from './command-definition.js';
import {
  bundleOption,
  configOption,
  consoleSocketOption,
  createOptions,
  criuOptions,
  detachOption,
  formatOption,
  hidden,
  idArgument,
  newIdArgument,
  noSubreaperOption,
  pidFileOption,
  pidfdSocketOption,
  preserveFdsOption,
  regexOption,
} from './shared-options.js';

/** Every command: the table that parsing, help, shell completion and the manual page come from. */
export const commandTable: readonly CommandDefinition[] = [
  {
    name: 'create',
    does: 'make a container',
    about: [
      'Makes the container that config.json of the bundle describes. Its process waits for `start`.',
      'When it fails, nothing stays behind.',
    ],
    arguments: [newIdArgument],
    // go-runc passes --detach to create when its caller asks for it; crun takes --no-subreaper.
    options: [...createOptions, hidden(noSubreaperOption), hidden(detachOption)],
    examples: [['tsrunc create --bundle /srv/web --pid-file /run/web.pid web', 'make a container named web']],
  },
  {
    name: 'start',
    does: 'start the process of a created container',
    about: ['Lets the process of a container made by `create` run.'],
    arguments: [idArgument],
    options: [],
  },
  {
    name: 'run',
    does: 'make a container, start it and wait for its end',
    about: [
      'Does what `create` and `start` do, then stays in the foreground: signals are passed on, a terminal is connected, ' +
        'and the exit status is that of the process (128 and the number of the signal that killed it). ' +
        'Then the container is deleted.',
    ],
    arguments: [newIdArgument],
    options: [
      ...createOptions,
      detachOption,
      { name: 'keep', kind: 'flag', does: 'do not delete the container when it has ended' },
      noSubreaperOption,
    ],
    examples: [['tsrunc run -b /srv/web web', 'run the container in the foreground']],
  },
  {
    name: 'exec',
    does: 'run another process in a container',
    about: [
      'Runs a process in a container that is created or running. Options end at ID: what follows the command belongs to it.',
      'The exit status is that of the process, or 255 when it could not be run.',
    ],
    arguments: [
      idArgument,
      { name: 'COMMAND', arity: 'rest', does: 'the program and its arguments; not with --process' },
    ],
    haltAtArgument: true,
    options: [
      consoleSocketOption,
      pidfdSocketOption,
      { name: 'cwd', kind: 'text', value: 'DIR', does: 'working directory in the container' },
      { name: 'env', short: 'e', kind: 'list', value: 'NAME=VALUE', does: 'set an environment variable' },
      { name: 'tty', short: 't', kind: 'flag', does: 'give the process a terminal' },
      { name: 'user', short: 'u', kind: 'text', value: 'UID[:GID]', does: 'run as this user' },
      { name: 'additional-gids', short: 'g', kind: 'list', value: 'GID', does: 'add a group' },
      {
        name: 'process',
        short: 'p',
        kind: 'text',
        value: 'FILE',
        complete: 'file',
        does: 'take the process, as in config.json, from FILE; what confines and is left out there is as in the container',
      },
      detachOption,
      pidFileOption,
      { name: 'process-label', kind: 'text', value: 'LABEL', does: 'SELinux label of the process' },
      { name: 'apparmor', kind: 'text', value: 'PROFILE', does: 'AppArmor profile of the process' },
      { name: 'no-new-privs', kind: 'flag', does: 'set no_new_privs' },
      { name: 'cap', short: 'c', kind: 'list', value: 'CAPABILITY', does: 'add a capability' },
      preserveFdsOption,
      {
        name: 'cgroup',
        kind: 'list',
        value: '[CONTROLLER[,...]:]PATH',
        does: "run in an existing cgroup below the container's",
      },
      { name: 'ignore-paused', kind: 'flag', does: 'allow a paused container; the process waits until it is resumed' },
      hidden(noSubreaperOption),
    ],
    examples: [
      ['tsrunc exec web ps -ef', 'list the processes as the container sees them'],
      ['tsrunc exec -t -u 1000:1000 web sh', 'a shell with a terminal, as user 1000'],
    ],
  },
  {
    name: 'kill',
    does: 'send a signal to a container',
    about: ['Sends a signal to the first process of a container.'],
    arguments: [
      idArgument,
      {
        name: 'SIGNAL',
        arity: 'optional',
        does: 'number or name, with or without SIG (default: TERM)',
        complete: 'signal',
      },
    ],
    options: [
      { name: 'all', short: 'a', kind: 'flag', does: 'send it to every process of the container', hidden: true },
      regexOption,
    ],
    haltAtArgument: true,
    examples: [['tsrunc kill web KILL', 'end the container at once']],
  },
  {
    name: 'delete',
    does: 'delete a container',
    about: ['Deletes what a container holds: its state, cgroups and mounts. The container has to be stopped.'],
    arguments: [idArgument],
    options: [
      { name: 'force', short: 'f', kind: 'flag', does: 'kill the container first; one that does not exist is fine' },
      regexOption,
    ],
  },
  {
    name: 'state',
    does: 'print the state of a container',
    answers: true,
    about: ['Prints the state of a container as JSON, as the runtime specification defines it.'],
    arguments: [idArgument],
    options: [],
  },
  {
    name: 'list',
    does: 'list the containers',
    about: ['Lists the containers below --root.'],
    arguments: [],
    options: [formatOption, { name: 'quiet', short: 'q', kind: 'flag', does: 'print nothing but the names' }],
  },
  {
    name: 'ps',
    does: 'list the processes of a container',
    answers: true,
    about: [
      "Lists the processes of a container with pids as the host sees them. A table comes from the host's ps(1), run with the given arguments (default: -ef).",
    ],
    arguments: [idArgument, { name: 'PS-ARGUMENT', arity: 'rest', does: 'arguments of ps(1)' }],
    haltAtArgument: true,
    options: [formatOption],
    examples: [['tsrunc ps web -o pid,rss,args', 'choose the columns']],
  },
  {
    name: 'pause',
    does: 'stop every process of a container',
    about: ['Stops every process of a container where it is, until `resume`.'],
    arguments: [idArgument],
    options: [],
  },
  {
    name: 'resume',
    does: 'let a paused container run again',
    about: ['Lets the processes of a paused container run again.'],
    arguments: [idArgument],
    options: [],
  },
  {
    name: 'checkpoint',
    does: 'write a running container to disk',
    about: [
      'Has criu(8) write the processes of a container that is running or paused to a folder, from which `restore` makes it again. Then the container ends and is deleted, unless it is left running. It needs root.',
    ],
    arguments: [idArgument],
    options: [
      ...criuOptions,
      {
        name: 'parent-path',
        kind: 'text',
        value: 'DIR',
        does: 'images of an earlier pre-dump, relative to --image-path: only what has changed since is written',
      },
      { name: 'leave-running', kind: 'flag', does: 'let the container go on afterwards' },
      { name: 'tcp-skip-in-flight', kind: 'flag', does: 'leave out TCP connections that are not accepted yet' },
      { name: 'link-remap', kind: 'flag', does: 'keep open files that were deleted, by temporary links to them' },
      {
        name: 'status-fd',
        kind: 'text',
        value: 'N',
        does: 'write a NUL byte to descriptor N once lazy pages can be had',
      },
      { name: 'page-server', kind: 'text', value: 'ADDRESS:PORT', does: 'send the memory to the page server there' },
      {
        name: 'pre-dump',
        kind: 'flag',
        does: 'write memory alone and let the container go on, to make a later checkpoint short',
      },
      {
        name: 'network-lock',
        kind: 'text',
        value: 'METHOD',
        choices: ['iptables', 'nftables', 'skip'],
        does: 'how TCP connections are held meanwhile',
      },
    ],
    examples: [
      ['tsrunc checkpoint --image-path /srv/web/images web', 'write the container to disk and end it'],
      ['tsrunc checkpoint --image-path pre --pre-dump web', 'write its memory while it runs'],
      ['tsrunc checkpoint --image-path last --parent-path ../pre web', 'then only what has changed since'],
    ],
  },
  {
    name: 'restore',
    does: 'make a container again from a checkpoint',
    about: [
      'Has criu(8) make the processes again that `checkpoint` wrote, in a container that config.json of the bundle describes. Their memory, files and pids are as they were. Then it stays in the foreground as `run` does. It needs root.',
    ],
    arguments: [newIdArgument],
    options: [
      ...criuOptions,
      bundleOption,
      configOption,
      consoleSocketOption,
      pidFileOption,
      detachOption,
      noSubreaperOption,
      { name: 'no-pivot', kind: 'flag', does: 'as for create; criu changes the root in its own way' },
      { name: 'tcp-close', kind: 'flag', does: 'restore TCP connections as closed ones' },
      {
        name: 'lsm-profile',
        kind: 'text',
        value: 'TYPE:LABEL',
        does: 'run under this label, e.g. apparmor:NAME, and not the one of before',
      },
      {
        name: 'lsm-mount-context',
        kind: 'text',
        value: 'CONTEXT',
        does: 'mount with this SELinux context and not the one of before',
      },
      // podman and conmon pass them as to create; a restored process brings its own.
      hidden({ name: 'no-new-keyring', kind: 'flag', does: 'ignored' }),
      hidden(preserveFdsOption),
      hidden({ name: 'link-remap', kind: 'flag', does: 'ignored' }),
    ],
    examples: [['tsrunc restore -d --bundle /srv/web --image-path /srv/web/images web', 'restore in the background']],
  },
  {
    name: 'events',
    does: 'print statistics and out-of-memory events of a container',
    answers: true,
    about: [
      'Prints a JSON object a line: the statistics of the cgroups of a container at every interval, and an event of type oom when the kernel has killed a process in it for want of memory. Ends when the container ends.',
    ],
    arguments: [idArgument],
    options: [
      { name: 'interval', kind: 'text', value: 'DURATION', fallback: '5s', does: 'time between statistics' },
      { name: 'stats', kind: 'flag', does: 'print the statistics once and end' },
    ],
    examples: [['tsrunc events --interval 1m30s web', 'print the statistics every 90 seconds']],
  },
  {
    name: 'update',
    does: 'change the limits of a container',
    about: [
      'Changes limits of a container that is created, running or paused. What is not given stays; when a limit is refused, none is changed. Device rules are left as they are; taking devices away is refused.',
      'Sizes are bytes, or have a unit: 512M, 1.5g. -1 is no limit.',
    ],
    arguments: [idArgument],
    options: [
      {
        name: 'resources',
        short: 'r',
        kind: 'text',
        value: 'FILE',
        complete: 'file',
        does: 'take what changes from FILE, or from stdin for -, as linux.resources of config.json; the other options for limits are then ignored',
      },
      { name: 'blkio-weight', kind: 'text', value: 'WEIGHT', does: 'weight of I/O, 10 to 1000' },
      { name: 'cpu-period', kind: 'text', value: 'MICROSECONDS', does: 'period of the CPU quota' },
      { name: 'cpu-quota', kind: 'text', value: 'MICROSECONDS', does: 'CPU time in a period; -1 for no limit' },
      { name: 'cpu-burst', kind: 'text', value: 'MICROSECONDS', does: 'unused CPU time that may be used later' },
      { name: 'cpu-share', kind: 'text', value: 'SHARES', does: 'weight of CPU time, 2 to 262144' },
      { name: 'cpu-rt-period', kind: 'text', value: 'MICROSECONDS', does: 'period of real-time CPU time (cgroup v1)' },
      {
        name: 'cpu-rt-runtime',
        kind: 'text',
        value: 'MICROSECONDS',
        does: 'real-time CPU time in a period (cgroup v1)',
      },
      { name: 'cpuset-cpus', kind: 'text', value: 'LIST', does: 'CPUs to run on, e.g. 0-3,8' },
      { name: 'cpuset-mems', kind: 'text', value: 'LIST', does: 'memory nodes to use' },
      { name: 'cpu-idle', kind: 'text', value: '0|1', does: '1: run only when the CPU is idle' },
      hidden({ name: 'kernel-memory', kind: 'text', value: 'SIZE', does: 'ignored' }),
      hidden({ name: 'kernel-memory-tcp', kind: 'text', value: 'SIZE', does: 'ignored' }),
      { name: 'memory', kind: 'text', value: 'SIZE', does: 'limit of memory' },
      { name: 'memory-reservation', kind: 'text', value: 'SIZE', does: 'memory that is taken away last' },
      { name: 'memory-swap', kind: 'text', value: 'SIZE', does: 'limit of memory and swap together' },
      { name: 'pids-limit', kind: 'text', value: 'N', does: 'number of processes and threads; -1 for no limit' },
      { name: 'l3-cache-schema', kind: 'text', value: 'SCHEMA', does: 'share of the L3 cache, e.g. L3:0=f' },
      { name: 'mem-bw-schema', kind: 'text', value: 'SCHEMA', does: 'share of memory bandwidth, e.g. MB:0=50' },
    ],
    examples: [
      ['tsrunc update --memory 512M --memory-swap 1G web', 'raise the limits of memory'],
      ['tsrunc update --resources limits.json web', 'take the limits from a file'],
    ],
  },
  {
    name: 'mounts',
    does: 'add mounts to a running container, or remove them',
    about: [
      "Mounts what FILE lists into a container that is there already, or takes those mounts away. FILE is JSON: an array as `mounts` of config.json, or an object that has it. Bind mounts and tmpfs can be added; nothing of them propagates to the host. When one can't be added, none is.",
    ],
    arguments: [
      { name: 'ACTION', arity: 'required', does: 'add or remove', choices: ['add', 'remove'] },
      idArgument,
      { name: 'FILE', arity: 'required', does: 'the mounts', complete: 'file' },
    ],
    options: [],
    examples: [['tsrunc mounts add web mounts.json', 'mount a folder of the host into a running container']],
  },
  {
    name: 'spec',
    does: 'write an example config.json',
    answers: true,
    about: [
      'Writes a config.json to start from. It runs sh with a terminal in the root file system rootfs. An existing file is left alone.',
    ],
    arguments: [],
    options: [
      bundleOption,
      { name: 'rootless', kind: 'flag', does: 'for a container that is made without the privileges of root' },
    ],
  },
  {
    name: 'explain',
    does: 'print what would be done to make a container',
    answers: true,
    about: [
      'Prints, in order, every step that would make the container, each with the field of config.json that asks for it. It needs no root and changes nothing.',
    ],
    arguments: [{ name: 'ID', arity: 'optional', does: 'name the container would have (default: example)' }],
    options: [
      bundleOption,
      configOption,
      {
        name: 'format',
        kind: 'text',
        value: 'FORMAT',
        choices: ['text', 'json'],
        fallback: 'text',
        does: 'form of the output',
      },
      { name: 'no-pivot', kind: 'flag', does: 'as for create' },
      { name: 'no-new-keyring', kind: 'flag', does: 'as for create' },
      preserveFdsOption,
    ],
    examples: [['tsrunc explain --bundle /srv/web', 'print the plan of a bundle']],
  },
  {
    name: 'features',
    does: 'print what this tsrunc supports',
    answers: true,
    about: ['Prints the supported features as JSON, as the runtime specification defines it.'],
    arguments: [],
    options: [],
  },
  {
    name: 'completion',
    does: 'print a completion script for a shell',
    answers: true,
    about: [
      'Prints a script that completes commands, options and names of containers. For bash: tsrunc completion bash > /etc/bash_completion.d/tsrunc',
    ],
    arguments: [{ name: 'SHELL', arity: 'required', does: 'bash, zsh or fish', choices: ['bash', 'zsh', 'fish'] }],
    options: [],
  },
  {
    name: 'help',
    does: 'show help, of tsrunc or of one command',
    answers: true,
    about: [],
    arguments: [{ name: 'COMMAND', arity: 'optional', does: 'a command', complete: 'command' }],
    options: [],
  },
];

/** The command of that name, or undefined. */
export function findCommand(name: string): CommandDefinition | undefined {
  return byName.get(name);
}

// Going through the table would touch all of it: pages that the standalone executable would have to copy for every command.
const byName: ReadonlyMap<string, CommandDefinition> = new Map(commandTable.map((command) => [command.name, command]));
