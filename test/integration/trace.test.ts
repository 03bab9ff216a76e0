import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { execute, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);

interface Event {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur: number;
  cat: 'phase' | 'call' | 'step';
  args?: { pointer?: string; path?: string; error?: string; about?: string; name?: string };
}

/** The events of a trace; checks that calls and steps lie within the phases of the command. */
function eventsOf(t: Test, file: string): Event[] {
  const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as { traceEvents: Event[] };
  const spans = traceEvents.filter(({ ph }) => ph === 'X');
  const phases = spans.filter(({ cat }) => cat === 'phase');
  const begin = phases[0]!.ts;
  const last = phases.at(-1)!;
  const outside = spans.filter(({ ts, dur }) => ts < begin - 1000 || dur < 0 || ts + dur > last.ts + last.dur + 1000);
  t.same(outside, [], 'all lies within the command');
  phases.forEach(({ ts, dur }, i) => {
    const next = phases[i + 1];
    if (next !== undefined) t.ok(Math.abs(ts + dur - next.ts) < 0.01, 'one phase after the other');
  });
  return spans;
}

const names = (events: readonly Event[], cat: Event['cat']): string[] =>
  events.filter((event) => event.cat === cat).map(({ name }) => name);

const traced = (file: string, ...args: string[]) => box.call(['--trace', file, ...args]);

t.test(
  'the commands of a container, each with its phases, calls and steps',
  { skip: skipIf(tsruncOnly('--trace')) },
  async (t) => {
    const directory = box.directory('traces');
    const file = (name: string): string => join(directory, `${name}.json`);
    const bundle = box.bundle((config) => {
      config.process.args = ['sleep', '1000'];
      config.hostname = 'traced';
      config.linux.resources = { pids: { limit: 100 } };
      config.hooks = { createRuntime: [{ path: '/bin/true' }], poststop: [{ path: '/bin/true' }] };
    });
    const id = box.id();
    for (const [name, ...args] of [
      ['create', '--bundle', bundle, id],
      ['start', id],
      ['state', id],
      ['exec', id, 'true'],
      ['kill', id, 'KILL'],
    ] as const) {
      const result = traced(file(name), name, ...args);
      t.equal(result.status, 0, `${name}: ${result.stderr}`);
    }
    box.waitStopped(id);
    t.equal(traced(file('delete'), 'delete', id).status, 0);

    const create = eventsOf(t, file('create'));
    t.match(names(create, 'phase'), ['create', 'read config.json', 'check the configuration', 'look at the host']);
    const hostname = create.find(({ name }) => name === 'hostname')!;
    t.equal(hostname.cat, 'step');
    t.equal(hostname.args?.pointer, '/hostname');
    t.ok(names(create, 'step').includes('wait-start'), 'up to where init waits');
    t.notOk(names(create, 'step').includes('exec'));
    const limit = create.find(({ args }) => args?.pointer === '/linux/resources/pids/limit')!;
    t.match(limit, { cat: 'call', name: 'writeExisting', args: { path: /pids\.max$/ } });
    t.match(
      create.find(({ args }) => args?.pointer === '/hooks/createRuntime/0'),
      { cat: 'call', args: { path: '/bin/true' } },
    );
    t.match(
      create.find(({ name }) => name.startsWith('clone3')),
      { tid: 0 },
      'the thread has a line of its own',
    );

    t.match(names(eventsOf(t, file('start')), 'phase'), ['start', 'execute the program', 'run the poststart hooks']);
    t.match(names(eventsOf(t, file('state')), 'phase'), ['state']);
    const exec = eventsOf(t, file('exec'));
    t.ok(names(exec, 'step').includes('join-process'));
    t.equal(exec.find(({ name }) => name === 'exec')!.cat, 'phase');
    t.equal(exec.findLast(({ name }) => name === 'exec')!.args?.about, 'true');
    t.match(names(eventsOf(t, file('delete')), 'phase'), [
      'delete',
      'remove the cgroups',
      'remove the state',
      'run the poststop hooks',
    ]);
  },
);

t.test(
  'run: the steps of init and the runtime share a time line',
  { skip: skipIf(tsruncOnly('--trace')) },
  async (t) => {
    const file = join(box.directory(), 'trace.json');
    const result = traced(
      file,
      'run',
      '--bundle',
      box.bundle((config) => {
        config.process.args = ['true'];
        // After the filter is loaded init makes no system call to look at the time.
        config.linux.seccomp = {
          defaultAction: 'SCMP_ACT_ALLOW',
          syscalls: [{ names: ['clock_gettime'], action: 'SCMP_ACT_KILL' }],
        };
      }),
      box.id(),
    );
    t.equal(result.status, 0, result.stderr);
    const events = eventsOf(t, file);
    const wait = events.find(({ name }) => name === 'wait for the process')!;
    const steps = events.filter(({ cat }) => cat === 'step');
    const exec = steps.at(-1)!;
    t.equal(exec.name, 'exec');
    t.ok(exec.ts + exec.dur <= wait.ts + 0.01, 'the program was executed before the runtime waited for its end');
    steps.slice(1).forEach(({ ts }, i) => {
      t.ok(ts >= steps[i]!.ts + steps[i]!.dur - 0.01, 'one step after the other');
    });
  },
);

