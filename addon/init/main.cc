// The container's first process. Started by addon/core as {"tsrunc:[INIT] …", socket, soft limit, hard limit, moved} (RLIMIT_NOFILE
// of the caller; whether it was put on other CPUs than the caller's), with the standard streams at 0, 1, 2, preserved descriptors
// from 3 on, and the socket above those. Reads its slots and the plan from the socket, maybe in parts, runs the steps in order, and
// becomes the container's process.
#include "../core/cycles.h"
#include "descriptors.h"
#include "plan.h"
#include "procfs.h"
#include "signals.h"
#include "socket.h"
#include "steps.h"
#include "vector.h"

#include <linux/close_range.h>
#include <linux/prctl.h>

namespace {

Context context;

constexpr const char *process_name = "tsrunc:[INIT]";

u64 parse(const char *text) {
  u64 value = 0;
  for (; *text >= '0' && *text <= '9'; text++) value = value * 10 + static_cast<u64>(*text - '0');
  return value;
}

// What needs no plan.
int settle() {
  sys::prctl(PR_SET_NAME, reinterpret_cast<u64>(process_name));
  const long swept = sys::close_range(static_cast<u32>(context.socket), ~0u, CLOSE_RANGE_CLOEXEC);
  if (swept < 0) return context.fail("close_range", swept);
  if (reset_signals(context) != 0 || heed_signals(context) != 0) return -1;
  // Every mode in the plan is exact.
  const long umask = sys::umask(0);
  if (umask < 0) return context.fail("umask", umask);
  context.inherited_umask = static_cast<u32>(umask);
  context.proc = open_proc_root();
  return 0;
}

// What has to be known before the step that says it.
int look_ahead(PlanWalker walker, u32 first) {
  u32 kind;
  Reader fields;
  for (context.index = first; walker.next(kind, fields); context.index++) {
    if (kind == step::Exec::kind) {
      step::Exec exec;
      if (!decode(fields, exec)) return malformed(context);
      context.preserve = exec.preserve;
      // Now, as the filter might forbid mmap later.
      context.exec_memory = allocate(vector_size(exec.args) + vector_size(exec.env), true);
    } else if (kind == step::WaitStart::kind) {
      step::WaitStart wait;
      if (!decode(fields, wait)) return malformed(context);
      context.start_slot = wait.input;
      context.status_slot = wait.output;
    } else if (kind == step::Hook::kind) {
      step::Hook hook;
      if (!decode(fields, hook)) return malformed(context);
      context.hook_out_slot = hook.out;
      context.hook_err_slot = hook.err;
    } else if (kind == step::Seccomp::kind) {
      // For hooks that come before it.
      step::Seccomp seccomp;
      if (!decode(fields, seccomp)) return malformed(context);
      context.filter = {seccomp.flags, seccomp.filter};
    } else if (kind == step::TimeOffsets::kind) {
      context.shifts_time = true;
    }
  }
  return walker.damaged() ? malformed(context) : 0;
}

// Until it has its whole plan, init keeps off the runtime's CPU, as the thread that spawned it did: woken there it would wait
// behind the runtime, with other CPUs idle. From Linux 6.2 on the caller's mask (or a systemd unit's CPUAffinity=) would outlast
// the entry into a cpuset, which is what says where a container runs; runc drops the mask too. The kernel leaves out what the
// cpuset doesn't have. Where a filter forbids the call, the mask is the caller's still, and stays, as with runc.
int use_every_cpu() {
  constexpr u32 most_cpus = 8192;
  u64 cpus[most_cpus / 64];
  for (u64 &word : cpus) word = ~0ull;
  const long result = sys::invoke(__NR_sched_setaffinity, 0, sizeof cpus, cpus);
  return result < 0 && context.moved ? context.fail("sched_setaffinity", result) : 0;
}

wire::StepTimes *times_of_step() {
  return context.step_times && context.index < wire::most_timed_steps ? &context.step_times[context.index] : nullptr;
}

int run_step(u32 kind, Reader fields) {
  if (wire::StepTimes *times = times_of_step()) times->begin = wire::cycles();
  const int result = step::dispatch(context, kind, fields);
  if (wire::StepTimes *times = times_of_step()) times->end = wire::cycles();
  return result;
}

int run_steps(PlanWalker walker, u32 first) {
  u32 kind;
  Reader fields;
  for (context.index = first; walker.next(kind, fields); context.index++)
    if (run_step(kind, fields) != 0) return -1;
  return 0;
}

// A part of the plan; `first` is the number of its first step.
int carry_out_part(PlanHeader &header, u32 first) {
  receive_slots(context);
  receive(context.socket, &header, sizeof header);
  if (!valid(header)) return malformed(context);
  char *plan = static_cast<char *>(allocate(header.size, true));
  memcpy(plan, &header, sizeof header);
  receive(context.socket, plan + sizeof header, header.size - sizeof header);
  const PlanWalker walker(plan, header);
  if (look_ahead(walker, first) != 0) return -1;
  if (!header.more && use_every_cpu() != 0) return -1;
  if (context.shifts_time && context.time_offsets < 0)
    context.time_offsets = open_proc(context, "self/timens_offsets", O_WRONLY).release();
  return run_steps(walker, first);
}

int carry_out() {
  if (settle() != 0) return -1;
  PlanHeader header;
  u32 first = 0;
  do {
    if (carry_out_part(header, first) != 0) return -1;
    first += header.count;
  } while (header.more);
  return context.fail(no_call, -EPROTO, no_path, "the plan ends without a step exec");
}

[[noreturn]] void start(int argc, char **argv) {
  if (argc != 5) sys::exit(2);
  context.index = no_step;
  context.socket = context.in = context.out = static_cast<int>(parse(argv[1]));
  context.file_limit = {parse(argv[2]), parse(argv[3])};
  context.moved = parse(argv[4]) != 0;
  // The last one is a digit; its NUL has to stay, or the kernel would look for more behind it.
  context.title = {argv[0], static_cast<u64>(argv[4] + 1 - argv[0])};
  context.root = context.null_device.descriptor = context.empty_directory.descriptor = context.time_offsets = -EBADF;
  context.start_slot = context.status_slot = context.hook_out_slot = context.hook_err_slot = step::no_slot;
  carry_out();
  send(context, context.failure_kind, context.failure_value, context.failure_text.get());
  sys::exit(1);
}

} // namespace

