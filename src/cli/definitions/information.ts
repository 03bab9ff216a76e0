/** The commands about tsrunc itself, and about bundles. */
import type { CommandDefinition } from '../command-definition.js';
import { bundleOption, configOption, preserveFdsOption, textFormatOption } from '../shared-options.js';

/** In the order in which help lists them. */
export const informationCommands: readonly CommandDefinition[] = [
  {
    name: 'spec',
    summary: 'write an example config.json',
    answers: true,
    description: [
      'Writes a config.json to start from. It runs the given program, or sh, with a terminal in the root file system rootfs. An existing file is left alone.',
      'Without root it is one that needs no root: with a user namespace that has the ids of /etc/subuid and /etc/subgid, where newuidmap(1) is installed.',
    ],
    arguments: [{ name: 'ARG', arity: 'rest', description: 'the program and its arguments, behind -- (default: sh)' }],
    haltAtArgument: true,
    options: [
      bundleOption,
      { name: 'no-terminal', kind: 'flag', description: 'without a terminal, as for a container in the background' },
      {
        name: 'rootless',
        kind: 'flag',
        description: "for a container that is made without root: only the caller's own ids are mapped",
      },
    ],
    examples: [['tsrunc spec --no-terminal -- sleep 1000', 'for a container in the background']],
  },
  {
    name: 'validate',
    summary: 'find mistakes in a configuration',
    answers: true,
    description: [
      'Prints everything in a file that `create` would refuse, and warns of what is allowed and surely not meant, each with its place and with what would be right. It needs no root and no root file system, and does not look at the host.',
      'FILE is config.json in the current directory when it is left out, config.json in FILE when that is a directory, and the standard input when it is -.',
      'The exit status is 0 without errors, 1 with errors, and 2 when there are only warnings and --strict is given.',
    ],
    arguments: [{ name: 'FILE', arity: 'optional', description: 'what is validated', complete: 'file' }],
    options: [
      { name: 'process', kind: 'flag', description: 'FILE is a process, as for exec --process' },
      { name: 'resources', kind: 'flag', description: 'FILE holds limits, as for update --resources' },
      { name: 'mounts', kind: 'flag', description: 'FILE holds mounts, as for mounts add' },
      { name: 'advise', kind: 'flag', description: 'give advice about security, too' },
      { name: 'strict', kind: 'flag', description: 'warnings are a failure: exit with status 2' },
      {
        ...textFormatOption,
        choices: ['text', 'json', 'sarif'],
        description: 'form of the output; sarif is for services that show findings beside code',
      },
    ],
    examples: [
      ['tsrunc validate /srv/web', 'look at config.json of a bundle'],
      ['tsrunc validate --resources limits.json', 'look at a file for update --resources'],
    ],
  },
  {
    name: 'explain',
    summary: 'print what would be done to make a container',
    answers: true,
    description: [
      'Prints, in order, every step that would make the container, each with the field of config.json that asks for it. It needs no root and changes nothing.',
      'Behind explain may stand exec, update, delete or restore with all that these take: what they would do in this container, or to it.',
      "With --check each step is marked: will work, will fail and why, or can't know. The steps are tried in a process of their own, whose namespaces and mounts go with it, and which can write to no file; nothing is left behind. The exit status is 1 if a step will fail, else 0.",
    ],
    arguments: [{ name: 'ID', arity: 'optional', description: 'name the container would have (default: example)' }],
    options: [
      bundleOption,
      configOption,
      {
        ...textFormatOption,
        choices: ['text', 'json', 'html'],
        description: 'form of the output; html is one page, to be sent to somebody',
      },
      {
        name: 'diff',
        kind: 'text',
        value: 'OTHER',
        complete: 'directory',
        description:
          'print in what the plan differs from that of OTHER (a bundle, a config.json, or a container), and which fields make it so',
      },
      {
        name: 'check',
        kind: 'flag',
        description: 'try each step on this machine, as this user, and say whether it will work',
      },
      { name: 'no-pivot', kind: 'flag', description: 'as for create' },
      { name: 'no-new-keyring', kind: 'flag', description: 'as for create' },
      preserveFdsOption,
    ],
    examples: [
      ['tsrunc explain --bundle /srv/web', 'print the plan of a bundle'],
      ['tsrunc explain --check --bundle /srv/web', 'the same, and what will fail on this machine'],
      ['tsrunc explain --bundle /srv/web --diff web', 'in what the running container web differs, and why'],
      ['tsrunc explain exec --user 1000 web id', 'what that exec would do'],
    ],
  },
  {
    name: 'doctor',
    summary: 'tell what this machine can do, and what would be better',
    answers: true,
    description: [
      'Looks at everything that containers need of this machine, as the user who asks: each line is ok, limited or missing, with a remedy and the file or kernel parameter that decides it. It tries things in processes of their own, which are ended at once, and leaves nothing behind.',
      'The exit status is 1 if something is missing without which no container can be made, else 0.',
    ],
    arguments: [],
    options: [textFormatOption],
  },
  {
    name: 'features',
    summary: 'print what this tsrunc supports',
    answers: true,
    description: ['Prints the supported features as JSON, as the runtime specification defines it.'],
    arguments: [],
    options: [],
  },
  {
    name: 'completion',
    summary: 'print a completion script for a shell',
    answers: true,
    description: [
      'Prints a script that completes commands, options and names of containers. For bash: tsrunc completion bash > /etc/bash_completion.d/tsrunc',
    ],
    arguments: [
      { name: 'SHELL', arity: 'required', description: 'bash, zsh or fish', choices: ['bash', 'zsh', 'fish'] },
    ],
    options: [],
  },
  {
    name: 'help',
    summary: 'show help, of tsrunc or of one command',
    answers: true,
    description: [],
    arguments: [{ name: 'COMMAND', arity: 'optional', description: 'a command', complete: 'command' }],
    options: [],
  },
];
