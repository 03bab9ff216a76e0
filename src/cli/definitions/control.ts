/** The commands that change a container or its limits, and keep it in images or make it from them. */
import type { CommandDefinition } from '../command-definition.js';
import {
  bundleOption,
  configOption,
  consoleSocketOption,
  criuOptions,
  detachOption,
  hidden,
  idArgument,
  newIdArgument,
  noSubreaperOption,
  pidFileOption,
  preserveFdsOption,
} from '../shared-options.js';

/** In the order in which help lists them. */
export const controlCommands: readonly CommandDefinition[] = [
  {
    name: 'pause',
    summary: 'stop every process of a container',
    description: ['Stops every process of a container where it is, until `resume`.'],
    arguments: [idArgument],
    options: [],
  },
  {
    name: 'resume',
    summary: 'let a paused container run again',
    description: ['Lets the processes of a paused container run again.'],
    arguments: [idArgument],
    options: [],
  },
  {
    name: 'checkpoint',
    summary: 'write a running container to disk',
    description: [
      'Has criu(8) write the processes of a container that is running or paused to a directory, from which `restore` makes it again. Then the container ends and is deleted, unless it is left running. It needs root.',
    ],
    arguments: [idArgument],
    options: [
      ...criuOptions,
      {
        name: 'parent-path',
        kind: 'text',
        value: 'DIR',
        description: 'images of an earlier pre-dump, relative to --image-path: only what has changed since is written',
      },
      { name: 'leave-running', kind: 'flag', description: 'let the container go on afterwards' },
      { name: 'tcp-skip-in-flight', kind: 'flag', description: 'leave out TCP connections that are not accepted yet' },
      {
        name: 'link-remap',
        kind: 'flag',
        description: 'keep open files that were deleted, by temporary links to them',
      },
      {
        name: 'status-fd',
        kind: 'text',
        value: 'N',
        description: 'write a NUL byte to descriptor N once lazy pages can be had',
      },
      {
        name: 'page-server',
        kind: 'text',
        value: 'ADDRESS:PORT',
        description: 'send the memory to the page server there',
      },
      {
        name: 'pre-dump',
        kind: 'flag',
        description: 'write memory alone and let the container go on, to make a later checkpoint short',
      },
      {
        name: 'network-lock',
        kind: 'text',
        value: 'METHOD',
        choices: ['iptables', 'nftables', 'skip'],
        description: 'how TCP connections are held meanwhile',
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
    summary: 'make a container again from a checkpoint',
    description: [
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
      { name: 'no-pivot', kind: 'flag', description: 'as for create; criu changes the root in its own way' },
      { name: 'tcp-close', kind: 'flag', description: 'restore TCP connections as closed ones' },
      {
        name: 'lsm-profile',
        kind: 'text',
        value: 'TYPE:LABEL',
        description: 'run under this label, e.g. apparmor:NAME, and not the one of before',
      },
      {
        name: 'lsm-mount-context',
        kind: 'text',
        value: 'CONTEXT',
        description: 'mount with this SELinux context and not the one of before',
      },
      // podman and conmon give these options as they do with create. They change nothing: a restored process has its own keyring
      // and descriptors.
      hidden({ name: 'no-new-keyring', kind: 'flag', description: 'ignored' }),
      hidden(preserveFdsOption),
      hidden({ name: 'link-remap', kind: 'flag', description: 'ignored' }),
    ],
    examples: [['tsrunc restore -d --bundle /srv/web --image-path /srv/web/images web', 'restore in the background']],
  },
  {
    name: 'events',
    summary: 'print statistics and out-of-memory events of a container',
    answers: true,
    description: [
      'Prints a JSON object a line: the statistics of the cgroups of a container at every interval, and an event of type oom when the kernel has killed a process in it for want of memory. Ends when the container ends.',
      'On a terminal a table is printed, a row at every interval.',
    ],
    arguments: [idArgument],
    options: [
      { name: 'interval', kind: 'text', value: 'DURATION', default: '5s', description: 'time between statistics' },
      { name: 'stats', kind: 'flag', description: 'print the statistics once and end' },
      {
        name: 'format',
        kind: 'text',
        value: 'FORMAT',
        choices: ['json', 'table'],
        description: 'form of the output (default: table on a terminal, otherwise json)',
      },
    ],
    examples: [['tsrunc events --interval 1m30s web', 'print the statistics every 90 seconds']],
  },
  {
    name: 'update',
    summary: 'change the limits of a container',
    description: [
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
        description:
          'take what changes from FILE, or from stdin for -, as linux.resources of config.json; the other options for limits are then ignored',
      },
      { name: 'blkio-weight', kind: 'text', value: 'WEIGHT', description: 'weight of I/O, 10 to 1000' },
      { name: 'cpu-period', kind: 'text', value: 'MICROSECONDS', description: 'period of the CPU quota' },
      { name: 'cpu-quota', kind: 'text', value: 'MICROSECONDS', description: 'CPU time in a period; -1 for no limit' },
      { name: 'cpu-burst', kind: 'text', value: 'MICROSECONDS', description: 'unused CPU time that may be used later' },
      { name: 'cpu-share', kind: 'text', value: 'SHARES', description: 'weight of CPU time, 2 to 262144' },
      {
        name: 'cpu-rt-period',
        kind: 'text',
        value: 'MICROSECONDS',
        description: 'period of real-time CPU time (cgroup v1)',
      },
      {
        name: 'cpu-rt-runtime',
        kind: 'text',
        value: 'MICROSECONDS',
        description: 'real-time CPU time in a period (cgroup v1)',
      },
      { name: 'cpuset-cpus', kind: 'text', value: 'LIST', description: 'CPUs to run on, e.g. 0-3,8' },
      { name: 'cpuset-mems', kind: 'text', value: 'LIST', description: 'memory nodes to use' },
      { name: 'cpu-idle', kind: 'text', value: '0|1', description: '1: run only when the CPU is idle' },
      hidden({ name: 'kernel-memory', kind: 'text', value: 'SIZE', description: 'ignored' }),
      hidden({ name: 'kernel-memory-tcp', kind: 'text', value: 'SIZE', description: 'ignored' }),
      { name: 'memory', kind: 'text', value: 'SIZE', description: 'limit of memory' },
      { name: 'memory-reservation', kind: 'text', value: 'SIZE', description: 'memory that is taken away last' },
      { name: 'memory-swap', kind: 'text', value: 'SIZE', description: 'limit of memory and swap together' },
      { name: 'pids-limit', kind: 'text', value: 'N', description: 'number of processes and threads; -1 for no limit' },
      { name: 'l3-cache-schema', kind: 'text', value: 'SCHEMA', description: 'share of the L3 cache, e.g. L3:0=f' },
      { name: 'mem-bw-schema', kind: 'text', value: 'SCHEMA', description: 'share of memory bandwidth, e.g. MB:0=50' },
    ],
    examples: [
      ['tsrunc update --memory 512M --memory-swap 1G web', 'raise the limits of memory'],
      ['tsrunc update --resources limits.json web', 'take the limits from a file'],
    ],
  },
  {
    name: 'mounts',
    summary: 'add mounts to a running container, or remove them',
    description: [
      "Mounts what FILE lists into a container that is there already, or takes those mounts away. FILE is JSON: an array as `mounts` of config.json, or an object that has it. Bind mounts and tmpfs can be added; nothing of them propagates to the host. When one can't be added, none is.",
    ],
    arguments: [
      { name: 'ACTION', arity: 'required', description: 'add or remove', choices: ['add', 'remove'] },
      idArgument,
      { name: 'FILE', arity: 'required', description: 'the mounts', complete: 'file' },
    ],
    options: [],
    examples: [['tsrunc mounts add web mounts.json', 'mount a directory of the host into a running container']],
  },
];
