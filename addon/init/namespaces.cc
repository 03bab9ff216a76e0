#include "credentials.h"
#include "procfs.h"
#include "signals.h"
#include "socket.h"
#include "steps.h"

#include <linux/prctl.h>
#include <linux/sched.h>

int run(Context &context, const step::JoinCgroup &step) {
  const Descriptor file(sys::openat(AT_FDCWD, step.path.data, O_WRONLY));
  if (!file.open()) return context.fail("openat", file.error(), step.path);
  const long result = sys::write(file.get(), "0", 1);
  return result != 1 ? context.fail("write", result < 0 ? result : -EIO, step.path) : 0;
}

int run(Context &context, const step::OomScoreAdj &step) {
  Text text;
  if (step.value < 0) text.add("-");
  text.add(static_cast<u64>(step.value < 0 ? -static_cast<i64>(step.value) : step.value));
  return write_proc(context, "self/oom_score_adj", text.get());
}

int run(Context &context, const step::Dumpable &step) {
  const long result = sys::prctl(PR_SET_DUMPABLE, step.value);
  context.undumpable = step.value == 0;
  return result < 0 ? context.fail("prctl", result, no_path, "PR_SET_DUMPABLE") : 0;
}

namespace {

// setns(2) of the descriptor in a slot, which is empty then.
int join(Context &context, u32 slot, u32 flags) {
  const Descriptor descriptor(context.slot(slot));
  if (!descriptor.open()) return context.fail("setns", -EBADF);
  context.slots[slot] = 0;
  const long result = sys::setns(descriptor.get(), flags);
  return result < 0 ? context.fail("setns", result) : 0;
}

} // namespace

int run(Context &context, const step::JoinNamespace &step) { return join(context, step.descriptor, step.type); }

int run(Context &context, const step::JoinProcess &step) { return join(context, step.pidfd, step.flags); }

int run(Context &context, const step::Unshare &step) {
  const long result = sys::unshare(step.flags);
  return result < 0 ? context.fail("unshare", result) : 0;
}

// timens_offsets belongs to the real root as long as this process is not dumpable, so root of a user namespace can't open
// it; main.cc has opened it before anything was entered. The kernel looks at the right of the opener, which holds for every user
// namespace below its own.
int run(Context &context, const step::TimeOffsets &step) {
  const Descriptor file(context.time_offsets);
  context.time_offsets = -EBADF;
  if (!file.open()) return context.fail("openat2", file.error(), "/proc/self/timens_offsets");
  const long result = sys::write(file.get(), step.offsets.data, step.offsets.size);
  if (result < 0) return context.fail("write", result, "/proc/self/timens_offsets");
  if (result != static_cast<long>(step.offsets.size)) return context.fail("write", -EIO, "/proc/self/timens_offsets");
  return 0;
}

int run(Context &context, const step::Become &step) { return change_ids(context, step.uid, step.gid); }

// CLONE_PARENT makes the child a child of the runtime, with the exit signal this process has. The child must not speak before
// `forked` is sent: it waits for a byte from its maker, and goes with it.
int run(Context &context, const step::Fork &) {
  int gate[2];
  if (const long result = sys::pipe2(gate, O_CLOEXEC); result < 0) return context.fail("pipe2", result);
  Descriptor wait(gate[0]), open(gate[1]);
  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = CLONE_PARENT | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<u64>(&pidfd);
  const long pid = sys::invoke(__NR_clone3, &arguments, sizeof arguments);
  if (pid < 0) return context.fail("clone3", pid);
  if (pid > 0) {
    send_descriptor(context, message::forked, static_cast<i32>(pid), {"", 0}, pidfd);
    sys::exit(sys::write(open.get(), "", 1) == 1 ? 0 : 1);
  }
  open.reset(-1);
  char byte;
  if (sys::read(wait.get(), &byte, 1) != 1) sys::exit(1);
  return heed_signals(context);
}

int run(Context &context, const step::Sync &step) {
  // uid_map of a process that isn't dumpable belongs to the real root: a runtime without that right couldn't write it. Nobody
  // else is in the user namespace that was made just now.
  const bool maps_ids = context.undumpable && step.event == sync_event::map_ids;
  if (maps_ids)
    if (const long result = sys::prctl(PR_SET_DUMPABLE, 1); result < 0)
      return context.fail("prctl", result, no_path, "PR_SET_DUMPABLE");
  send(context, message::sync, static_cast<i32>(step.event), {"", 0});
  Bytes payload;
  if (receive_reply(context, payload) != 0) return -1;
  if (maps_ids)
    if (const long result = sys::prctl(PR_SET_DUMPABLE, 0); result < 0)
      return context.fail("prctl", result, no_path, "PR_SET_DUMPABLE");
  if (step.event != sync_event::create_runtime || payload.size == 0) return 0;
  u64 at = 0;
  for (Bytes &state : context.states) {
    u32 size;
    if (payload.size - at < 4) return context.fail(no_call, -EPROTO, no_path, damaged_reply);
    memcpy(&size, payload.data + at, 4);
    at += 4;
    if (payload.size - at < size) return context.fail(no_call, -EPROTO, no_path, damaged_reply);
    state = {payload.data + at, size};
    at += size;
  }
  return 0;
}

int run(Context &context, const step::CloseProc &) {
  const long result = context.proc >= 0 ? sys::close(context.proc) : 0;
  context.proc = -EBADF;
  return result < 0 ? context.fail("close", result, "/proc") : 0;
}

int run(Context &context, const step::Setsid &) {
  const long result = sys::invoke(__NR_setsid);
  return result < 0 ? context.fail("setsid", result) : 0;
}
