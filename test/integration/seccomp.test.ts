import { join } from 'node:path';
import t from 'tap';
import type { Seccomp } from '../../src/config/spec.js';
import { receiver } from '../helpers/python.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, kindIs, skipIf, tsruncOnly } from '../helpers/when.js';

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
    'clone fork vfork wait4 setuid setgid setgroups getdents64 access faccessat faccessat2 poll nanosleep chdir fchdir capset capget close_range';
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

for (const errno of [1, 4, 11, 38, 0]) {
  t.test(`errno ${errno} for every call there is: run ends, and says so`, { skip: skipIf() }, async (t) => {
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

t.test(
  'a call newer than the profile gives ENOSYS, not the default errno',
  { skip: skipIf(tsruncOnly('needs a newer libseccomp than the control has')) },
  async (t) => {
    // Nothing in busybox makes such a call on its own; exec of a helper that does would need a compiler. The profile
    // that ends at an old call must still let the shell run.
    const result = under(
      { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['acct'], action: 'SCMP_ACT_ERRNO' }] },
      'echo fine',
    );
    t.equal(result.stdout, 'fine\n', result.stderr);
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
