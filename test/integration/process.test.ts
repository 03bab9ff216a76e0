import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type TestConfig, withUserNamespace } from '../helpers/config.js';
import { execute } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, needsFile, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);

const shows = (script: string, change: (config: TestConfig) => void, wanted: string | RegExp) => async (t: Test) => {
  const result = box.sh(script, change);
  t.equal(result.status, 0, result.stderr);
  if (typeof wanted === 'string') t.equal(result.stdout, wanted, result.stderr);
  else t.match(result.stdout, wanted, result.stderr);
};

t.test('args and env reach the process as they are', { skip: skipIf() }, async (t) => {
  const result = box.run((config) => {
    config.process.args = [
      'sh',
      '-c',
      'for a; do echo "<$a>"; done; env | sort',
      'sh',
      '',
      'two words',
      '$HOME',
      'ü\n',
    ];
    config.process.env = ['PATH=/bin', 'B=2', 'A=1=1', 'EMPTY='];
  });
  t.equal(
    result.stdout.replace(/^(HOME|PWD|SHLVL|_)=.*\n/gm, ''),
    '<>\n<two words>\n<$HOME>\n<ü\n>\nA=1=1\nB=2\nEMPTY=\nPATH=/bin\n',
  );
});

t.test('half of a surrogate pair is U+FFFD', { skip: skipIf(tsruncOnly('others may refuse it')) }, async (t) => {
  const { stdout } = box.run((config) => (config.process.args = ['echo', '\ud800 \udc00', '\ud7ff 😀']));
  t.equal(stdout, '\ufffd \ufffd \ud7ff 😀\n');
});

t.test("nothing of the caller's environment is inherited", { skip: skipIf() }, async (t) => {
  const result = box.run((config) => (config.process.args = ['env']), { env: { PATH: '/bin', SECRET: 'x' } });
  t.match(result.stdout, /^PATH=\/bin:\/usr\/bin$/m, 'what the configuration gives');
  t.notMatch(result.stdout, /SECRET/);
});

t.test(
  'cwd',
  { skip: skipIf() },
  shows('pwd', (config) => (config.process.cwd = '/usr/bin'), '/usr/bin\n'),
);

t.test(
  'a cwd that is missing is made',
  { skip: skipIf() },
  shows('pwd; stat -c %a .', (config) => (config.process.cwd = '/not/there/yet'), '/not/there/yet\n755\n'),
);

t.test(
  'user, groups and umask',
  { skip: skipIf() },
  shows(
    'id -u; id -g; id -G; umask; touch /tmp/f && stat -c "%u:%g %a" /tmp/f',
    (config) => {
      config.process.user = { uid: 1234, gid: 2345, additionalGids: [5, 6, 7], umask: 0o027 };
    },
    '1234\n2345\n2345 5 6 7\n0027\n1234:2345 640\n',
  ),
);

t.test(
  'the umask is 0022 without the field',
  { skip: skipIf() },
  shows('umask', () => {}, '0022\n'),
);

const capRows = (pid: string) => `grep Cap /proc/${pid}/status`;
const caps = (inh: string, prm: string, eff: string, bnd: string, amb: string) =>
  `CapInh:\t${inh}\nCapPrm:\t${prm}\nCapEff:\t${eff}\nCapBnd:\t${bnd}\nCapAmb:\t${amb}\n`;
const bits = (...numbers: number[]) =>
  numbers
    .reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n)
    .toString(16)
    .padStart(16, '0');

t.test(
  'five capability sets, root',
  { skip: skipIf() },
  shows(
    capRows('self'),
    (config) => {
      config.process.capabilities = {
        bounding: ['CAP_CHOWN', 'CAP_KILL', 'CAP_SYS_CHROOT'],
        permitted: ['CAP_CHOWN', 'CAP_KILL'],
        effective: ['CAP_CHOWN'],
        inheritable: ['CAP_KILL'],
        ambient: [],
      };
      config.process.noNewPrivileges = false;
      // execve as root with permitted gives root all of bounding and inheritable.
    },
    caps(bits(5), bits(0, 5, 18), bits(0, 5, 18), bits(0, 5, 18), bits()),
  ),
);

