/** Notes what a command does and how long each part takes, for --trace. */

import type { CgroupPlan } from '../../cgroup/plan/cgroup-plan.js';
import type { Native } from '../../native/native.js';
import type { ContainerPlan, ProcessPlan } from '../../plan/plan.js';
import type { Recording } from './recording.js';

/**
 * The notes of one command. Operations say where a new phase begins, and what the plan is; native code notes every call of a
 * function of Native by itself, and init its steps. Without --trace there is no object of this class, so that nothing is noted.
 */
export class Trace {
  private readonly began: number[];
  private readonly phases: { name: string; begin: number }[] = [];
  private readonly pointers = new Map<string, string>();
  private readonly processes: { plan: ProcessPlan; pid: number }[] = [];
  private memory = -1;

  /** Begins. @param phase the name of the first phase */
  constructor(
    private readonly native: Native,
    phase: string,
  ) {
    native.beginTrace();
    this.began = native.traceClock();
    this.phases.push({ name: phase, begin: this.began[0]! });
  }

  /** A new phase begins, and the one before ends. */
  phase(name: string): void {
    this.phases.push({ name, begin: this.native.traceClock()[0]! });
  }

  /** Calls about this path are for this field of the configuration. */
  field(path: string, pointer: string): void {
    if (pointer !== '' && !this.pointers.has(path)) this.pointers.set(path, pointer);
  }

  /** What will be done to cgroups, for the pointers of its calls. */
  cgroup({ operations }: CgroupPlan): void {
    for (const { path, pointer } of operations) this.field(path, pointer);
  }

  /** What the runtime does for a container besides its cgroups, for the pointers of its calls. */
  container({ hooks, slots }: ContainerPlan): void {
    for (const list of Object.values(hooks)) for (const { hook, pointer } of list) this.field(hook.path, pointer);
    for (const slot of slots) if ('path' in slot) this.field(slot.path, slot.pointer);
  }

  /** The memory in which init notes its steps; it stays open until `end`. */
  stepTimes(): number {
    if (this.memory < 0) this.memory = this.native.stepTimes();
    return this.memory;
  }

  /** True for the descriptor of stepTimes. */
  keeps(fd: number): boolean {
    return fd === this.memory;
  }

  /** Init carries this plan out, in the process `pid`. */
  process(plan: ProcessPlan, pid: number): void {
    this.processes.push({ plan, pid });
  }

  /** Ends, and returns all notes. To be called once. */
  end(): Recording {
    const { native, began, phases, pointers, memory } = this;
    const ended = native.traceClock();
    const errors = native.endTrace();
    const processes = this.processes.map(({ plan, pid }) => ({
      plan,
      pid,
      times: memory < 0 ? [] : native.readStepTimes(memory, plan.steps.length),
    }));
    if (memory >= 0) native.close(memory);
    return { began, ended, phases, errors, pointers, processes };
  }
}
