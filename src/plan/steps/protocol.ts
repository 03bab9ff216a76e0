/**
 * What the runtime and init say to each other over the stream socket. scripts/generate-steps.mjs gives init the same numbers.
 *
 *   runtime                                   init (first stage, then the container's process)
 *   spawn ──────── clone3, execveat ────────▶ waits for its slots
 *   slots, plan, maybe in parts ────────────▶ enters its v1 cgroups, runs step after step
 *          ◀──── sync map-ids ─────────────── user namespace made
 *   writes uid_map, gid_map ─── continue ───▶
 *          ◀──── forked pid + pidfd ───────── first stage exits
 *          ◀──── sync delegate-cgroup ─────── mounts done, cgroup namespace too (only with that annotation)
 *   moves init to a cgroup below ── continue ▶
 *          ◀──── sync create-runtime ──────── mounts done
 *   prestart, createRuntime hooks
 *          ─── continue + two states ───────▶ createContainer hooks, pivot_root …
 *          ◀──── console + pty master ───────
 *          ◀──── listener n ───────────────── seccomp listener is descriptor n
 *   pidfd_getfd, sends it on ─── continue ──▶
 *          ◀──── ready ────────────────────── waits for start
 *   start: byte into start.fifo ────────────▶ startContainer hooks, filter, execve
 *          ◀──── starting, then EOF ───────── (status.fifo) the process runs
 * At any point instead: error (step, errno, text), and init exits.
 *
 * A message of init: u32 kind · u32 step · i32 value · u32 length · length bytes of UTF-8 text; descriptors by SCM_RIGHTS.
 * A reply: u32 1 · u32 length · length bytes.
 * Payload of the reply to create-runtime: u32 length, bytes, u32 length, bytes: state for createContainer, for startContainer hooks.
 */
export const MessageKind = {
  /** A step failed: value is errno, text "syscall" or "syscall\tdetail" (a path, a name). */
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
  // 8 was a warning, which no init sends any more; the number stays free.
  /** A hook failed: value is exit status, or 128 + signal, or -1 for a timeout; text the tail of its output. */
  hookFailed: 9,
} as const;

export const SyncEvent = { mapIds: 1, createRuntime: 2, delegateCgroup: 3 } as const;

export interface StepFailure {
  syscall: string;
  detail: string;
}

/** Splits the text of an error message of init. */
export function parseErrorText(text: string): StepFailure {
  const tab = text.indexOf('\t');
  return tab < 0 ? { syscall: text, detail: '' } : { syscall: text.slice(0, tab), detail: text.slice(tab + 1) };
}