t.test(
  'five capability sets, not root',
  { skip: skipIf() },
  shows(
    capRows('self'),
    (config) => {
      config.process.user = { uid: 1000, gid: 1000 };
      const set = ['CAP_NET_BIND_SERVICE', 'CAP_KILL'];
      config.process.capabilities = {
        bounding: [...set, 'CAP_CHOWN'],
        permitted: set,
        effective: set,
        inheritable: set,
        ambient: ['CAP_NET_BIND_SERVICE'],
      };
    },
    caps(bits(5, 10), bits(10), bits(10), bits(0, 5, 10), bits(10)),
  ),
);

t.test(
  'no capabilities at all',
  { skip: skipIf() },
  shows(
    capRows('self'),
    (config) => {
      config.process.capabilities = {};
    },
    caps(bits(), bits(), bits(), bits(), bits()),
  ),
);

t.test('an unknown capability is left out with a warning', { skip: skipIf() }, async (t) => {
  const result = box.sh(capRows('self'), (config) => {
    config.process.capabilities = {
      bounding: ['CAP_KILL', 'CAP_NO_SUCH'],
      permitted: ['CAP_KILL'],
      effective: ['CAP_KILL'],
    };
  });
  t.equal(result.status, 0, result.stderr);
  t.match(result.stdout, `CapBnd:\t${bits(5)}`);
});

t.test('noNewPrivileges', { skip: skipIf() }, async (t) => {
  for (const wanted of [true, false]) {
    const result = box.sh('grep NoNewPrivs /proc/self/status', (config) => (config.process.noNewPrivileges = wanted));
    t.equal(result.stdout, `NoNewPrivs:\t${wanted ? 1 : 0}\n`, result.stderr);
  }
});

