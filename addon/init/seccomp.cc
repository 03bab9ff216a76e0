#include "seccomp.h"

#include "descriptors.h"
#include "socket.h"
#include "steps.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

long load_filter(const Filter &filter) {
  if (filter.program.size % sizeof(sock_filter) != 0 || filter.program.size / sizeof(sock_filter) > BPF_MAXINSNS)
    return -EINVAL;
  const sock_fprog program{static_cast<u16>(filter.program.size / sizeof(sock_filter)),
                           reinterpret_cast<sock_filter *>(const_cast<u8 *>(filter.program.data))};
  const long result = sys::invoke(__NR_seccomp, SECCOMP_SET_MODE_FILTER, filter.flags, &program);
  // With TSYNC: a thread that couldn't be brought in, and no filter at all. There is none but this.
  return result > 0 && (filter.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) == 0 ? -ESRCH : result;
}

// From here on the filter holds for init too, and init uses as little as it can. The runtime fetches the listener's descriptor
// (pidfd_getfd), since sending it could be forbidden by now.
int run(Context &context, const step::Seccomp &step) {
  if (seal(context) != 0) return -1;
  const long result = load_filter({step.flags, step.filter});
  if (result < 0) return context.fail("seccomp", result, no_path, "a filter of ", static_cast<u64>(step.filter.size), " bytes");
  if ((step.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) == 0) return 0;
  send(context, message::listener, static_cast<i32>(result), {"", 0});
  Bytes nothing;
  if (receive_reply(context, nothing) != 0) return -1;
  sys::close(static_cast<int>(result));
  return 0;
}
