import { join } from 'node:path';
import t from 'tap';
import type { Seccomp } from '../../src/config/spec.js';
import { compile, needsCompiler } from '../helpers/compile.js';
import { receiver } from '../helpers/python.js';
import { runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, kindIs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

/** Everything is allowed but what `syscalls` says; `script` is run. */
function under(seccomp: Partial<Seccomp>, script: string, noNewPrivileges = true) {
  return box.sh(script, (config) => {
    config.linux.seccomp = { defaultAction: 'SCMP_ACT_ALLOW', ...seccomp };
    config.process.noNewPrivileges = noNewPrivileges;
    config.process.capabilities.bounding!.push('CAP_CHOWN');
    config.process.capabilities.permitted!.push('CAP_CHOWN');
    config.process.capabilities.effective!.push('CAP_CHOWN');
  });
}

for (const noNewPrivileges of [true, false]) {
  t.test(`errno, with noNewPrivileges ${noNewPrivileges}`, { skip: skipIf() }, async (t) => {
    const result = under(
      { syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }] },
      'mkdir /tmp/x; grep ^Seccomp: /proc/self/status; touch /tmp/y && echo fine',
      noNewPrivileges,
    );
    t.match(result.stderr, /Operation not permitted/);
    t.equal(result.stdout, 'Seccomp:\t2\nfine\n');
  });
}

t.test('errnoRet and defaultErrnoRet', { skip: skipIf() }, async (t) => {
  const result = under(
    { syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 }] },
    'mkdir /tmp/x',
  );
  t.match(result.stderr, /No space left on device/);
});

t.test('an allow-list', { skip: skipIf() }, async (t) => {
  const names =
    'execve execveat read write readv writev close exit exit_group brk mmap munmap mprotect arch_prctl set_tid_address ' +
    'getuid geteuid getgid getegid getppid getpid getcwd rt_sigaction rt_sigprocmask rt_sigreturn prctl stat newfstatat ' +
    'fstat lstat statfs fstatfs ioctl fcntl openat open set_robust_list rseq prlimit64 getrandom readlink readlinkat uname futex dup2 ' +
    'clone fork vfork wait4 statx fsopen fsconfig fsmount open_tree openat2 pipe2 epoll_create1 epoll_pwait setuid setgid setgroups getdents64 access faccessat faccessat2 poll nanosleep chdir fchdir capset capget close_range';
  const result = under(
    {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 38,
      syscalls: [{ names: names.split(' '), action: 'SCMP_ACT_ALLOW' }],
    },
    'echo alive; sync; mkdir /tmp/x',
  );
  t.match(result.stdout, /^alive\n/, result.stderr);
  t.match(result.stderr, /mkdir: can't create directory '\/tmp\/x': Function not implemented/);
});

const sanitized =
  runtime.includes('/sanitize/') && "the sanitizers' own handler of traps wants calls, and runs for ever";

for (const errno of [1, 4, 11, 38, 0]) {
  t.test(`errno ${errno} for every call there is: run ends, and says so`, { skip: skipIf(sanitized) }, async (t) => {
    const result = box.run((config) => {
      config.linux.seccomp = { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: errno };
    });
    t.equal(result.status, 1, `signal ${result.signal}`);
    if (kindIs('tsrunc')) t.match(result.stderr, /init (was killed|ended)/);
  });
}

t.test(
  'a filter that answers 0 to capset and does nothing leaves no capability',
  { skip: skipIf(differs({ runc: 'leaves it to execve', crun: 'refuses the filter' })) },
  async (t) => {
    const result = under(
      { syscalls: [{ names: ['capset'], action: 'SCMP_ACT_ERRNO', errnoRet: 0 }] },
      'grep Cap /proc/self/status',
      false,
    );
    t.equal(result.status, 1);
    t.match(result.stderr, /\/process\/capabilities: .*capset/);
  },
);

t.test('args', { skip: skipIf() }, async (t) => {
  // chown(path, 7, …) is refused, every other owner is fine.
  const result = under(
    {
      syscalls: [
        {
          names: ['chown'],
          action: 'SCMP_ACT_ERRNO',
          errnoRet: 1,
          args: [{ index: 1, value: 7, op: 'SCMP_CMP_EQ' }],
        },
        {
          names: ['fchmodat', 'chmod'],
          action: 'SCMP_ACT_ERRNO',
          errnoRet: 16,
          // The mode is the second or the third argument; both forms are covered by the mask of the second.
          args: [{ index: 1, value: 0o7777, valueTwo: 0o700, op: 'SCMP_CMP_MASKED_EQ' }],
        },
      ],
    },
    'touch /tmp/f; chown 7 /tmp/f; chown 8 /tmp/f && stat -c %u /tmp/f; touch /tmp/g; chmod 700 /tmp/g; chmod 711 /tmp/g && stat -c %a /tmp/g',
  );
  t.equal(result.stdout, '8\n711\n', result.stderr);
  t.match(result.stderr, /chown.*Operation not permitted/);
  t.match(result.stderr, /chmod.*busy/);
});

t.test('kill', { skip: skipIf() }, async (t) => {
  const result = under(
    { syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_KILL_PROCESS' }] },
    'mkdir /tmp/x; echo "status $?"',
  );
  t.equal(result.stdout, 'status 159\n', 'SIGSYS is 31');
});

t.test('architectures and unknown names', { skip: skipIf() }, async (t) => {
  const result = under(
    {
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
      syscalls: [{ names: ['mkdir', 'mkdirat', 'no_such_call'], action: 'SCMP_ACT_ERRNO', errnoRet: 5 }],
    },
    'mkdir /tmp/x',
  );
  t.match(result.stderr, /I\/O error|Input\/output error/);
});

t.test('flags', { skip: skipIf(differs({ runc: 'flags came with 1.2' })) }, async (t) => {
  const result = under(
    {
      flags: ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'],
      syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_LOG' }],
    },
    'mkdir /tmp/x && echo made',
  );
  t.equal(result.stdout, 'made\n', result.stderr);
});

t.test('an unknown action, operator or flag is refused', { skip: skipIf() }, async (t) => {
  for (const seccomp of [
    { defaultAction: 'SCMP_ACT_NONE' },
    { syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_MAYBE' }] },
    { architectures: ['SCMP_ARCH_Z80'] },
    { syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, value: 1, op: 'SCMP_CMP_LIKE' }] }] },
  ]) {
    const result = under(seccomp, 'true');
    t.not(result.status, 0, JSON.stringify(seccomp));
    t.match(result.stderr, /seccomp|string/, JSON.stringify(seccomp));
  }
});

