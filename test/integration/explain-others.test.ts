import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { withUserNamespace } from '../helpers/config.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const skip = skipIf(tsruncOnly('explain'));

interface Action {
  number: number;
  actor: string;
  pointer: string;
  text: string;
}

/** The actions of `explain ARGS --format json`. */
function actions(...args: string[]): Action[] {
  const result = box.call(['explain', args[0]!, '--format', 'json', ...args.slice(1)]);
  if (result.status !== 0) throw new Error(result.stderr);
  return (JSON.parse(result.stdout) as { actions: Action[] }).actions;
}

t.test('explain exec: the steps that exec then takes', { skip }, async (t) => {
  const { id } = box.started();
  const explained = actions('exec', '--user', '1000:1000', '--cap', 'CAP_KILL', id, 'true');
  t.match(
    explained.find(({ pointer }) => pointer === '/user'),
    { actor: 'init', text: /become user 1000, group 1000/ },
  );
  const file = join(box.directory(), 'trace.json');
  const run = box.call(['--trace', file, 'exec', '--user', '1000:1000', '--cap', 'CAP_KILL', id, 'true']);
  t.equal(run.status, 0, run.stderr);
  const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as { traceEvents: { cat?: string; name: string }[] };
  const taken = traceEvents.filter(({ cat, name }) => cat === 'step' && name !== 'step-times');
  t.equal(explained.filter(({ actor }) => actor === 'init').length, taken.length);
  t.match(
    box.call(['explain', 'exec', id, 'true']).stdout,
    /^Plan for true in .*: \d+ actions, \d+ of them by init\n\n/,
  );
});

t.test('explain create: the steps that create then takes', { skip }, async (t) => {
  const bundle = box.bundle((config) => {
    config.linux.namespaces.push({ type: 'cgroup' });
  });
  const explained = JSON.parse(box.call(['explain', '--bundle', bundle, '--format', 'json']).stdout) as {
    steps: { step: string }[];
  };
  const file = join(box.directory(), 'trace.json');
  const run = box.call(['--trace', file, 'create', '--bundle', bundle, box.id()]);
  t.equal(run.status, 0, run.stderr);
  const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as { traceEvents: { cat?: string; name: string }[] };
  const taken = traceEvents.filter(({ cat, name }) => cat === 'step' && name !== 'step-times').map(({ name }) => name);
  const waits = explained.steps.findIndex(({ step }) => step === 'wait-start');
  t.same(
    explained.steps.slice(0, waits + 1).map(({ step }) => step),
    taken,
  );
});

t.test('explain update: what is then written', { skip }, async (t) => {
  const { id } = box.started();
  const explained = actions('update', '--pids-limit', '77', '--memory', '64m', id);
  const writes = explained.flatMap(({ text }) => [...text.matchAll(/^write "(.*)" to (.*)$/g)]);
  t.equal(writes.length, 2);
  for (const [, value, path] of writes) t.not(readFileSync(path!, 'utf8').trim(), value, 'nothing is written yet');
  t.equal(box.call(['update', '--pids-limit', '77', '--memory', '64m', id]).status, 0);
  for (const [, value, path] of writes) t.equal(readFileSync(path!, 'utf8').trim(), value);
  const file = join(box.directory(), 'resources.json');
  writeFileSync(file, '{"pids": {"limit": "many"}}');
  const wrong = box.call(['explain', 'update', '--resources', file, id]);
  t.equal(wrong.status, 1);
  t.match(wrong.stderr, /\/pids\/limit/);
});

