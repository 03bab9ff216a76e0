// What init knows and holds while it carries a plan out, and how a step fails.
#pragma once

#include "../core/wire.h"
#include "plan.h"
#include "syscalls.h"
#include "types.h"

#include "generated/protocol.h"

// A path in two pieces, of a file below a directory.
struct PathBelow {
  const char *directory;
  const char *name;
};

// For `fail`: it isn't a path that the failure is about.
struct NoPath {};
constexpr NoPath no_path{};

// Text put together in place, cut when it is full: messages for the runtime.
class Text {
public:
  void clear() { size_ = 0; }
  Str get() const { return {data_, size_}; }
  void add(Str text) {
    const u32 room = static_cast<u32>(sizeof data_) - size_;
    const u32 size = text.size < room ? text.size : room;
    memcpy(data_ + size_, text.data, size);
    size_ += size;
  }
  void add(const char *text) { add(str(text)); }
  void add(PathBelow path) {
    add(path.directory);
    add(path.name);
  }
  void add(NoPath) {}
  void add(u64 number) {
    char digits[20];
    u32 at = sizeof digits;
    do digits[--at] = static_cast<char>('0' + number % 10);
    while ((number /= 10) > 0);
    add(Str{digits + at, static_cast<u32>(sizeof digits) - at});
  }

private:
  u32 size_ = 0;
  char data_[3000];
};

// A tree of mounts that is put at several places: the first time it is moved there, from then on cloned from there. A kernel
// before 6.15 clones no mount that is nowhere attached.
struct SharedMount {
  int descriptor = -1;
  bool attached = false;
};

// The kernel's struct rlimit64.
struct Limit {
  u64 soft;
  u64 hard;
};

// What seccomp(2) takes.
struct Filter {
  u32 flags;
  Bytes program;
};

// The memory of our command line, which others see in /proc.
struct Title {
  char *text;
  u64 size;
};

struct AttachedMount {
  Str path;
  u64 id;
  // The number plus one of the mount that was put on top of this one; 0 for none.
  u32 cover;
};

constexpr u32 slot_limit = step::slot_limit;
constexpr u32 mount_limit = 8192;

// Instead of a step's index: what fails is none.
constexpr u32 no_step = ~0u;

struct Context {
  // Messages go to `out`, replies come from `in`: the runtime's socket, and after wait-start the two fifos.
  int in;
  int out;
  int socket;

  // The runtime's /proc, a directory of a real procfs; a negative errno where there is none.
  int proc;
  // timens_offsets of this process, opened while it still belongs to us (namespaces.cc).
  int time_offsets;

  // "The root" of the steps, O_PATH; -1 before open-root or adopt-root.
  int root;
  u64 root_mount;
  u64 root_inode;
  Str root_path;
  // Attached nowhere: lives as long as the descriptor.
  bool root_detached;
  u64 tree_propagation;

  SharedMount null_device;
  SharedMount empty_directory;

  u32 attached_count;

  // What later steps of the part say, read before its first one runs.
  u32 preserve;
  u32 start_slot;
  u32 status_slot;
  // Of startContainer hooks, which run after `ready`.
  u32 hook_out_slot;
  u32 hook_err_slot;
  // The device number of the file system that device-directory made.
  bool makes_devices;
  u32 device_directory[2];
  void *exec_memory;
  bool shifts_time;
  Filter filter;

  u32 inherited_umask;
  bool umask_given;

  // The runtime has put init on other CPUs than its own.
  bool moved;

  Title title;

  // RLIMIT_NOFILE of the caller, for the process; init has more.
  Limit file_limit;
  bool file_limit_given;

  bool undumpable;
  bool sealed;

  // Of a runtime that traces: shared with it; otherwise null.
  wire::StepTimes *step_times;

  // The last path that was to be there wasn't, and was made in its directory.
  bool makes_targets;

  // Id of the mount that was found last to be no procfs; 0 for none. One that init attaches later has another, or else this is 0 again.
  u64 outside_proc;

  // State documents of the reply to sync create-runtime; empty where no hook gets them.
  Bytes states[2];

  // What find-executable found, NUL-terminated; nullptr before.
  const char *executable;

  // "HOME=…" of the home step, which the environment of exec lacks; nullptr without one.
  const char *home;

  bool in_working_directory;

  // Of the step that runs now.
  u32 index;

  // The failure that ends the plan.
  u32 failure_kind;
  i32 failure_value;
  Text failure_text;

  // How many slots the runtime has filled.
  u32 slot_count;
  // Behind the last slot that was ever filled: the others lie on pages that were never touched.
  u32 slots_end;

  // What is large comes last, so that all else is on few pages.

  // Descriptors by slot, each plus one; 0 is empty.
  i32 slots[slot_limit];

  // Which mount was attached for which path, in order. A later step that names the path means this mount, whatever has
  // become of the path since: a process that shares the directory could have put a symlink there.
  AttachedMount attached[mount_limit];

  // What the steps behind a symlink that was copied find in place of the mount: there is none to change.
  static constexpr int no_mount = -1;

  // Fills a slot below the limit with a descriptor, or no_mount.
  void fill(u32 number, int descriptor) {
    slots[number] = descriptor == no_mount ? no_mount : descriptor + 1;
    if (slots_end <= number) slots_end = number + 1;
  }

  int slot(u32 number) const { return number < slot_limit ? slots[number] - 1 : -1; }

  // Records that `call` gave `result` (a negative errno): with the path it was about, which is a path and nothing else, and with
  // what there is to remark, in words. The step returns the value of this. What is added to failure_text afterwards belongs to
  // the remark, which is the last of its parts.
  template <typename Path = NoPath, typename... Words>
  int fail(const char *call, long result, Path path = {}, Words... remark) {
    begin_failure(call, result);
    failure_text.add(path);
    end_part();
    (failure_text.add(remark), ...);
    return -1;
  }

private:
  void begin_failure(const char *call, long result);
  void end_part() { failure_text.add(Str{&message::error_separator, 1}); }
};

// For `fail`, where no system call failed: what init was told makes no sense.
constexpr const char *no_call = "";

constexpr const char *in_the_root = "in the root file system";

// The same for a path that could not be opened, with what stands in the way.
inline const char *in_the_way(long error) {
  if (error == -ENOTDIR) return "in the root file system, where something else is in the place of a directory";
  if (error == -ELOOP) return "in the root file system, where a symbolic link is in the way";
  return in_the_root;
}

// Memory for good: it is given back by execve. Never returns nullptr. `filled` where all of it is going to be written to.
void *allocate(u64 size, bool filled = false);
