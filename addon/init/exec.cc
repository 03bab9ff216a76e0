// The end of the plan.
#include "descriptors.h"
#include "executable.h"
#include "socket.h"
#include "steps.h"
#include "vector.h"

namespace {

// What ps(1) shows as our command line from now on. It stands in our memory, where the kernel finds it (proc_pid_cmdline(5)): no
// system call is needed, which a filter that is in force by now might forbid.
void say_that_it_waits(const Title &title) {
  constexpr const char text[] = "tsrunc:[created] waits for start";
  if (sizeof text > title.size) return;
  memset(title.text, 0, title.size);
  memcpy(title.text, text, sizeof text);
}

} // namespace

int run(Context &context, const step::Ready &) {
  if (seal(context) != 0) return -1;
  // Before `create` returns. A container in the foreground is started at once.
  if (context.start_slot != step::no_slot) say_that_it_waits(context.title);
  send(context, message::ready, 0, {"", 0});
  return 0;
}

int run(Context &context, const step::WaitStart &step) {
  if (seal(context) != 0) return -1;
  close_root(context);
  if (step.input == step::no_slot) {
    Bytes nothing;
    return receive_reply(context, nothing);
  }
  const int input = context.slot(step.input), output = context.slot(step.output);
  if (input < 0 || output < 0) return context.fail("read", -EBADF);
  context.in = input;
  context.out = output;
  sys::close(context.socket);
  context.socket = -1;
  char byte;
  receive(context.in, &byte, 1);
  return 0;
}

// All that is open now is CLOEXEC: every descriptor of init is so from birth, and the preserved ones are the process's. Signals
// were reset at the start, when no filter could forbid it.
int run(Context &context, const step::Exec &step) {
  if (seal(context) != 0) return -1;
  if (step.args.count == 0) return context.fail("execve", -EINVAL, no_path, "no arguments");
  auto *memory = static_cast<char *>(context.exec_memory);
  const char **args = vector(memory, step.args);
  const char **env = vector(memory + vector_size(step.args), step.env, context.home);
  const char *path = context.executable != nullptr ? context.executable : args[0];
  send(context, message::starting, 0, {"", 0});
  const long result = sys::execve(path, args, env);
  context.fail("execve", result, path);
  explain_failure(context, path, result);
  return -1;
}