/** What a program in C needs to start, make calls in children and print; and what the control does inside the filter. */
const basic =
  'execve brk mmap munmap mprotect arch_prctl set_tid_address set_robust_list rseq prlimit64 getrandom read write writev ' +
  'exit exit_group fstat newfstatat statx ioctl readlink readlinkat clone clone3 fork wait4 rt_sigaction rt_sigprocmask ' +
  'rt_sigreturn getpid getppid gettid futex close fcntl openat lseek sched_yield nanosleep sigaltstack tgkill epoll_ctl epoll_pwait ' +
  'getcwd chdir capset capget setuid setgid setgroups prctl openat2 faccessat2 pread64 close_range madvise getuid ' +
  'statfs fstatfs fsopen fsconfig fsmount open_tree pipe2 epoll_create1 eventfd2 umask dup2 dup3 unlinkat getdents64';

/** A line of odd-calls.c each: `name: outcome`, as an object. */
function outcomes(stdout: string): Record<string, string> {
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(': ') as [string, string]),
  );
}

const compiled = join(box.directory('bin'), 'odd-calls');

function oddCalls(profile: Partial<Seccomp> | undefined) {
  return box.run((config) => {
    config.mounts.push({ destination: '/odd-calls', source: compiled, options: ['bind'] });
    config.process.args = ['/odd-calls'];
    if (profile !== undefined) config.linux.seccomp = { defaultAction: 'SCMP_ACT_ALLOW', ...profile };
  });
}

