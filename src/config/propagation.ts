import { MS_PRIVATE, MS_REC, MS_SHARED, MS_SLAVE, MS_UNBINDABLE } from '../native/flags.js';

/** How mounts and unmounts spread: mount_namespaces(7). A word in capitals is the kernel's name for its flag, MS_PRIVATE. */
export const propagationFlags: Readonly<Record<string, number>> = {
  private: MS_PRIVATE,
  slave: MS_SLAVE,
  shared: MS_SHARED,
  unbindable: MS_UNBINDABLE,
};

/** The words of mounts[].options and linux.rootfsPropagation, as flags of mount(2): with an r for all mounts below as well. */
export const propagations: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(propagationFlags).flatMap(([word, flag]) => [
    [word, flag],
    [`r${word}`, flag | MS_REC],
  ]),
);
