/** What people type who come from docker, podman or kill(1), and the command line of tsrunc that does it. */
import { quote } from '../../base/quote.js';
import { signalNumber } from '../../native/signals.js';

const image = 'tsrunc knows no images: unpack one into a bundle, e.g. with "umoci unpack", or use it under an engine';
const config = (field: string): string => `the bundle's config.json says this, in ${field}`;

/** Commands of other programs, each with what does the same. */
const commandHints: Readonly<Record<string, string>> = {
  version: 'it is an option: "tsrunc --version"',
  h: 'see "tsrunc --help"',
  rm: 'containers are deleted by "tsrunc delete ID", running ones by "tsrunc delete --force ID"',
  remove: 'containers are deleted by "tsrunc delete ID"',
  destroy: 'containers are deleted by "tsrunc delete ID"',
  ls: 'containers are listed by "tsrunc list"',
  containers: 'containers are listed by "tsrunc list"',
  inspect: '"tsrunc state ID" prints the state, "tsrunc explain" the plan of a bundle',
  status: 'the state of a container is printed by "tsrunc state ID"',
  info: '"tsrunc features" prints what tsrunc supports, "tsrunc doctor" what this machine can do',
  logs: 'tsrunc keeps no logs: what a container writes goes to the stdout and stderr of whoever created it',
  stop: 'send a signal by "tsrunc kill ID TERM", then remove the container by "tsrunc delete ID"',
  restart: 'a container runs once: delete it by "tsrunc delete ID" and make it again by "tsrunc run ID"',
  signal: 'signals are sent by "tsrunc kill ID SIGNAL"',
  top: 'processes are listed by "tsrunc ps ID"',
  stats: 'statistics are printed by "tsrunc events ID", once by "tsrunc events --stats ID"',
  attach: 'start another process by "tsrunc exec -t ID sh"; a container keeps the terminal that it was created with',
  shell: 'start a shell by "tsrunc exec -t ID sh"',
  enter: 'start a shell by "tsrunc exec -t ID sh"',
  unpause: 'a paused container goes on by "tsrunc resume ID"',
  freeze: 'a container is stopped where it is by "tsrunc pause ID"',
  thaw: 'a paused container goes on by "tsrunc resume ID"',
  wait: '"tsrunc run ID" waits for the end; of a container in the background "tsrunc state ID" tells whether it has ended',
  init: 'an example config.json is written by "tsrunc spec"',
  new: 'a container is made by "tsrunc create ID"',
  mount: 'mounts are added by "tsrunc mounts add ID FILE"',
  umount: 'mounts are removed by "tsrunc mounts remove ID FILE"',
  check: '"tsrunc validate" finds mistakes in a configuration, "tsrunc explain --check" what will fail on this machine',
  lint: '"tsrunc validate" finds mistakes in a configuration',
  plan: 'the plan of a bundle is printed by "tsrunc explain"',
  cp: 'the files of a container are below the directory that root.path of its config.json names',
  build: image,
  pull: image,
  images: image,
};

/** What does the same as a command of another program; undefined when nothing is known of it. */
export function commandHint(name: string): string | undefined {
  return Object.hasOwn(commandHints, name) ? commandHints[name] : undefined;
}

/** Options of other programs for `create` and `run`. */
const runHints: Readonly<Record<string, string>> = {
  rm: 'run deletes the container at its end without an option; --keep keeps it',
  name: 'the name is the argument: "tsrunc run ID"',
  i: 'stdin is passed on without an option',
  interactive: 'stdin is passed on without an option',
  t: config('process.terminal'),
  tty: config('process.terminal'),
  it: config('process.terminal'),
  ti: config('process.terminal'),
  e: config('process.env'),
  env: config('process.env'),
  u: config('process.user'),
  user: config('process.user'),
  v: config('mounts'),
  volume: config('mounts'),
  mount: config('mounts'),
  w: config('process.cwd'),
  workdir: config('process.cwd'),
  m: config('linux.resources.memory.limit'),
  memory: config('linux.resources.memory.limit'),
  cpus: config('linux.resources.cpu.quota and period'),
  hostname: config('hostname'),
  'cap-add': config('process.capabilities'),
  'cap-drop': config('process.capabilities'),
  privileged: config('process.capabilities and linux'),
  'read-only': config('root.readonly'),
  p: 'tsrunc publishes no ports: an engine, or a hook, sets up the network namespace',
  publish: 'tsrunc publishes no ports: an engine, or a hook, sets up the network namespace',
};

