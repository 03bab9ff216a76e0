#include "open-in-root.h"
#include "steps.h"

// The new working directory must have a path from the root: one reached through a descriptor that leads out of the
// container hasn't (CVE-2024-21626), and the kernel writes "(unreachable)" before it.
static int check(Context &context, Str path) {
  char current[4096] = "";
  const long result = sys::getcwd(current, sizeof current);
  if (result < 0) return context.fail("getcwd", result, path);
  return current[0] == '/' ? 0 : context.fail("getcwd", -EXDEV, path, "is not in the root file system");
}

int run(Context &context, const step::MakeDirectory &step) {
  if (open_in_root(context, step.path.data, O_DIRECTORY).error() != -ENOENT) return 0;
  bool made;
  const Descriptor directory = make_in_root(context, step.path, Kind::directory, 0755, 0, made);
  return directory.open() ? 0 : context.fail("mkdirat", directory.error(), step.path, in_the_way(directory.error()));
}

int run(Context &context, const step::Cwd &step) {
  if (context.in_working_directory) return 0;
  const long result = sys::chdir(step.path.data);
  // Root may not enter what the user may (a file system that maps root to nobody): tried again as the user.
  if (result == -EACCES && step.attempt) return 0;
  if (result < 0) return context.fail("chdir", result, step.path);
  context.in_working_directory = true;
  return check(context, step.path);
}