int malformed(Context &context) { return context.fail(no_call, -EPROTO, no_path, "not a plan of this version"); }

void Context::begin_failure(const char *call, long result) {
  failure_kind = message::error;
  failure_value = static_cast<i32>(-result);
  failure_text.clear();
  failure_text.add(call);
  end_part();
}

void *allocate(u64 size, bool filled) {
  const long result = sys::map(size > 0 ? size : 1, filled);
  if (sys::failed(result)) {
    context.fail("mmap", result);
    send(context, context.failure_kind, context.failure_value, context.failure_text.get());
    sys::exit(1);
  }
  return reinterpret_cast<void *>(result);
}

#ifdef TSRUNC_HOSTED

int main(int argc, char **argv) { start(argc, argv); }

#else

// What the compiler puts between a function's arrays and its return address, and compares before it returns.
extern "C" {
u64 __stack_chk_guard;

// Nothing on the stack can be trusted any more: no message, no error.
[[noreturn, gnu::used]] void __stack_chk_fail() { __builtin_trap(); }
}

// Random bytes of the kernel (getauxval(3), AT_RANDOM). The first stays zero, which ends a string before it gets over.
static void set_guard(const long *auxiliary) {
  constexpr long random_bytes = 25;
  for (; auxiliary[0] != 0; auxiliary += 2) {
    if (auxiliary[0] != random_bytes) continue;
    memcpy(&__stack_chk_guard, reinterpret_cast<const void *>(auxiliary[1]), sizeof __stack_chk_guard);
    __stack_chk_guard &= ~u64{0xff};
  }
}

// Has the kernel make the pages at once that steps use: a page fault each takes ten times as long in a virtual machine. Since Linux 5.14.
[[gnu::no_stack_protector]] static void make_pages(const void *from, u64 size, int advice) {
  constexpr u64 page = 4096;
  const u64 start = reinterpret_cast<u64>(from) & ~(page - 1);
  sys::invoke(__NR_madvise, start, reinterpret_cast<u64>(from) + size - start, advice);
}

// Where the linker puts constants.
extern "C" const char __etext[];

[[gnu::no_stack_protector]] static void make_first_pages(const long *stack) {
  constexpr u64 page = 4096;
  constexpr int populate_read = 22, populate_write = 23;
  make_pages(__etext, page, populate_read);
  make_pages(&context, __builtin_offsetof(Context, slots) + page, populate_write);
  make_pages(&context.attached, sizeof context.attached[0], populate_write);
  // Paths mostly.
  make_pages(reinterpret_cast<const char *>(stack) - 7 * page, 7 * page, populate_write);
}

// The stack holds argc, argv, the environment and the auxiliary vector when the kernel starts a program.
extern "C" [[noreturn, gnu::used, gnu::no_stack_protector]] void start_with(long *stack) {
  make_first_pages(stack);
  const long *auxiliary = stack + 1 + stack[0] + 1;
  while (*auxiliary++ != 0) {
  }
  set_guard(auxiliary);
  start(static_cast<int>(stack[0]), reinterpret_cast<char **>(stack + 1));
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n  xor %ebp, %ebp\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call start_with\n");
#else
__asm__(".globl _start\n_start:\n  mov x29, #0\n  mov x30, #0\n  mov x0, sp\n  bl start_with\n");
#endif

#endif