const optionHints: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  create: runHints,
  run: runHints,
  exec: {
    w: 'the working directory is given by --cwd DIR',
    workdir: 'the working directory is given by --cwd DIR',
    privileged: 'capabilities are added one by one: --cap CAPABILITY',
  },
  list: {
    a: 'list shows every container without an option',
    all: 'list shows every container without an option',
  },
  delete: {
    a: 'name the containers: "tsrunc delete --regex ." takes every one',
    all: 'name the containers: "tsrunc delete --regex ." takes every one',
  },
  events: { 'no-stream': 'statistics are printed once by --stats' },
};

const meant = (...words: readonly string[]): string => `did you mean ${quote(['tsrunc', ...words].join(' '))}?`;

/**
 * What to write instead of an option that a command hasn't got; undefined when nothing is known of it.
 * @param where the command's name, '' for the global options
 * @param name the option, without dashes
 * @param words the words behind the command's name
 */
export function optionHint(where: string, name: string, words: readonly string[]): string | undefined {
  if (where === 'kill') return killHint(words);
  if (where === 'exec' && ['i', 'it', 'ti', 'interactive'].includes(name)) return execHint(words);
  if (where === 'ps') {
    const id = words.find((word) => !word.startsWith('-'));
    return id && meant('ps', id, ...words.filter((word) => word !== id));
  }
  if (where === 'delete' && (name === 'rf' || name === 'fr')) return meant('delete', '--force', ...plain(words));
  const hints = optionHints[where];
  if (hints && Object.hasOwn(hints, name)) return hints[name];
  // `run ID PROGRAM -option`: what stands there is an option of the program.
  return plain(words.slice(0, 2)).length === 2 ? argumentHint(where, words) : undefined;
}

/** What to write instead of arguments that a command can't take; undefined when nothing is known of them. */
export function argumentHint(where: string, words: readonly string[]): string | undefined {
  if (where === 'kill') return killHint(words);
  if (where === 'run' || where === 'create') {
    if (words.length < 2) return undefined;
    return `the program and its arguments are process.args of config.json: ${quote(`tsrunc spec -- ${words.slice(1).join(' ')}`)} writes one`;
  }
  if (['start', 'delete', 'pause', 'resume', 'state'].includes(where) && words.length > 1)
    return `${where} takes one container at a time`;
  return undefined;
}

const plain = (words: readonly string[]): string[] => words.filter((word) => !word.startsWith('-'));

/** For `kill -9 ID`, `kill -s KILL ID`, `kill ID -9` and `kill KILL ID`: the command line in our order. */
export function killHint(words: readonly string[]): string | undefined {
  const rest = words.map((word) => word.replace(/^--?(signal=|s=)?/, '')).filter((word) => !/^(s|signal|)$/.test(word));
  const [first, second, ...more] = rest;
  if (first === undefined || second === undefined || more.length > 0) return undefined;
  if (signalNumber(second) !== undefined) return meant('kill', first, second);
  return signalNumber(first) === undefined ? undefined : meant('kill', second, first);
}

/** For `exec -it ID COMMAND`: the same with -t alone, or without it where no terminal was asked for. */
function execHint(words: readonly string[]): string {
  const kept = words.flatMap((word) => {
    if (word === '-i' || word === '--interactive') return [];
    return [word === '-it' || word === '-ti' ? '-t' : word];
  });
  return `stdin is passed on without an option; ${meant('exec', ...kept)}`;
}
