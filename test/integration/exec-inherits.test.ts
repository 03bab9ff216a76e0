// What a process of exec has of the container's process: docs/exec.md.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, kindIs, needsFile, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

const show =
  'echo "umask=$(umask) oom=$(cat /proc/self/oom_score_adj) scheduling=$(cut -d" " -f19,41 /proc/self/stat)"; ' +
  'ionice -p $$; cat /proc/self/personality; echo "nofile=$(ulimit -n)/$(ulimit -Hn) groups=$(id -G)"; ' +
  'grep -E "^(NoNewPrivs|Seccomp|CapBnd|CapEff|Cpus_allowed_list)" /proc/self/status';

function confine(config: TestConfig): void {
  const { process, linux } = config;
  process.user = { uid: 0, gid: 0, umask: 0o27, additionalGids: [5, 6] };
  process.noNewPrivileges = true;
  process.oomScoreAdj = 500;
  process.scheduler = { policy: 'SCHED_BATCH', nice: 7 };
  process.ioPriority = { class: 'IOPRIO_CLASS_BE', priority: 6 };
  process.execCPUAffinity = { final: '1' };
  process.rlimits = [{ type: 'RLIMIT_NOFILE', soft: 100, hard: 200 }];
  linux.personality = { domain: 'LINUX32' };
  linux.seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['acct'], action: 'SCMP_ACT_ERRNO' }] };
}

/** What `show` gives when everything is the container's. */
const confined = {
  umask: /umask=0027/,
  oomScoreAdj: /oom=500/,
  scheduler: /scheduling=7 3/,
  ioPriority: /best-effort: prio 6/,
  personality: /^00000008$/m,
  rlimits: /nofile=100\/200/,
  user: /groups=0 5 6/,
  noNewPrivileges: /^NoNewPrivs:\t1$/m,
  seccomp: /^Seccomp:\t2$/m,
  bounding: /^CapBnd:\t0000000020000420$/m,
  effective: /^CapEff:\t0000000020000420$/m,
  execCPUAffinity: /^Cpus_allowed_list:\t1$/m,
};

const twoCpus = needsFile('/sys/devices/system/cpu/cpu1');

t.test(
  "a command has all of the container's process",
  { skip: skipIf(differs({ crun: 'no rlimits, no scheduling, no noNewPrivileges' }), twoCpus) },
  async (t) => {
    const { id } = box.started(confine);
    const { stdout, stderr } = box.call(['exec', id, 'sh', '-c', show]);
    for (const [what, pattern] of Object.entries(confined)) t.match(stdout, pattern, `${what}: ${stderr}`);
  },
);

t.test(
  "a process of exec has the container's session keyring",
  { skip: skipIf(differs({ crun: 'each has one of its own' }), needsFile('/proc/keys')) },
  async (t) => {
    const { id } = box.started((config) => {
      config.linux.maskedPaths = [];
    });
    for (let i = 0; i < 2; i++) {
      const { stdout } = box.call(['exec', id, 'grep', `_ses.${id}:`, '/proc/keys']);
      t.match(stdout, /^\w+ \S+ +\d+ perm 3f1b0000 .*\n$/, 'there is one, which its owner finds by its name');
    }
  },
);

t.test('a process file that says nothing lifts no restriction', { skip: skipIf(twoCpus) }, async (t) => {
  const { id } = box.started(confine);
  const file = join(box.directory(), 'process.json');
  const exec = (more: object = {}, flags: string[] = []) => {
    writeFileSync(file, JSON.stringify({ cwd: '/', args: ['sh', '-c', show], env: ['PATH=/bin'], ...more }));
    return box.call(['exec', ...flags, '--process', file, id]);
  };
  const { stdout, stderr } = exec();
  const others = ['noNewPrivileges', 'rlimits'];
  if (kindIs('runc')) others.push('user');
  if (kindIs('crun')) others.push('oomScoreAdj', 'scheduler', 'ioPriority', 'execCPUAffinity');
  for (const [what, pattern] of Object.entries(confined)) {
    if (kindIs('tsrunc') || !others.includes(what)) t.match(stdout, pattern, `${what}: ${stderr}`);
  }
  if (!kindIs('tsrunc')) return;
  t.match(exec({ execCPUAffinity: {} }).stdout, confined.execCPUAffinity, 'no CPUs are named');
  const own = exec({
    user: { uid: 0, gid: 0, umask: 0o22 },
    noNewPrivileges: false,
    oomScoreAdj: 600,
    scheduler: { policy: 'SCHED_OTHER', nice: 8 },
    rlimits: [{ type: 'RLIMIT_NOFILE', soft: 50, hard: 60 }],
    capabilities: {},
  }).stdout;
  t.match(own, /umask=0022 oom=600 scheduling=8 0\n/, own);
  t.match(own, /nofile=50\/60 groups=0\n/);
  t.match(own, /^NoNewPrivs:\t0$/m);
  t.match(own, /^CapBnd:\t0{16}$/m);
  t.match(exec({ noNewPrivileges: false }, ['--no-new-privs']).stdout, /^NoNewPrivs:\t1$/m);
});

t.test(
  '--cap with a capability that is inheritable in the container: another user than root has it',
  { skip: skipIf(differs({ crun: 'adds it to no ambient set' })) },
  async (t) => {
    const { id } = box.started((config) => {
      config.process.user = { uid: 1000, gid: 1000 };
      config.process.capabilities = { bounding: ['CAP_KILL'], inheritable: ['CAP_SYS_NICE'] };
      config.process.capabilities.bounding!.push('CAP_SYS_NICE');
    });
    const caps = (name: string) => box.call(['exec', '--cap', name, id, 'grep', '^Cap', '/proc/self/status']).stdout;
    const inheritable = caps('CAP_SYS_NICE');
    t.match(inheritable, /^CapEff:\t0000000000800000$/m);
    t.match(inheritable, /^CapAmb:\t0000000000800000$/m);
    const other = caps('CAP_CHOWN');
    t.match(other, /^CapInh:\t0000000000800000$/m);
    t.match(other, /^CapEff:\t0{16}$/m);
    t.match(other, /^CapAmb:\t0{16}$/m);
  },
);

box.end(t);
