#include "calls.h"

#include <cstddef>
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

namespace {

// Index of the argument that tells calls of one number apart; -1 for none.
int selector(long number) {
  switch (number) {
    case SYS_prctl:
    case SYS_keyctl: return 0;
    case SYS_fcntl:
    case SYS_ioctl:
    case SYS_fsconfig:
    case SYS_futex: return 1;
    default: return -1;
  }
}

} // namespace

Side stopped_at(pid_t pid, Call &call, Place &place) {
  __ptrace_syscall_info info = {};
  if (ptrace(static_cast<__ptrace_request>(PTRACE_GET_SYSCALL_INFO), pid, sizeof info, &info) < 0) return Side::none;
  if (info.op == PTRACE_SYSCALL_INFO_EXIT) return Side::exit;
  if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return Side::none;
  call.number = static_cast<long>(info.entry.nr);
  place = {info.instruction_pointer, info.stack_pointer};
  const int at = selector(call.number);
  call.which = at < 0 ? 0 : static_cast<long>(static_cast<uint32_t>(info.entry.args[at]));
  return Side::entry;
}

// getpid and not -1: the container's filter may kill for a number that is none.
bool skip_call(pid_t pid) {
#if defined(__x86_64__)
  return ptrace(PTRACE_POKEUSER, pid, offsetof(user_regs_struct, orig_rax), SYS_getpid) == 0;
#else
  int number = SYS_getpid;
  iovec part = {&number, sizeof number};
  return ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &part) == 0;
#endif
}

bool set_answer(pid_t pid, long value) {
#if defined(__x86_64__)
  return ptrace(PTRACE_POKEUSER, pid, offsetof(user_regs_struct, rax), value) == 0;
#else
  user_regs_struct registers;
  iovec part = {&registers, sizeof registers};
  if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &part) < 0) return false;
  registers.regs[0] = static_cast<unsigned long>(value);
  return ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &part) == 0;
#endif
}
