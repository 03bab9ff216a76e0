#include "namespaces.h"

#include <csignal>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "clone.h"
#include "files.h"
#include "owned-descriptor.h"
#include "raw.h"

namespace tsrunc {

namespace {

// A user namespace needs a process in it until it is held by a descriptor: this one waits until it is killed.
int run_parked(void *) {
  for (;;) raw::call(SYS_ppoll, 0, 0, 0, 0, 0);
}

// Without O_TRUNC: the map files take one write, and nothing else.
Status write_map(const std::string &path, const std::string &text) {
  OwnedDescriptor fd(retried([&] { return open_path(path.c_str(), O_WRONLY | O_CLOEXEC); }));
  if (!fd.valid()) return failure("open", path);
  ssize_t count = retried([&] { return write(fd.get(), text.data(), text.size()); });
  if (count != static_cast<ssize_t>(text.size())) return failure("write", path);
  return Done{};
}

Result<int> mapped_namespace(int pid, const std::string &uid_map, const std::string &gid_map) {
  const std::string process = "/proc/" + std::to_string(pid);
  Status uids = write_map(process + "/uid_map", uid_map);
  if (uids.failed()) return uids.error();
  Status gids = write_map(process + "/gid_map", gid_map);
  if (gids.failed()) return gids.error();
  const std::string path = process + "/ns/user";
  int fd = retried([&] { return open_path(path.c_str(), O_RDONLY | O_CLOEXEC); });
  if (fd < 0) return failure("open", path);
  return fd;
}

} // namespace

Result<uint32_t> namespace_type(int fd) {
  int type = ioctl(fd, NS_GET_NSTYPE);
  if (type < 0) return failure("ioctl");
  return static_cast<uint32_t>(type);
}

Result<int> user_namespace(const std::string &uid_map, const std::string &gid_map) {
  auto child = clone_child(CLONE_NEWUSER, -1, run_parked, nullptr, false);
  if (child.failed()) return child.error();
  Result<int> fd = mapped_namespace(child.value().pid, uid_map, gid_map);
  kill(child.value().pid, SIGKILL);
  reap(child.value());
  return fd;
}

} // namespace tsrunc
