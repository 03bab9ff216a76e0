// What the Node host costs: every command by bin/tsrunc-node and by bin/tsrunc, beside `node -e 0` of the same Node.
// The system calls that make a container are the same on both hosts, so what is the standalone's time is not Node's.
import { join } from 'node:path';
import { makeRootfs, writeBundle } from './configs.mjs';
import { parse, tabulate } from './statistics.mjs';

const bare = 'node';
/** The commands in the order of a container's life, with `%` for its id. */
const commands = [
  ['version', '--version'],
  ['features', 'features'],
  ['explain', 'explain', '--bundle', '@'],
  ['create', 'create', '--bundle', '@', '%'],
  ['state', 'state', '%'],
  ['list', 'list'],
  ['start', 'start', '%'],
  ['exec', 'exec', '%', '/bin/true'],
  ['ps', 'ps', '--format', 'json', '%'],
  ['update', 'update', '--pids-limit', '100', '%'],
  ['events', 'events', '--stats', '%'],
  ['pause', 'pause', '%'],
  ['resume', 'resume', '%'],
  ['kill', 'kill', '%', 'KILL'],
  ['delete', 'delete', '--force', '%'],
  ['run', 'run', '--bundle', '!', '%-run'],
];

/** Of this run alone: one that was cut short may have left a container. */
const idOf = (host) => `bench-${process.pid}-${host}`;

function list(directory, hosts, rounds) {
  const lines = [];
  const bundles = { '@': `${directory}/bundles/spec-sleep`, '!': `${directory}/bundles/spec-true` };
  for (let round = 0; round < rounds; round++) {
    for (const [name, ...args] of commands) {
      lines.push(['run', `${round} ${name} - ${bare}`, process.execPath, '-e', '0'].join('\t'));
      for (const [host, path] of hosts) {
        const words = args.map((word) => bundles[word] ?? word.replace('%', idOf(host)));
        lines.push(
          ['run', `${round} ${name} - ${host}`, path, '--root', `${directory}/state/${host}`, ...words].join('\t'),
        );
      }
    }
  }
  return lines;
}

/**
 * Measures, and returns the table as text.
 * @param directory on a tmpfs, with bin/measure and state in it
 * @param measure runs a list of commands: lines to the output of measure.cc
 */
export function nodeHost(top, directory, busybox, rounds, measure) {
  makeRootfs(directory, busybox);
  for (const process of ['true', 'sleep'])
    writeBundle(directory, 'spec', process, `spec-${process}`, (config) => {
      config.root.path = join(directory, 'rootfs');
    });
  const hosts = [
    ['tsrunc-node', join(top, 'bin/tsrunc-node')],
    ['tsrunc', join(top, 'bin/tsrunc')],
  ];
  let output;
  try {
    measure(list(directory, hosts, 2));
    output = measure(list(directory, hosts, rounds));
  } finally {
    measure(
      hosts.flatMap(([host, path]) =>
        [idOf(host), `${idOf(host)}-run`].map((id) =>
          ['do', 'clean', path, '--root', `${directory}/state/${host}`, 'delete', '--force', id].join('\t'),
        ),
      ),
    );
  }
  const { rows, failures } = parse(output);
  if (failures.length > 0) throw new Error(`${failures[0].operation} of ${failures[0].runtime} failed`);
  const cell = (ms) => `${ms < 0 ? '' : ' '}${ms.toFixed(1)}`.padStart(12);
  const lines = tabulate(rows).map(({ operation, of }) => {
    const [node, ours, standalone] = [bare, 'tsrunc-node', 'tsrunc'].map((name) => of[name].median);
    return [operation.padEnd(10), ...[node, ours, standalone, ours - node, ours - node - standalone].map(cell)].join(
      '',
    );
  });
  const head = ['node -e 0', 'tsrunc-node', 'tsrunc', 'over node', 'less tsrunc'].map((text) => text.padStart(12));
  return [
    `Node.js ${process.version}, medians of ${rounds} rounds, ms`,
    ['command   ', ...head].join(''),
    ...lines,
  ].join('\n');
}
