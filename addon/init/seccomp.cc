#include "descriptors.h"
#include "socket.h"
#include "steps.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

// From here on the filter holds for init too, and init uses as little as it can. The runtime fetches the listener's descriptor
// (pidfd_getfd), since sending it could be forbidden by now.
int run(Context &context, const step::Seccomp &step) {
  if (seal(context) != 0) return -1;
  if (step.filter.size % sizeof(sock_filter) != 0 || step.filter.size / sizeof(sock_filter) > BPF_MAXINSNS)
    return context.fail("seccomp", -EINVAL, "a filter of ", static_cast<u64>(step.filter.size), " bytes");
  const sock_fprog program{static_cast<u16>(step.filter.size / sizeof(sock_filter)),
                           reinterpret_cast<sock_filter *>(const_cast<u8 *>(step.filter.data))};
  const long result = sys::invoke(__NR_seccomp, SECCOMP_SET_MODE_FILTER, step.flags, &program);
  if (result < 0) return context.fail("seccomp", result);
  if ((step.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) == 0) {
    // With TSYNC: a thread that couldn't be brought in, and no filter at all. Init has none but itself.
    return result == 0 ? 0 : context.fail("seccomp", -ESRCH, "SECCOMP_FILTER_FLAG_TSYNC");
  }
  send(context, message::listener, static_cast<i32>(result), {"", 0});
  Bytes nothing;
  if (receive_reply(context, nothing) != 0) return -1;
  sys::close(static_cast<int>(result));
  return 0;
}
