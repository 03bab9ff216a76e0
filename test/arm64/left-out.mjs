const noClone = 'starts processes with clone3, which qemu-user does not know';

/** Unit tests that say nothing about arm64 under qemu-user, and why. */
const reasons = new Map([
  ['native/init', noClone],
  ['native/init-answers', noClone],
  ['native/init-errors', noClone],
  ['native/launcher', 'starts copies of the launcher by their path, which the kernel can not do'],
  [
    'native/hardening',
    'compiles programs for this machine, and looks at what was built, for arm64 too, when it is run here',
  ],
  ['criu/session', noClone],
  ['cli/man', 'makes the page with the bundler of this machine'],
  ['library/pure/browser', 'bundles with the bundler of this machine'],
  ['library/api-reference', 'is about the sources'],
  ['library/public-api', 'is about the sources'],
]);

/** The reason why a unit test, `DIRECTORY/NAME` below test/unit, is left out; null where it isn't. */
export function leftOut(test) {
  // Those beside the directories are about files of the sources.
  if (!test.includes('/')) return 'is about the sources';
  return reasons.get(test) ?? null;
}
