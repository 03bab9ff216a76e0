const noClone = 'starts processes with clone3, which qemu-user does not know';
const byPath = 'runs Node.js by its path, which the kernel can not start';
const builder = 'looks at what was built, or compiles programs for this machine';

/** Unit tests that say nothing about arm64 under qemu-user, and why. */
const reasons = new Map([
  ['native/init', noClone],
  ['native/init-answers', noClone],
  ['native/init-errors', noClone],
  ['native/processes', noClone],
  ['native/launcher', 'runs the launcher of this machine, and Node.js by a path'],
  ['native/init-decoder', builder],
  ['native/hardening', builder],
  ['native/heap-profile', 'is about scripts of the build'],
  ['cgroup/real', 'makes cgroups, as root, for processes that it starts'],
  ['criu/session', noClone],
  ['hosts/platform-package', byPath],
  ['cli/man', byPath],
]);

/** The reason why a unit test, `DIRECTORY/NAME` below test/unit, is left out; null where it isn't. */
export function leftOut(test) {
  // Those beside the directories are about files of the sources.
  if (!test.includes('/')) return 'is about the sources';
  return reasons.get(test) ?? null;
}
