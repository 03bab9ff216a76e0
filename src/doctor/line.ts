/** What `doctor` finds: lines in groups. */
import type { TsruncError } from '../base/error.js';
import type { Runtime } from '../container/runtime.js';
import type { HostFacts } from '../plan/host-facts.js';
import type { PlanBuilder } from '../plan/steps/builder.js';

/** ok: as it should be. limited: containers can be made, but not all of them, or not as well. missing: it isn't there. */
export type Status = 'ok' | 'limited' | 'missing';

/** One thing that was looked at. */
export interface DoctorLine {
  readonly name: string;
  readonly status: Status;
  /** What was found, and what it means. */
  readonly text: string;
  /** What to do; left out where nothing needs to be done, or can be. */
  readonly remedy?: string;
  /** The file, sysctl or option of the kernel's configuration that decides it. */
  readonly where?: string;
  /** No container can be made without it. */
  readonly needed?: true;
}

/** What belongs together. */
export interface DoctorGroup {
  readonly name: string;
  readonly lines: readonly DoctorLine[];
}

/** What the groups look at the machine with. */
export interface Examination {
  readonly rt: Runtime;
  readonly facts: HostFacts;
  /** Whoever runs tsrunc has root's rights over the host. */
  readonly isRoot: boolean;
  /**
   * Tries steps in a process that is ended at once, with all that it made.
   * @param add adds the steps
   * @param look called with the process's pid while it waits
   * @returns the error of the step that failed; undefined if all worked
   */
  attempt(add: (builder: PlanBuilder) => void, look?: (pid: number) => void): TsruncError | undefined;
}

type More = Pick<DoctorLine, 'remedy' | 'where'>;

export const ok = (name: string, text: string): DoctorLine => ({ name, status: 'ok', text });
export const limited = (name: string, text: string, more: More = {}): DoctorLine => ({
  name,
  status: 'limited',
  text,
  ...more,
});
export const missing = (name: string, text: string, more: More = {}): DoctorLine => ({
  name,
  status: 'missing',
  text,
  ...more,
});
/** A line without which no container can be made. */
export const needed = (line: DoctorLine): DoctorLine => ({ ...line, needed: true });
