/** Each member of the file that `exec --process` takes, seen in the process that it makes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Process } from '../../src/config/spec.js';
import { inTerminal, receiver } from '../helpers/python.js';
import { runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { schedulingOf } from '../helpers/scheduling.js';
import { differs, needsFile, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const news = differs({ runc: 'came with 1.2' });

/** A file with a process that shows what `script` prints, and has these members. */
function processFile(script: string, members: Partial<Process>): string {
  const path = join(box.directory('process'), 'process.json');
  const plain = { cwd: '/', args: ['sh', '-c', script], env: ['PATH=/bin:/usr/bin'] };
  writeFileSync(path, JSON.stringify({ ...plain, ...members }));
  return path;
}

/** What such a process shows in a container of its own. */
function shown(script: string, members: Partial<Process>): string {
  const { id } = box.started();
  const { stdout, stderr, status } = box.call(['exec', '--process', processFile(script, members), id]);
  t.equal(status, 0, stderr);
  return stdout;
}

t.test('args, env and cwd', { skip: skipIf() }, async (t) => {
  const args = ['sh', '-c', 'for a; do echo "<$a>"; done; pwd; echo "$A$B"', 'sh', '', 'two words'];
  const { id } = box.started();
  const file = processFile('', { args, env: ['PATH=/bin', 'A=1=1', 'B='], cwd: '/usr/bin' });
  t.equal(box.call(['exec', '--process', file, id]).stdout, '<>\n<two words>\n/usr/bin\n1=1\n');
});

t.test(
  'user: uid, gid, additionalGids and umask',
  { skip: skipIf(differs({ runc: 'drops the umask' })) },
  async (t) => {
    const user = { uid: 1234, gid: 2345, additionalGids: [5, 6], umask: 0o027 };
    t.equal(shown('id -u; id -g; id -G; umask', { user }), '1234\n2345\n2345 5 6\n0027\n');
  },
);

t.test('capabilities: the five sets', { skip: skipIf() }, async (t) => {
  const both = ['CAP_KILL', 'CAP_NET_BIND_SERVICE'];
  const capabilities = {
    bounding: [...both, 'CAP_AUDIT_WRITE'],
    permitted: both,
    effective: both,
    inheritable: both,
    ambient: ['CAP_NET_BIND_SERVICE'],
  };
  const sets = shown('grep Cap /proc/self/status', { user: { uid: 1000, gid: 1000 }, capabilities });
  const kill = 1 << 5;
  const bind = 1 << 10;
  const audit = 2 ** 29;
  const hex = (bits: number) => bits.toString(16).padStart(16, '0');
  t.match(sets, `CapInh:\t${hex(kill | bind)}`);
  t.match(sets, `CapPrm:\t${hex(bind)}`, 'what execve leaves to another user than root');
  t.match(sets, `CapEff:\t${hex(bind)}`);
  t.match(sets, `CapBnd:\t${hex((kill | bind) + audit)}`);
  t.match(sets, `CapAmb:\t${hex(bind)}`);
});

t.test(
  'rlimits, noNewPrivileges and oomScoreAdj',
  { skip: skipIf(differs({ runc: 'drops oomScoreAdj' })) },
  async (t) => {
    const rlimits = [{ type: 'RLIMIT_NOFILE', soft: 100, hard: 200 }];
    const script = 'ulimit -n; ulimit -Hn; grep NoNewPrivs /proc/self/status; cat /proc/self/oom_score_adj';
    const asked = { rlimits, noNewPrivileges: false, oomScoreAdj: 321 };
    t.equal(shown(script, asked), '100\n200\nNoNewPrivs:\t0\n321\n');
    t.match(shown(script, { ...asked, noNewPrivileges: true }), 'NoNewPrivs:\t1');
  },
);

t.test('ioPriority and the names of a scheduler', { skip: skipIf(news) }, async (t) => {
  const ioPriority = { class: 'IOPRIO_CLASS_BE', priority: 6 };
  const scheduler = { policy: 'SCHED_BATCH', nice: 7 };
  t.match(shown('ionice -p $$; cut -d" " -f19,41 /proc/self/stat', { ioPriority, scheduler }), /prio 6\n7 3\n/);
});

t.test('scheduler: priority, flags, runtime, deadline and period', { skip: skipIf(news) }, async (t) => {
  const { id } = box.started((config) => {
    config.linux.resources = { cpu: { realtimeRuntime: 20_000, realtimePeriod: 500_000 } };
  });
  const scheduled = (scheduler: Process['scheduler']) => {
    const pidFile = join(box.directory(), 'pid');
    const file = processFile('exec sleep 1000', { scheduler: scheduler! });
    const { status, stderr } = box.call(['exec', '--detach', '--pid-file', pidFile, '--process', file, id]);
    t.equal(status, 0, stderr);
    return schedulingOf(Number(readFileSync(pidFile, 'utf8')));
  };
  const flags = ['SCHED_FLAG_RESET_ON_FORK'];
  t.match(scheduled({ policy: 'SCHED_FIFO', priority: 9, flags }), { policy: 1, priority: 9, flags: 1 });
  const times = { runtime: 1_000_000, deadline: 20_000_000, period: 50_000_000 };
  t.match(scheduled({ policy: 'SCHED_DEADLINE', ...times }), { policy: 6, ...times });
});

t.test(
  'execCPUAffinity: final',
  { skip: skipIf(differs({ runc: 'came with 1.3' }), needsFile('/sys/devices/system/cpu/cpu1')) },
  async (t) => {
    const script = 'grep Cpus_allowed_list /proc/self/status';
    t.match(shown(script, { execCPUAffinity: { initial: '0', final: '1' } }), /:\t1\n/);
  },
);

t.test('terminal', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  const file = processFile('tty; test -t 0 && echo one', { terminal: true });
  const { output, status } = inTerminal([runtime, '--root', box.root, 'exec', '--process', file, id], []);
  t.equal(status, 0, output);
  t.match(output, /^\/dev\/pts\/\d+\r\none\r\n$/);
});

t.test('consoleSize: height and width', { skip: skipIf(differs({ runc: "takes the caller's" })) }, async (t) => {
  const { id } = box.started();
  const socket = join(box.directory(), 'tty');
  const console = await receiver(socket, 'console');
  const file = processFile('stty size', { terminal: true, consoleSize: { height: 21, width: 78 } });
  const args = ['exec', '--detach', '--console-socket', socket, '--process', file, id];
  const { status, stderr } = box.call(args);
  t.equal(status, 0, stderr);
  t.match((await console.lines())[1]?.output, /21 78/);
});

box.end(t);
