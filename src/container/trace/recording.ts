/** What a trace has noted of one command. */
import type { ProcessPlan } from '../../plan/plan.js';

/** Times are cycles, except where said. */
export interface Recording {
  /** The clock at the beginning and at the end: [cycles, CLOCK_MONOTONIC in nanoseconds]. */
  readonly began: readonly number[];
  readonly ended: readonly number[];
  /** Each phase lasts until the next one begins. */
  readonly phases: readonly { readonly name: string; readonly begin: number }[];
  /** The errno of calls that failed, each once. The calls themselves are with native code. */
  readonly errors: readonly number[];
  /** The field of the configuration that calls about a path are for. */
  readonly pointers: ReadonlyMap<string, string>;
  /** Plans that init carried out; times has two numbers for each step, as Native.readStepTimes. */
  readonly processes: readonly {
    readonly plan: ProcessPlan;
    readonly pid: number;
    readonly times: readonly number[];
  }[];
}
