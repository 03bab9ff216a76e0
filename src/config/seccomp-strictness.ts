/** Compares how strict the actions of seccomp are. */

/** The kernel's order: when several filters give different actions, the one highest in it is taken (seccomp(2)). */
const strictness: Readonly<Record<string, number>> = {
  SCMP_ACT_KILL_PROCESS: 7,
  SCMP_ACT_KILL_THREAD: 6,
  SCMP_ACT_KILL: 6,
  SCMP_ACT_TRAP: 5,
  SCMP_ACT_ERRNO: 4,
  SCMP_ACT_NOTIFY: 3,
  SCMP_ACT_TRACE: 2,
  SCMP_ACT_LOG: 1,
  SCMP_ACT_ALLOW: 0,
};

/** Whether an action lets less through than another one. An unknown name counts like SCMP_ACT_ALLOW. */
export const isStricter = (action: string, than: string): boolean =>
  (strictness[action] ?? 0) > (strictness[than] ?? 0);
