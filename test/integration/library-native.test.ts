/** The low level of the library within a program that has children, signals and timers of its own: it must notice nothing. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { nodeNative } from '../../src/hosts/node/host.js';
import { project } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const program = join(project, 'build/test/test/helpers/host-program.js');

function run(...args: string[]) {
  const options = { encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' } as const;
  const result = spawnSync(process.execPath, [program, ...args], options);
  if (result.stdout === '') throw new Error(`${result.status} ${result.signal}: ${result.stderr}`);
  return { ...result, told: JSON.parse(result.stdout) };
}

function withoutAddon(): string | false {
  try {
    nodeNative();
    return false;
  } catch (error) {
    return (error as Error).message;
  }
}

t.test('the program that looks would see it', { skip: withoutAddon() }, async (t) => {
  const { told } = run('control');
  t.not(
    told.before.status.find((line: string) => line.startsWith('SigCgt')),
    told.after.status.find((line: string) => line.startsWith('SigCgt')),
  );
  t.not(told.before.descriptors.length, told.after.descriptors.length);
});

t.test(
  'a program with children, signals and timers',
  { skip: skipIf(tsruncOnly('has a library'), withoutAddon()) },
  async (t) => {
    const hooks = box.directory('hooks');
    const hook = (name: string) => ({
      path: '/bin/sh',
      args: ['sh', '-c', `cat > ${hooks}/${name}; echo said >&2; sleep 0.05`],
    });
    const { id: created } = box.create((config) => {
      config.process.args = ['sleep', '1000'];
      config.hooks = { poststart: [hook('poststart')], poststop: [hook('poststop')] };
    });
    const { id: running } = box.started();
    const { path: fifo } = box.fifo();
    const { signal, stderr, told } = run('all', box.root, created, running, fifo);

    t.strictSame(told.after, told.before, 'it is what it was');
    const expected: Record<string, unknown> = {
      state: 'running',
      list: ['created', 'running'],
      processes: 1,
      stats: 1,
      pause: 'paused',
      resume: 'running',
      update: 77,
      features: '1.3.0',
      host: 0,
      'kill with 0': null,
      start: 'running',
      'start again': /^state: cannot start an already running container/,
      'kill by an unknown name': /^usage: unknown signal "NOTHING"/,
      'update to nonsense': /^config: .*\/pids\/limit/,
      'kill all': null,
      'delete a running one': /^state: cannot delete container .* that is not stopped: running/,
      'delete by force': null,
      'delete by force again': null,
      'delete an ended one': null,
      'state of none': /^not-found: /,
      'list of none': [],
    };
    t.match(
      told.results,
      Object.entries(expected).map(([name, result]) => ({ name, result, exits: [7, 8], told: 4, shell: '42' })),
      'its children, signals and commands are its own',
    );
    t.equal(told.results.length, Object.keys(expected).length);
    t.ok(told.ticks >= 5, 'its timers go on');
    t.not(told.adopter, told.pid, 'orphans are not its children');
    t.same(told.warnings, []);
    t.equal(signal, 'SIGINT', 'a signal without a handler ends it');
    t.equal(stderr, '', 'nothing is printed');
    for (const name of ['poststart', 'poststop'])
      t.equal(JSON.parse(readFileSync(`${hooks}/${name}`, 'utf8')).id, created, `the hook ${name} has run`);
  },
);

t.test('what the machine can do', { skip: skipIf(tsruncOnly('has a library'), withoutAddon()) }, async (t) => {
  const script = join(box.directory(), 'features.mjs');
  writeFileSync(
    script,
    `import { InProcessRuntime } from ${JSON.stringify(join(project, 'build/test/src/library/native.js'))};
     console.log(JSON.stringify(new InProcessRuntime().features()));`,
  );
  const { stdout } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  const [own, command] = [stdout, box.call(['features']).stdout].map((text) => JSON.parse(text));
  // The executable may have been linked with another libseccomp.
  for (const document of [own, command]) delete document.annotations['io.github.seccomp.libseccomp.version'];
  t.strictSame(own, command, 'as the command says');
});

box.end(t);