t.test(
  'calls of another ABI, and numbers that are none',
  { skip: skipIf(needsCompiler(), process.arch !== 'x64' && 'the calls are those of x86-64') },
  async (t) => {
    compile('odd-calls.c', compiled);
    const free = outcomes(oddCalls(undefined).stdout);
    const SIGSYS = 'signal 31';
    const all = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'];
    const denied = { names: ['getppid'], action: 'SCMP_ACT_ERRNO', errnoRet: 99 };
    const allowed = { names: basic.split(' '), action: 'SCMP_ACT_ALLOW' };
    for (const architectures of [undefined, ['SCMP_ARCH_X86_64'], all]) {
      const x32 = architectures === all;
      const more = architectures && { architectures };
      for (const defaultAction of ['SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO', 'SCMP_ACT_KILL_PROCESS']) {
        const what = `${defaultAction}, ${architectures?.join(' ') ?? 'no architectures'}`;
        const open = defaultAction === 'SCMP_ACT_ALLOW';
        const { stdout, stderr } = oddCalls({ defaultAction, ...more, syscalls: [open ? denied : allowed] });
        const found = outcomes(stdout);
        t.equal(found.getpid, 'fine', `${what}: ${stderr}`);
        t.equal(found.getppid, open ? 'errno 99' : 'fine', what);
        t.equal(found['2000'], 'errno 38', what);
        t.equal(found['0x3fffffff'], 'errno 38', what);
        const asDefault = open ? 'errno 38' : defaultAction === 'SCMP_ACT_ERRNO' ? 'errno 1' : SIGSYS;
        for (const name of ['x32 getpid', 'x32 getppid', 'x32 2000', '0x7fffffff']) {
          const listed = open && name === 'x32 getppid' ? 'errno 99' : 'errno 38';
          t.equal(found[name], x32 ? listed : SIGSYS, `${what}: ${name}`);
        }
        // runc takes negative numbers for calls of x32 that are newer than all, where that is listed, and for newer ones of x86-64.
        if (kindIs('tsrunc')) {
          t.equal(found['-1'], asDefault, `${what}: -1`);
          for (const name of ['-2', '0x80000000']) t.equal(found[name], x32 ? asDefault : SIGSYS, `${what}: ${name}`);
        } else if (!x32) t.equal(found['-1'], asDefault, `${what}: -1`);
        // Without IA-32 emulation in the kernel there is no such call.
        if (free['i386 getpid'] === 'fine') {
          t.equal(found['i386 getpid'], x32 ? 'fine' : SIGSYS, what);
          t.equal(found['i386 getppid'], !x32 ? SIGSYS : open ? 'errno 99' : 'fine', what);
          t.equal(found['i386 2000'], x32 ? 'errno 38' : SIGSYS, what);
        } else t.equal(found['i386 getpid'], free['i386 getpid'], what);
      }
    }
  },
);

t.test(
  'of rules that want different things of one call the strictest that holds decides',
  { skip: skipIf(differs({ runc: 'keeps the rule without args', crun: 'keeps the rule without args' })) },
  async (t) => {
    const chown = (action: string, owner?: number, errnoRet?: number) => ({
      names: ['chown', 'fchownat', 'lchown'],
      action,
      ...(errnoRet !== undefined && { errnoRet }),
      ...(owner !== undefined && { args: [{ index: 1, value: owner, op: 'SCMP_CMP_EQ' }] }),
    });
    const script = 'touch /tmp/f; chown 7 /tmp/f; chown 8 /tmp/f; echo $(stat -c %u /tmp/f)';
    const rules = [chown('SCMP_ACT_LOG'), chown('SCMP_ACT_ERRNO', 7, 16)];
    for (const syscalls of [rules, rules.toReversed()]) {
      const { stdout, stderr } = under({ syscalls }, script);
      t.equal(stdout, '8\n', stderr);
      t.match(stderr, /chown: \/tmp\/f: .*busy/i);
    }
    const strict = under(
      { syscalls: [chown('SCMP_ACT_ERRNO', undefined, 16), chown('SCMP_ACT_KILL_PROCESS', 7)] },
      script,
    );
    t.equal(strict.stdout, '0\n');
    t.match(strict.stderr, /Bad system call.*\n?.*busy/i);
  },
);

t.test('listenerPath: the agent gets the state and the descriptor', { skip: skipIf() }, async (t) => {
  const socket = join(box.directory(), 'agent');
  const agent = await receiver(socket, 'seccomp');
  const { id } = box.create((config) => {
    config.process.args = ['sh', '-c', 'mkdir /tmp/x; sleep 1000'];
    config.linux.seccomp = {
      defaultAction: 'SCMP_ACT_ALLOW',
      listenerPath: socket,
      listenerMetadata: 'for-the-agent',
      syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' }],
    };
  });
  const { pid } = box.state(id);
  t.equal(box.call(['start', id]).status, 0);
  const lines = await agent.lines();
  t.equal(lines[0]?.fds, 1);
  const payload = JSON.parse(String(lines[0]?.payload));
  t.match(payload, { fds: ['seccompFd'], pid, metadata: 'for-the-agent', state: { id, status: 'creating' } });
  t.type(payload.ociVersion, 'string');
  t.equal(lines[1]?.syscall, 83, 'mkdir on x86_64');
  box.remove(id);
});

t.test(
  'SCMP_ACT_NOTIFY as the default, for write, or without a listener is refused',
  { skip: skipIf(differs({ runc: 'listener not demanded' })) },
  async (t) => {
    const listenerPath = '/run/no-such-agent';
    for (const seccomp of [
      { defaultAction: 'SCMP_ACT_NOTIFY', listenerPath },
      { listenerPath, syscalls: [{ names: ['write'], action: 'SCMP_ACT_NOTIFY' }] },
      { syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' }] },
    ]) {
      const result = under(seccomp, 'true');
      t.not(result.status, 0, JSON.stringify(seccomp));
      t.match(result.stderr, /seccomp/i);
    }
  },
);

box.end(t);
