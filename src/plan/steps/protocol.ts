/** The protocol between the runtime and init: kinds of messages, events, and how they are encoded. */
import type { FailedCall } from '../../base/failed-call.js';

/**
 * The messages between the runtime and init on their stream socket. scripts/generate-steps.mjs gives init the same
 * numbers.
 *
 *   runtime                                   init (first stage, then the container's process)
 *   spawn ──────── clone3, execveat ────────▶ waits for its slots
 *   slots, plan, maybe in parts ────────────▶ enters its v1 cgroups, runs step after step
 *          ◀──── sync map-ids ─────────────── user namespace made
 *   writes uid_map, gid_map ─── continue ───▶
 *          ◀──── forked pid + pidfd ───────── first stage exits
 *          ◀──── sync delegate-cgroup ─────── mounts and cgroup namespace done (only with that annotation)
 *   moves init to a cgroup below ── continue ▶
 *          ◀──── sync create-runtime ──────── mounts done
 *   prestart, createRuntime hooks
 *          ─── continue + hooks' states ────▶ createContainer hooks, pivot_root …
 *          ◀──── console + pty master ───────
 *          ◀──── listener n ───────────────── seccomp listener is descriptor n
 *   pidfd_getfd, sends it on ─── continue ──▶
 *          ◀──── ready ────────────────────── waits for start
 *   start: byte into start.fifo ────────────▶ startContainer hooks, filter, execve
 *          ◀──── starting, then EOF ───────── (status.fifo) the process runs
 * At any point init may send an error (step, errno, text) instead, and exit.
 *
 * A message of init: u32 kind · u32 step · i32 value · u32 length · length bytes of UTF-8 text; descriptors go by
 *   SCM_RIGHTS.
 * A reply: u32 REPLY · u32 length · length bytes. The headers of both are structs in addon/core/wire.h.
 * Payload of the reply to create-runtime: the state for createContainer hooks, then the one for startContainer hooks,
 *   each as u32 length · bytes. One that no step of the plan passes to a hook is empty; no payload if both are.
 */
export const MessageKind = {
  /** A step failed: value is errno, text is syscall, path and remark, with ERROR_SEPARATOR between them. */
  error: 1,
  /** value is the pid as the first stage sees it; one descriptor, its pidfd. */
  forked: 2,
  /** value is the SyncEvent; waits for a reply. */
  sync: 3,
  /** One descriptor: the pty master; text is the slave's name. */
  console: 4,
  /** value is the number of the seccomp listener's descriptor; waits for a reply. */
  listener: 5,
  ready: 6,
  /** Right before execve. */
  starting: 7,
  // 8 was a warning. The number stays unused and the others never change: a container that waits for `start` while tsrunc is
  // replaced by a newer version still runs the init of the older one.
  /** A hook failed: value is exit status, or 128 + signal, or -1 for a timeout; text the tail of its output. */
  hookFailed: 9,
} as const;

/** The kind in the header of every reply of the runtime. */
export const REPLY = 1;

/** The points at which init waits for the runtime: the `event` of a sync step, and the value of its message. */
export const SyncEvent = { mapIds: 1, createRuntime: 2, delegateCgroup: 3 } as const;

/** Separates the parts of an error text: NUL is the one byte that can't be in a path. */
export const ERROR_SEPARATOR = '\0';

/**
 * Splits the text of an `error` message into system call, path and remark; '' for each that is missing. The init of an earlier
 * tsrunc separates call and path by a tab, and has no remark.
 */
export function parseErrorText(text: string): FailedCall {
  const separator = text.includes(ERROR_SEPARATOR) ? ERROR_SEPARATOR : '\t';
  const [syscall = '', path = '', remark = ''] = text.split(separator);
  return { syscall, path, remark };
}