t.test('a namespace for time shifts nothing', { skip: skipIf(tsruncOnly('--trace')) }, async (t) => {
  const file = join(box.directory(), 'trace.json');
  const result = traced(
    file,
    'run',
    '--bundle',
    box.bundle((config) => {
      config.process.args = ['true'];
      config.linux.namespaces.push({ type: 'time' });
      config.linux.timeOffsets = { monotonic: { secs: 100_000, nanosecs: 0 } };
    }),
    box.id(),
  );
  t.equal(result.status, 0, result.stderr);
  t.ok(names(eventsOf(t, file), 'step').includes('exec'));
});

t.test('a command that fails has a trace, too', { skip: skipIf(tsruncOnly('--trace')) }, async (t) => {
  const file = join(box.directory(), 'trace.json');
  const bundle = box.bundle((config) => {
    config.process.args = ['/nowhere'];
  });
  const result = traced(file, 'create', '--bundle', bundle, box.id());
  t.equal(result.status, 1);
  t.match(result.stderr, /\/process\/args\/0/);
  const steps = names(eventsOf(t, file), 'step');
  t.equal(steps.at(-1), 'find-executable', 'the step that failed is the last one');
  const missing = traced(file, 'state', 'nobody');
  t.equal(missing.status, 1);
  t.match(names(eventsOf(t, file), 'phase'), ['state'], 'of the last command alone');
});

t.test('a directory gets a file for each command', { skip: skipIf(tsruncOnly('--trace')) }, async (t) => {
  const directory = box.directory('traces');
  for (let i = 0; i < 2; i++) t.equal(traced(directory, 'list').status, 0);
  const files = readdirSync(directory);
  t.equal(files.length, 2);
  for (const name of files) t.match(name, /^list-\d+\.json$/);
});

t.test(
  'what somebody has put into a directory is left as it is',
  { skip: skipIf(tsruncOnly('--trace')) },
  async (t) => {
    const directory = box.directory('traces');
    const victim = join(directory, 'victim');
    writeFileSync(victim, 'untouched');
    const script = 'ln -s victim "$1/list-$$.json"; exec "$2" --root "$3" --trace "$1" list';
    const result = execute(['sh', '-c', script, 'sh', directory, runtime, box.root]);
    t.equal(result.status, 0, result.stderr);
    t.equal(readFileSync(victim, 'utf8'), 'untouched');
    t.equal(readdirSync(directory).filter((name) => /^list-\d+-1\.json$/.test(name)).length, 1);
  },
);

t.test('a file that cannot be written', { skip: skipIf(tsruncOnly('--trace')) }, async (t) => {
  const directory = box.directory();
  const id = box.id();
  const bundle = box.bundle();
  const missing = traced(join(directory, 'no/where'), 'create', '--bundle', bundle, id);
  t.equal(missing.status, 1);
  t.match(missing.stderr, /--trace .*no\/where: .*no such file or directory/);
  t.not(box.call(['state', id]).status, 0, 'nothing was made');
  const fifo = join(directory, 'fifo');
  execute(['mkfifo', fifo]);
  const hanging = traced(fifo, 'list');
  t.equal(hanging.status, 1);
  t.match(hanging.stderr, /--trace .*fifo: .*no such device or address/);
  const full = traced('/dev/full', 'list');
  t.equal(full.status, 0, 'the command has done its work');
  t.match(full.stderr, /warning: --trace \/dev\/full: .*no space left on device/);
});

t.test('nothing of a trace gets into the container', { skip: skipIf(tsruncOnly('--trace')) }, async (t) => {
  const file = join(box.directory(), 'trace.json');
  const bundle = box.bundle((config) => {
    config.process.args = ['sh', '-c', 'ls /proc/self/fd; grep -c tsrunc-trace /proc/self/maps'];
  });
  const result = traced(file, 'run', '--bundle', bundle, box.id());
  t.equal(result.stdout, '0\n1\n2\n3\n0\n', 'the descriptors of `ls` alone, and no memory of the runtime');
  t.equal(statSync(file).mode & 0o777, 0o644);
});

box.end(t);
