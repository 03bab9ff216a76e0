/** Profiles that let the probe and both runtimes work: of other calls any action, any condition. */
import type { Seccomp, SeccompArg, SeccompSyscall } from '../../../src/config/spec.js';
import type { Random } from '../random.js';

/** What the probe and the init of either runtime call after the filter is loaded. */
const needed = `
  accept4 access alarm arch_prctl bind brk capget capset chdir chmod chown clock_gettime clock_nanosleep clone clone3 close close_range connect
  dup dup2 dup3 epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd2 execve execveat exit exit_group faccessat faccessat2
  fadvise64 fchdir fchown fchownat fcntl fork fsconfig fstat fstatfs futex get_mempolicy getcwd getdents64 getegid geteuid getgid
  getgroups getpgrp getpid getrandom getresgid getresuid getrlimit getsid getsockname getsockopt gettid getuid inotify_init1 ioctl
  ioprio_get lseek lstat madvise memfd_create mincore mkdirat mknod mknodat mmap mprotect mremap munmap newfstatat open openat openat2 pipe2 poll
  ppoll prctl pread64 prlimit64 pwrite64 read readlink readlinkat recvfrom recvmsg restart_syscall rseq rt_sigaction rt_sigprocmask
  rt_sigreturn rt_sigsuspend sched_getaffinity sched_getattr sched_yield seccomp sendmsg sendto set_robust_list set_tid_address
  setgid setgroups setresgid setresuid setsid setuid sigaltstack signalfd4 socketpair stat statfs statx tgkill umask
  uname unlink unlinkat vfork wait4 waitid waitpid write writev getpeername shutdown sysinfo sched_setaffinity kill getppid fsopen pidfd_open
`
  .trim()
  .split(/\s+/);

/** Calls that the probe tries in a process of its own. */
const tried = `
  mount umount2 unshare setns ptrace bpf add_key request_key perf_event_open reboot kexec_load init_module delete_module swapon
  sethostname settimeofday acct chroot pivot_root fchmod fchmodat nanosleep open_tree io_uring_setup userfaultfd
  name_to_handle_at open_by_handle_at process_vm_readv syslog futex_waitv cachestat
`
  .trim()
  .split(/\s+/);

/** Calls that the probe makes itself too: an error is all right. */
const asked = ['personality', 'socket', 'keyctl'];

const deadly = ['SCMP_ACT_KILL', 'SCMP_ACT_KILL_PROCESS', 'SCMP_ACT_KILL_THREAD', 'SCMP_ACT_TRAP'];
const mild = ['SCMP_ACT_ERRNO', 'SCMP_ACT_ERRNO', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE'];

function withErrno(random: Random, action: string): Pick<SeccompSyscall, 'action' | 'errnoRet'> {
  const takes = action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE';
  return { action, ...(takes && random.chance(0.5) && { errnoRet: random.pick([0, 1, 2, 38, 99, 4094]) }) };
}

const conditions: Record<string, SeccompArg[]> = {
  socket: [
    { index: 0, value: 2, op: 'SCMP_CMP_EQ' },
    { index: 0, value: 40, op: 'SCMP_CMP_NE' },
    { index: 0, value: 16, op: 'SCMP_CMP_GE' },
    { index: 0, value: 4294967298n, op: 'SCMP_CMP_EQ' },
  ],
  personality: [
    { index: 0, value: 0, op: 'SCMP_CMP_EQ' },
    { index: 0, value: 8, op: 'SCMP_CMP_LE' },
    { index: 0, value: 4294967295n, op: 'SCMP_CMP_EQ' },
    { index: 0, value: 8, valueTwo: 8, op: 'SCMP_CMP_MASKED_EQ' },
  ],
  fchmod: [
    { index: 1, value: 2048, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' },
    { index: 1, value: 2048, valueTwo: 2048, op: 'SCMP_CMP_MASKED_EQ' },
    { index: 1, value: 511, op: 'SCMP_CMP_GT' },
  ],
  unshare: [
    { index: 0, value: 0, op: 'SCMP_CMP_EQ' },
    { index: 0, value: 268435456, op: 'SCMP_CMP_LT' },
    { index: 0, value: 268435456, valueTwo: 268435456, op: 'SCMP_CMP_MASKED_EQ' },
  ],
};

function makeRule(random: Random, defaultAction: string): SeccompSyscall {
  const withCondition = random.chance(0.35);
  if (withCondition) {
    const name = random.pick(Object.keys(conditions));
    const lives = name === 'socket' || name === 'personality';
    const action = random.pick(
      ['SCMP_ACT_ALLOW', ...mild, ...(lives ? [] : deadly)].filter((one) => one !== defaultAction),
    );
    const args = random.some(conditions[name]!, random.pick([1, 1, 1, 2]));
    return { names: [name], ...withErrno(random, action), ...(args.length > 0 && { args }) };
  }
  const action = random.pick(['SCMP_ACT_ALLOW', ...mild, ...deadly].filter((one) => one !== defaultAction));
  const kills = deadly.includes(action);
  const names = random.someTwice(kills ? tried : [...tried, ...asked], 6);
  if (names.length === 0) names.push(random.pick(tried));
  if (random.chance(0.1)) names.push('call_of_nobody');
  return { names, ...withErrno(random, action) };
}

export function makeSeccomp(random: Random): Seccomp {
  // Every call would be in the kernel's log, which may go to a slow console.
  const logs = random.chance(0.01);
  const defaultAction = logs ? 'SCMP_ACT_LOG' : random.pick(['SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO', 'SCMP_ACT_ERRNO']);
  const rules = Array.from({ length: random.int(0, 4) }, () => makeRule(random, defaultAction));
  const closed = defaultAction === 'SCMP_ACT_ERRNO';
  const open: SeccompSyscall = { names: [...needed, ...random.some([...tried, ...asked])], action: 'SCMP_ACT_ALLOW' };
  return {
    defaultAction,
    // Not 0: a program whose denied calls pretend to succeed shows nothing, and waits for nothing.
    ...(closed && random.chance(0.4) && { defaultErrnoRet: random.pick([2, 1, 38, 99]) }),
    ...(random.chance(0.6) && {
      architectures: random.pick([
        ['SCMP_ARCH_X86_64'],
        ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
        ['SCMP_ARCH_X86', 'SCMP_ARCH_X86_64'],
        [],
      ]),
    }),
    ...(random.chance(0.3) && {
      flags: random.someTwice([
        'SECCOMP_FILTER_FLAG_LOG',
        'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
        'SECCOMP_FILTER_FLAG_TSYNC',
      ]),
    }),
    syscalls: closed ? random.shuffled([open, ...rules]) : rules,
  };
}
