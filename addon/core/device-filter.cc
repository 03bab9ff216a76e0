#include "device-filter.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "owned-descriptor.h"

namespace tsrunc {

namespace {

// Marks a program as ours, so that an update replaces it and leaves a service manager's alone.
constexpr char program_name[BPF_OBJ_NAME_LEN] = "tsrunc_devices";

int bpf(bpf_cmd command, bpf_attr &attributes) {
  return static_cast<int>(syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

// A signal interrupts the kernel's check of a program, which then says EAGAIN: SIGCHLD does, when init ends meanwhile.
constexpr int most_interruptions = 100;

int load_program(const ByteSpan &program) {
  bpf_attr attributes = {};
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attributes.insns = reinterpret_cast<uint64_t>(program.data);
  attributes.insn_cnt = static_cast<uint32_t>(program.size / sizeof(bpf_insn));
  attributes.license = reinterpret_cast<uint64_t>("Apache-2.0");
  memcpy(attributes.prog_name, program_name, sizeof program_name);
  int fd = -1;
  for (int tries = 0; tries < most_interruptions; tries++) {
    fd = bpf(BPF_PROG_LOAD, attributes);
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return fd;
}

// Before Linux 5.11 programs count as locked memory.
int load_with_more_memory(const ByteSpan &program) {
  int fd = load_program(program);
  if (fd >= 0 || errno != EPERM) return fd;
  rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
  if (setrlimit(RLIMIT_MEMLOCK, &limit) < 0) {
    // Not permitted: as far as the hard limit goes then.
    getrlimit(RLIMIT_MEMLOCK, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_MEMLOCK, &limit);
  }
  return load_program(program);
}

// The program with our name that is attached to the cgroup, or an invalid descriptor.
OwnedDescriptor attached_program(int cgroup) {
  uint32_t ids[64] = {};
  bpf_attr query = {};
  query.query.target_fd = static_cast<uint32_t>(cgroup);
  query.query.attach_type = BPF_CGROUP_DEVICE;
  query.query.prog_ids = reinterpret_cast<uint64_t>(ids);
  query.query.prog_cnt = sizeof ids / sizeof *ids;
  if (bpf(BPF_PROG_QUERY, query) < 0) return OwnedDescriptor();
  for (uint32_t i = 0; i < query.query.prog_cnt; i++) {
    bpf_attr by_id = {};
    by_id.prog_id = ids[i];
    OwnedDescriptor fd(bpf(BPF_PROG_GET_FD_BY_ID, by_id));
    if (!fd.valid()) continue;
    bpf_prog_info info = {};
    bpf_attr about = {};
    about.info.bpf_fd = static_cast<uint32_t>(fd.get());
    about.info.info_len = sizeof info;
    about.info.info = reinterpret_cast<uint64_t>(&info);
    if (bpf(BPF_OBJ_GET_INFO_BY_FD, about) == 0 && strncmp(info.name, program_name, sizeof program_name) == 0) return fd;
  }
  return OwnedDescriptor();
}

} // namespace

Status attach_device_filter(const std::string &cgroup, const ByteSpan &program) {
  OwnedDescriptor directory(open_path(cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return failure("open", cgroup);
  OwnedDescriptor loaded(load_with_more_memory(program));
  if (!loaded.valid()) return failure("bpf", cgroup);

  OwnedDescriptor old = attached_program(directory.get());
  bpf_attr attach = {};
  attach.target_fd = static_cast<uint32_t>(directory.get());
  attach.attach_bpf_fd = static_cast<uint32_t>(loaded.get());
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;
  if (old.valid()) {
    attach.attach_flags |= BPF_F_REPLACE;
    attach.replace_bpf_fd = static_cast<uint32_t>(old.get());
  }
  if (bpf(BPF_PROG_ATTACH, attach) == 0) return Done{};
  // No BPF_F_REPLACE before Linux 5.6: both are attached for a moment, in which what both allow is allowed.
  if (!old.valid() || errno != EINVAL) return failure("bpf", cgroup);
  attach.attach_flags = BPF_F_ALLOW_MULTI;
  attach.replace_bpf_fd = 0;
  if (bpf(BPF_PROG_ATTACH, attach) < 0) return failure("bpf", cgroup);
  bpf_attr detach = {};
  detach.target_fd = static_cast<uint32_t>(directory.get());
  detach.attach_bpf_fd = static_cast<uint32_t>(old.get());
  detach.attach_type = BPF_CGROUP_DEVICE;
  if (bpf(BPF_PROG_DETACH, detach) < 0) return failure("bpf", cgroup);
  return Done{};
}

} // namespace tsrunc