t.test('rlimits', { skip: skipIf() }, async (t) => {
  const result = box.run((config) => {
    config.process.args = ['cat', '/proc/self/limits'];
    config.process.rlimits = [
      { type: 'RLIMIT_NOFILE', soft: 100, hard: 200 },
      { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
      { type: 'RLIMIT_NPROC', soft: 500, hard: 600 },
      { type: 'RLIMIT_STACK', soft: 4194304, hard: 8388608 },
      { type: 'RLIMIT_FSIZE', soft: 1048576, hard: 2097152 },
    ];
  });
  t.equal(result.status, 0, result.stderr);
  t.match(result.stdout, /^Max open files +100 +200 /m);
  t.match(result.stdout, /^Max core file size +0 +0 /m);
  t.match(result.stdout, /^Max processes +500 +600 /m);
  t.match(result.stdout, /^Max stack size +4194304 +8388608 /m);
  t.match(result.stdout, /^Max file size +1048576 +2097152 /m);
});

t.test('every RLIMIT_ name is known', { skip: skipIf() }, async (t) => {
  const names =
    'AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME SIGPENDING STACK'.split(' ');
  const limits = readFileSync('/proc/self/limits', 'utf8');
  t.equal(limits.trim().split('\n').length - 1, names.length);
  const result = box.run((config) => {
    config.process.rlimits = names.map((name) => ({ type: `RLIMIT_${name}`, soft: 0, hard: 0 }));
    for (const one of config.process.rlimits) {
      if (!['RLIMIT_NICE', 'RLIMIT_RTPRIO', 'RLIMIT_CORE', 'RLIMIT_LOCKS'].includes(one.type)) {
        one.soft = 4096 * 4096;
        one.hard = 4096 * 4096;
      }
      // Above the machine's own hard limits nothing can be set without CAP_SYS_RESOURCE.
      if (one.type === 'RLIMIT_NOFILE' || one.type === 'RLIMIT_NPROC' || one.type === 'RLIMIT_SIGPENDING')
        one.soft = one.hard = 1000;
      if (one.type === 'RLIMIT_MEMLOCK' || one.type === 'RLIMIT_MSGQUEUE') one.soft = one.hard = 65536;
      if (one.type === 'RLIMIT_AS' || one.type === 'RLIMIT_DATA') one.soft = one.hard = 1 << 30;
    }
  });
  t.equal(result.status, 0, result.stderr);
});

t.test('oomScoreAdj', { skip: skipIf() }, async (t) => {
  const result = box.sh('cat /proc/self/oom_score_adj', (config) => (config.process.oomScoreAdj = 321));
  t.equal(result.stdout, '321\n', result.stderr);
  const own = readFileSync('/proc/self/oom_score_adj', 'utf8');
  t.equal(box.sh('cat /proc/self/oom_score_adj').stdout, own, "without the field it is the caller's");
});

t.test('scheduler', { skip: skipIf(differs({ runc: 'came with 1.2' })) }, async (t) => {
  // Fields 19 and 41 of stat: nice and policy (3 is SCHED_BATCH).
  const result = box.sh('cut -d" " -f19,41 /proc/self/stat', (config) => {
    config.process.scheduler = { policy: 'SCHED_BATCH', nice: 7 };
  });
  t.equal(result.stdout, '7 3\n', result.stderr);
});

t.test(
  'scheduling that takes rights over the host, in a user namespace',
  { skip: skipIf(differs({ runc: 'operation not permitted' })) },
  async (t) => {
    const configure = (config: TestConfig): void => {
      withUserNamespace(config);
      config.process.scheduler = { policy: 'SCHED_BATCH', nice: -3 };
      config.process.ioPriority = { class: 'IOPRIO_CLASS_RT', priority: 4 };
      config.process.args = ['sleep', '1000'];
    };
    const { id } = box.started(configure);
    const of = (pid: number): string =>
      execute(['ps', '-o', 'ni=', '-p', String(pid)]).stdout + execute(['ionice', '-p', String(pid)]).stdout;
    t.match(of(box.state(id).pid), /^ *-3\nrealtime: prio 4/);
    const pidFile = join(box.directory(), 'pid');
    const args = ['--detach', '--pid-file', pidFile, id, 'sleep', '1000'];
    t.equal(box.call(['exec', ...args]).status, 0);
    t.match(of(Number(readFileSync(pidFile, 'utf8'))), /^ *-3\nrealtime: prio 4/);
  },
);

t.test(
  'scheduler with a wrong priority is refused',
  { skip: skipIf(differs({ runc: 'came with 1.2' })) },
  async (t) => {
    const result = box.run((config) => (config.process.scheduler = { policy: 'SCHED_OTHER', priority: 5 }));
    t.not(result.status, 0);
    t.match(result.stderr, /scheduler/);
  },
);

t.test('ioPriority', { skip: skipIf(differs({ runc: 'came with 1.2' })) }, async (t) => {
  const result = box.sh('ionice -p $$', (config) => {
    config.process.ioPriority = { class: 'IOPRIO_CLASS_BE', priority: 6 };
  });
  t.match(result.stdout, /best-effort: prio 6/, result.stderr);
});

t.test('personality', { skip: skipIf(differs({ runc: 'came with 1.2' })) }, async (t) => {
  const result = box.sh('cat /proc/self/personality; uname -m', (config) => {
    config.linux.personality = { domain: 'LINUX32' };
  });
  t.match(result.stdout, /^00000008\n/, result.stderr);
});

t.test('AppArmor and SELinux labels on a machine without them are refused', { skip: skipIf() }, async (t) => {
  const lsm = ((): string => {
    try {
      return readFileSync('/sys/kernel/security/lsm', 'utf8');
    } catch {
      return '';
    }
  })();
  if (!lsm.includes('apparmor')) {
    const result = box.run((config) => (config.process.apparmorProfile = 'some-profile'));
    t.not(result.status, 0);
    t.match(result.stderr, /apparmor/i);
  }
  t.test(
    'selinuxLabel',
    { skip: lsm.includes('selinux') ? 'this machine has SELinux' : differs({ runc: 'ignored on such a machine' }) },
    async (t) => {
      const result = box.run((config) => (config.process.selinuxLabel = 'system_u:system_r:container_t:s0'));
      t.not(result.status, 0);
      t.match(result.stderr, /selinux/i);
    },
  );
});

t.test(
  'execCPUAffinity applies to exec',
  { skip: skipIf(differs({ runc: 'came with 1.3' }), needsFile('/sys/devices/system/cpu/cpu1')) },
  async (t) => {
    const { id } = box.started((config) => (config.process.execCPUAffinity = { initial: '0', final: '1' }));
    const file = join(box.directory(), 'process.json');
    const process = {
      cwd: '/',
      args: ['sh', '-c', 'grep Cpus_allowed_list /proc/self/status'],
      env: ['PATH=/bin'],
      execCPUAffinity: { final: '0' },
    };
    writeFileSync(file, JSON.stringify(process));
    t.match(box.call(['exec', '--process', file, id]).stdout, /^Cpus_allowed_list:\t0\n/);
    const plain = box.call(['exec', id, 'sh', '-c', 'grep Cpus_allowed_list /proc/self/status']);
    t.match(plain.stdout, /^Cpus_allowed_list:\t1\n/, "the config's affinity");
  },
);

t.test(
  'execCPUAffinity.initial gives way to the cpuset of the cgroup',
  {
    skip: skipIf(
      differs({ runc: 'came with 1.3' }),
      needsFile('/sys/devices/system/cpu/cpu1'),
      existsSync('/sys/fs/cgroup/cpuset') ? false : 'needs cpuset of cgroup v1',
    ),
  },
  async (t) => {
    // Set behind the join, the only CPU of the cgroup would not be in it: EINVAL.
    const { id } = box.started((config) => {
      config.linux.resources = { cpu: { cpus: '1', mems: '0' } };
      config.process.execCPUAffinity = { initial: '0' };
    });
    const result = box.call(['exec', id, 'sh', '-c', 'grep Cpus_allowed_list /proc/self/status']);
    t.match(result.stdout, /^Cpus_allowed_list:\t1\n/, result.stderr);
  },
);

t.test(
  'with execCPUAffinity.initial the process of exec is not born in the cgroup, but enters it with its affinity',
  {
    skip: skipIf(
      tsruncOnly('others make their own calls'),
      execute(['strace', '--version']).status !== 0 && 'needs strace',
      !['/sys/fs/cgroup/cgroup.procs', '/sys/fs/cgroup/unified/cgroup.procs'].some((path) => existsSync(path)) &&
        'needs cgroup v2',
    ),
  },
  async (t) => {
    const { id } = box.started();
    const trace = join(box.directory(), 'trace');
    const file = join(box.directory(), 'process.json');
    /** Runs a process with that affinity; its calls to clone3 that make init, and the cgroups that it is in. */
    const run = (execCPUAffinity: object) => {
      const process = { cwd: '/', args: ['cat', '/proc/self/cgroup'], env: ['PATH=/bin'], execCPUAffinity };
      writeFileSync(file, JSON.stringify(process));
      const wrapper = ['strace', '-f', '-o', trace, '-e', 'trace=clone3,sched_setaffinity,write'];
      const { stdout, stderr } = box.call(['exec', '--process', file, id], { wrapper });
      const lines = readFileSync(trace, 'utf8').split('\n');
      const births = lines.filter((line) => /clone3\(.*CLONE_VFORK/.test(line));
      t.equal(births.length, 1, stderr);
      return { lines, birth: births[0], cgroups: stdout };
    };
    const plain = run({});
    t.match(plain.birth, /CLONE_INTO_CGROUP/);
    const initial = run({ initial: '0' });
    t.notMatch(initial.birth, /CLONE_INTO_CGROUP/);
    t.equal(initial.cgroups, plain.cgroups, 'and yet it is in the same cgroups');
    const child = Number(
      /= (\d+)$/.exec(initial.lines.find((line) => /clone3.*(CLONE_VFORK|resumed).*= \d+$/.test(line)) ?? '')?.[1],
    );
    const own = initial.lines.filter((line) => line.startsWith(`${child} `));
    const affinity = own.findIndex((line) => /sched_setaffinity\(.*\[0\]\) += 0/.test(line));
    const entry = own.findIndex((line) => /write\(\d+, "0"/.test(line));
    t.ok(affinity >= 0 && entry > affinity, `first the affinity, then the cgroup:\n${own.join('\n')}`);
  },
);

t.test(
  "the caller's CPU affinity is not the container's: its cpuset says where it runs",
  {
    skip: skipIf(
      differs({ runc: 'came with 1.3.1', crun: 'keeps it from Linux 6.2 on' }),
      needsFile('/sys/devices/system/cpu/cpu1'),
    ),
  },
  async (t) => {
    const shown = (wrapper: string[]) => {
      const change = (config: TestConfig) => (config.process.args = ['cat', '/proc/self/status']);
      return /^Cpus_allowed_list:\t(.*)$/m.exec(box.run(change, { wrapper }).stdout)?.[1];
    };
    t.not(shown([]), '0');
    t.equal(shown(['taskset', '-c', '0']), shown([]));
    const { id } = box.started();
    const exec = box.call(['exec', id, 'grep', 'Cpus_allowed_list', '/proc/self/status'], {
      wrapper: ['taskset', '-c', '0'],
    });
    t.equal(exec.stdout, `Cpus_allowed_list:\t${shown([])}\n`, exec.stderr);
  },
);

t.test(
  'signals are default in the container, and those the caller blocks are blocked',
  { skip: skipIf(differs({ crun: 'empties the mask' })) },
  async (t) => {
    const result = box.run((config) => (config.process.args = ['cat', '/proc/self/status']), {
      wrapper: ['env', '--ignore-signal=PIPE', '--ignore-signal=HUP', '--block-signal=USR2'],
    });
    t.match(result.stdout, /^SigBlk:\t0000000000000800$/m, result.stderr);
    t.match(result.stdout, /^SigIgn:\t0000000000000000$/m);
  },
);

t.test('no descriptor but 0, 1 and 2 is open', { skip: skipIf() }, async (t) => {
  const result = box.run((config) => (config.process.args = ['ls', '/proc/self/fd']));
  // 3 is the directory ls itself has open.
  t.equal(result.stdout, '0\n1\n2\n3\n', result.stderr);
});

t.test(
  'the process is the leader of its session',
  { skip: skipIf() },
  shows('cut -d" " -f5,6 /proc/1/stat', () => {}, '1 1\n'),
);

t.test('memoryPolicy', { skip: skipIf(tsruncOnly('memoryPolicy is of spec 1.3')) }, async (t) => {
  for (const [flags, shown] of [
    [[], /^\w+ bind:0 /],
    [['MPOL_F_STATIC_NODES'], /^\w+ bind=static:0 /],
    [['MPOL_F_RELATIVE_NODES'], /^\w+ bind=relative:0 /],
  ] as const) {
    const result = box.sh('head -1 /proc/self/numa_maps', (config) => {
      config.ociVersion = '1.3.0';
      config.linux.memoryPolicy = { mode: 'MPOL_BIND', nodes: '0', flags: [...flags] };
    });
    // A kernel without NUMA has no set_mempolicy: then the field must be named.
    if (result.status === 0) t.match(result.stdout, shown);
    else t.match(result.stderr, /memoryPolicy/);
  }
});

box.end(t);
