import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { pureV2 } from '../helpers/pure-v2.js';
import { execute, plainEnv, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, needsFile, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const v1 = needsFile('/sys/fs/cgroup/memory/tasks', 'no v1 hierarchies');

interface Event {
  type: string;
  id: string;
  data?: Record<string, Record<string, unknown>>;
}

/** `events`, running: `next` gives the next line of a type, `end` waits for its exit. */
function watch(id: string, ...flags: string[]) {
  const child = spawn(runtime, ['--root', box.root, 'events', ...flags, id], {
    env: plainEnv,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const seen: Event[] = [];
  let partial = '';
  let wake = () => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (partial + text).split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) seen.push(JSON.parse(line) as Event);
    wake();
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    seen,
    child,
    exit,
    async next(type: string): Promise<Event> {
      for (;;) {
        const found = seen.findIndex((event) => event.type === type);
        if (found >= 0) return seen.splice(found, 1)[0]!;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

t.test('--stats prints one object and ends', { skip: skipIf(v1) }, async (t) => {
  const { id } = box.started((config) => {
    config.linux.resources = { memory: { limit: 67108864 }, pids: { limit: 20 } };
  });
  const result = box.call(['events', '--stats', id]);
  t.equal(result.status, 0, result.stderr);
  t.equal(result.stderr, '');
  t.match(result.stdout, /^\{"type":"stats","id":"[^"]+","data":\{"cpu":\{"usage":\{"total":\d+,.*\}\n$/);
  const { type, data } = JSON.parse(result.stdout) as Event;
  t.equal(type, 'stats');
  t.strictSame(Object.keys(data!), [
    ...['cpu', 'cpuset', 'memory', 'pids', 'blkio', 'hugetlb', 'intel_rdt', 'network_interfaces'],
  ]);
  t.match(data, {
    cpu: { usage: { total: Number, percpu: Array, kernel: Number, user: Number }, throttling: {} },
    cpuset: { cpus: Array, mems: Array, sched_load_balance: 1, sched_relax_domain_level: -1 },
    memory: { usage: { limit: 67108864, usage: Number, max: Number, failcnt: 0 }, raw: { rss: Number } },
    pids: { current: 1, limit: 20 },
    network_interfaces: null,
  });
  t.match(result.stdout, /"kernelTCP":\{"limit":\d+,"failcnt":0\}/);
});

t.test('--stats in cgroup2 alone', { skip: skipIf(differs({ runc: 'wants CAP_SYS_RESOURCE' })) }, async (t) => {
  const { id } = box.started(() => {}, pureV2);
  const result = box.call(['events', '--stats', id], pureV2);
  t.equal(result.status, 0, result.stderr);
  const { data } = JSON.parse(result.stdout) as Event;
  t.match(data, { cpu: { usage: { kernel: Number, user: Number } }, pids: { current: 1 } });
  box.call(['delete', '--force', id], pureV2);
});

t.test(
  'an interface of the container',
  { skip: skipIf(tsruncOnly('runc always has null'), needsFile('/sbin/ip')) },
  async (t) => {
    const { id } = box.started();
    const { pid } = box.state(id);
    const made = execute(['nsenter', '-t', String(pid), '-n', 'ip', 'link', 'add', 'dummy7', 'type', 'dummy']);
    if (made.status !== 0) return t.comment(`no dummy interfaces here: ${made.stderr}`);
    const { data } = JSON.parse(box.call(['events', '--stats', id]).stdout);
    t.match(data.network_interfaces, [{ Name: 'dummy7', RxBytes: 0, TxDropped: 0 }]);
  },
);

t.test('statistics at every interval, until the container ends', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  const events = watch(id, '--interval', '50ms');
  t.equal((await events.next('stats')).id, id);
  await events.next('stats');
  box.remove(id);
  t.equal(await events.exit, 0);
});

t.test('a process killed for want of memory', { skip: skipIf(v1) }, async (t) => {
  const { id } = box.started((config) => {
    config.linux.resources = { memory: { limit: 33554432, swap: 33554432 } };
  });
  const events = watch(id, '--interval', '10ms');
  await events.next('stats');
  const exec = box.call(['exec', id, 'sh', '-c', 'head -c 200m /dev/zero | tail > /dev/null']);
  t.not(exec.status, 0);
  const { data, ...oom } = await events.next('oom');
  t.strictSame(oom, { type: 'oom', id });
  t.notOk(data);
  box.remove(id);
  t.equal(await events.exit, 0);
});

t.test(
  'it waits without waking up, and ends with the container',
  { skip: skipIf(tsruncOnly('runc wakes up, and waits for delete')) },
  async (t) => {
    const { id } = box.started();
    const events = watch(id, '--interval', '1h');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const switches = () => {
      const status = readFileSync(`/proc/${events.child.pid}/status`, 'utf8');
      return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]);
    };
    const before = switches();
    await new Promise((resolve) => setTimeout(resolve, 200));
    t.equal(switches(), before);
    box.call(['kill', id, 'KILL']);
    t.equal(await events.exit, 0);
  },
);

t.test('a stopped or unknown container; intervals that are none', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  t.match(box.call(['events', '--interval', '0s', id]), {
    status: 1,
    stderr: /duration interval must be greater than 0/,
  });
  t.match(box.call(['events', '--interval', 'x', id]), { status: 1, stderr: /parse error/ });
  box.call(['kill', id, 'KILL']);
  box.waitStopped(id);
  t.match(box.call(['events', '--stats', id]), { status: 1, stderr: /container with id \S+ is not running/ });
  t.match(box.call(['events', 'unknown']), { status: 1, stderr: /container does not exist/ });
});

box.end(t);
