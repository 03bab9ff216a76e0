/** What failed, in three parts, each of which may be empty: they go apart into an error's fields, and together into its text. */
export interface FailedCall {
  /** Name of the system call or library function. */
  readonly syscall: string;
  /** What it was about, if that is a path: a path and nothing else. */
  readonly path: string;
  /** In words: what else it was about, or why it failed. */
  readonly remark: string;
}

/** As text: `openat2 /mnt (in the root file system)`, `prctl PR_SET_DUMPABLE`. */
export function describeCall({ syscall, path, remark }: FailedCall): string {
  const about = path === '' || remark === '' ? remark : `(${remark})`;
  return [syscall, path, about].filter((part) => part !== '').join(' ');
}

/** The parts that are known, as fields of an error. */
export function callFields({ syscall, path, remark }: FailedCall): Partial<FailedCall> {
  return { ...(syscall !== '' && { syscall }), ...(path !== '' && { path }), ...(remark !== '' && { remark }) };
}
