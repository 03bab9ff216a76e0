/** The commands that make a container, run processes in it, end it and tell what there is. */
import type { CommandDefinition } from '../command-definition.js';
import {
  consoleSocketOption,
  createOptions,
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
} from '../shared-options.js';

/** In the order in which help lists them. */
export const lifecycleCommands: readonly CommandDefinition[] = [
  {
    name: 'create',
    summary: 'make a container',
    description: [
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
    summary: 'start the process of a created container',
    description: ['Lets the process of a container made by `create` run.'],
    arguments: [idArgument],
    options: [],
  },
  {
    name: 'run',
    summary: 'make a container, start it and wait for its end',
    description: [
      'Does what `create` and `start` do, then stays in the foreground: signals are passed on, a terminal is connected, ' +
        'and the exit status is that of the process (128 and the number of the signal that killed it). ' +
        'Then the container is deleted.',
    ],
    arguments: [newIdArgument],
    options: [
      ...createOptions,
      detachOption,
      { name: 'keep', kind: 'flag', description: 'do not delete the container when it has ended' },
      noSubreaperOption,
    ],
    examples: [['tsrunc run -b /srv/web web', 'run the container in the foreground']],
  },
  {
    name: 'exec',
    summary: 'run another process in a container',
    description: [
      'Runs a process in a container that is created or running. Options end at ID: what follows the command belongs to it.',
      'The exit status is that of the process, or 255 when it could not be run.',
    ],
    arguments: [
      idArgument,
      { name: 'COMMAND', arity: 'rest', description: 'the program and its arguments; not with --process' },
    ],
    haltAtArgument: true,
    options: [
      consoleSocketOption,
      pidfdSocketOption,
      { name: 'cwd', kind: 'text', value: 'DIR', description: 'working directory in the container' },
      { name: 'env', short: 'e', kind: 'list', value: 'NAME=VALUE', description: 'set an environment variable' },
      { name: 'tty', short: 't', kind: 'flag', description: 'give the process a terminal' },
      { name: 'user', short: 'u', kind: 'text', value: 'UID[:GID]', description: 'run as this user' },
      { name: 'additional-gids', short: 'g', kind: 'list', value: 'GID', description: 'add a group' },
      {
        name: 'process',
        short: 'p',
        kind: 'text',
        value: 'FILE',
        complete: 'file',
        description:
          'take the process, as in config.json, from FILE; what confines and is left out there is as in the container',
      },
      detachOption,
      pidFileOption,
      { name: 'process-label', kind: 'text', value: 'LABEL', description: 'SELinux label of the process' },
      { name: 'apparmor', kind: 'text', value: 'PROFILE', description: 'AppArmor profile of the process' },
      { name: 'no-new-privs', kind: 'flag', description: 'set no_new_privs' },
      { name: 'cap', short: 'c', kind: 'list', value: 'CAPABILITY', description: 'add a capability' },
      preserveFdsOption,
      {
        name: 'cgroup',
        kind: 'list',
        value: '[CONTROLLER[,...]:]PATH',
        description: "run in an existing cgroup below the container's",
      },
      {
        name: 'ignore-paused',
        kind: 'flag',
        description: 'allow a paused container; the process waits until it is resumed',
      },
      hidden(noSubreaperOption),
    ],
    examples: [
      ['tsrunc exec web ps -ef', 'list the processes as the container sees them'],
      ['tsrunc exec -t -u 1000:1000 web sh', 'a shell with a terminal, as user 1000'],
    ],
  },
  {
    name: 'kill',
    summary: 'send a signal to a container',
    description: ['Sends a signal to the first process of a container.'],
    arguments: [
      idArgument,
      {
        name: 'SIGNAL',
        arity: 'optional',
        description: 'number or name, with or without SIG (default: TERM)',
        complete: 'signal',
      },
    ],
    options: [
      { name: 'all', short: 'a', kind: 'flag', description: 'send it to every process of the container', hidden: true },
      regexOption,
    ],
    haltAtArgument: true,
    examples: [['tsrunc kill web KILL', 'end the container at once']],
  },
  {
    name: 'delete',
    summary: 'delete a container',
    description: ['Deletes what a container holds: its state, cgroups and mounts. The container has to be stopped.'],
    arguments: [idArgument],
    options: [
      {
        name: 'force',
        short: 'f',
        kind: 'flag',
        description: 'kill the container first; one that does not exist is fine',
      },
      regexOption,
    ],
  },
  {
    name: 'state',
    summary: 'print the state of a container',
    answers: true,
    description: ['Prints the state of a container as JSON, as the runtime specification defines it.'],
    arguments: [idArgument],
    options: [],
  },
  {
    name: 'list',
    summary: 'list the containers',
    description: [
      'Lists the containers below --root.',
      'Columns are id, pid, status, bundle, rootfs, created, age, owner, ociVersion and annotations. A template has them as fields, `{{.ID}}`, and makes a line for each container; `{{json .}}` is all of them.',
    ],
    arguments: [],
    options: [
      {
        name: 'format',
        short: 'f',
        kind: 'text',
        value: 'FORMAT',
        offers: ['table', 'json', 'id,pid,status,age'],
        default: 'table',
        description: 'form of the output: table, json, names of columns with commas between them, or a template',
      },
      { name: 'quiet', short: 'q', kind: 'flag', description: 'print nothing but the names' },
    ],
    examples: [
      ['tsrunc list --format id,status,age', 'choose the columns'],
      [`tsrunc list --format '{{.ID}} {{.Pid}}'`, 'print names and pids, a container a line'],
    ],
  },
  {
    name: 'ps',
    summary: 'list the processes of a container',
    answers: true,
    description: [
      "Lists the processes of a container with pids as the host sees them. A table comes from the host's ps(1), run with the given arguments (default: -ef).",
    ],
    arguments: [idArgument, { name: 'PS-ARGUMENT', arity: 'rest', description: 'arguments of ps(1)' }],
    haltAtArgument: true,
    options: [formatOption],
    examples: [['tsrunc ps web -o pid,rss,args', 'choose the columns']],
  },
];
