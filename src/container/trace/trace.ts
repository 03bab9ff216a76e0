/** Notes what a command does and how long each part takes, for --trace. */

import { errnoText } from '../../base/errno-text.js';
import type { CgroupPlan } from '../../cgroup/plan/cgroup-plan.js';
import type { Native } from '../../native/native.js';
import type { ContainerPlan, ProcessPlan } from '../../plan/plan.js';
import { stepLabel } from '../init/step-label.js';

/**
 * The trace of one command. Operations say where a new phase begins, and what the plan is; native code has all notes, and makes
 * those of every call of a function of Native by itself, as init does those of its steps. Without --trace there is no object of
 * this class, so that nothing is noted.
 */
export class Trace {
  private memory = -1;

  /** Begins. @param phase the name of the first phase */
  constructor(
    private readonly native: Native,
    phase: string,
  ) {
    native.beginTrace();
    this.phase(phase);
  }

  /** A new phase begins, and the one before ends. */
  phase(name: string): void {
    this.native.tracePhase(name);
  }

  /** What will be done to cgroups, for the pointers of its calls. */
  cgroup({ operations }: CgroupPlan): void {
    for (const { path, pointer } of operations) if (pointer !== '') this.native.traceField(path, pointer);
  }

  /** What the runtime does for a container besides its cgroups, for the pointers of its calls. */
  container({ hooks, slots }: ContainerPlan): void {
    const { native } = this;
    for (const list of Object.values(hooks))
      for (const { hook, pointer } of list) native.traceField(hook.path, pointer);
    for (const slot of slots) if ('path' in slot && slot.pointer !== '') native.traceField(slot.path, slot.pointer);
  }

  /** The memory in which init notes its steps; it stays open until the trace is written. */
  stepTimes(): number {
    this.memory = this.native.stepTimes();
    return this.memory;
  }

  /** True for the descriptor of stepTimes. */
  keeps(fd: number): boolean {
    return fd === this.memory;
  }

  /** Init carries this plan out, in the process `pid`. */
  process({ steps }: ProcessPlan, pid: number): void {
    const last = steps.at(-1);
    this.native.traceProcess(pid, steps, last === undefined ? '' : stepLabel(last).about);
  }

  /**
   * Ends, and writes all notes. To be called once.
   * @param fd of the file
   * @param title what the runtime's line is called
   */
  write(fd: number, title: string): void {
    const errors = this.native.endTrace();
    this.native.writeTrace(fd, title, errors.map(errnoText));
  }
}