t.test('explain delete: what is then gone', { skip }, async (t) => {
  const { id } = box.started();
  const alive = box.call(['explain', 'delete', id]);
  t.equal(alive.status, 1);
  t.match(alive.stderr, /is not stopped: running/);
  const explained = actions('delete', '--force', id);
  t.match(explained[0], { text: `kill its init, process ${box.state(id).pid}, with KILL, and wait for its end` });
  const paths = explained.flatMap(({ text }) =>
    [...text.matchAll(/^remove (?:cgroup|the state directory) (\S+)/g)].map(([, path]) => path!),
  );
  t.ok(paths.length >= 2);
  for (const path of paths) t.ok(existsSync(path), path);
  t.equal(box.state(id).status, 'running', 'nothing was done');
  t.equal(box.call(['delete', '--force', id]).status, 0);
  for (const path of paths) t.notOk(existsSync(path), path);
  t.match(box.call(['explain', 'delete', id]).stderr, /does not exist/);
});

t.test('explain restore: names what criu is asked for, or that there is none', { skip }, async (t) => {
  const result = box.call([
    'explain',
    'restore',
    '--bundle',
    box.bundle((config) => withUserNamespace(config)),
    '--image-path',
    '/nowhere',
    '--tcp-established',
    box.id(),
  ]);
  if (result.status === 0) {
    t.match(result.stdout, /let group 100000 read them/);
    t.match(result.stdout, /have criu restore the processes.*established TCP connections/);
  } else t.match(result.stderr, /criu: executable file not found/);
});

t.test('explain --diff: which fields make which steps', { skip }, async (t) => {
  const first = box.bundle();
  const second = box.bundle((config) => {
    config.hostname = 'another';
    config.mounts.push({ destination: '/mnt', type: 'tmpfs', source: 'tmpfs' });
    config.annotations = { idle: 'yes' };
  });
  const { stdout, status } = box.call(['explain', '--bundle', first, '--diff', second]);
  t.equal(status, 0);
  t.match(
    stdout,
    /^- \/hostname: .*\n\+ \/hostname: "another"\n {2}- init .*hostname.*\n {2}\+ init .*hostname to another$/m,
  );
  t.match(stdout, /^\+ \/mounts\/\d+: .*"\/mnt".*\n {2}\+ init .*mount tmpfs at \/mnt/m);
  t.match(stdout, /change no action by themselves:\n\+ \/annotations/);
  t.match(stdout, /^3 actions differ, and 3 fields$/m);
  t.match(box.call(['explain', '--bundle', first, '--diff', first]).stdout, /no difference/);
  const copy = box.bundle();
  t.match(
    box.call(['explain', '--bundle', first, '--diff', copy]).stdout,
    /no difference/,
    'of two bundles with their own roots',
  );
  const json = JSON.parse(box.call(['explain', '--bundle', first, '--diff', second, '--format', 'json']).stdout);
  t.match(json, { first, second, fields: [{ first: '/hostname', second: '/hostname', after: 'another' }, {}, {}] });
});

t.test('explain --diff: a container and its own configuration', { skip }, async (t) => {
  const { id, bundle } = box.started();
  t.match(box.call(['explain', '--bundle', bundle, '--diff', id]).stdout, /no difference/);
  t.equal(box.call(['update', '--pids-limit', '55', id]).status, 0);
  t.match(box.call(['explain', '--bundle', bundle, '--diff', id]).stdout, /\/linux\/resources\/pids.*\n.*write "55"/);
  const nobody = box.call(['explain', '--bundle', bundle, '--diff', 'nobody']);
  t.equal(nobody.status, 1);
  t.match(nobody.stderr, /--diff nobody: there is no such directory, file or container/);
});

t.test('explain --format html', { skip }, async (t) => {
  const bundle = box.bundle();
  const { stdout } = box.call(['explain', '--bundle', bundle, '--format', 'html']);
  t.match(stdout, /^<!doctype html>/);
  const text = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(text));
  const line = box.call(['explain', '--bundle', bundle, '--format', 'html']).stdout;
  t.ok(line.match(/data-l="\d+"/g)!.length > 50, 'a configuration on one line has fields to point at, too');
  t.equal(box.call(['explain', '--bundle', bundle, '--format', 'html', '--diff', bundle]).status, 1);
});

box.end(t);
