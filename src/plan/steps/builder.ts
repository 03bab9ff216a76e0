import { type ErrorCode, TsruncError } from '../../base/error.js';
import type { PlannedStep, PlanPart, SlotSource } from '../plan.js';
import type { Step } from './generated/steps.js';
import { type NameTable, numberOf, unknownName } from './name-table.js';
import { SLOT_LIMIT, STEP_SLOTS } from './step-table.js';

/** What the concept files write their steps, slots, warnings and problems into; one for each plan. */
export class PlanBuilder {
  readonly steps: PlannedStep[] = [];
  readonly slots: SlotSource[] = [];
  readonly warnings: { text: string; from: string }[] = [];
  readonly problems: TsruncError[] = [];
  private stepSlots = 0;
  private takenSteps = 0;
  private takenSlots = 0;

  /** Appends a step that the field at JSON pointer `from` asks for ('' for tsrunc's own). Returns the step's number. */
  add(from: string, step: Step): number {
    const planned = step as PlannedStep;
    planned.from = from;
    return this.steps.push(planned) - 1;
  }

  /** A descriptor that the runtime opens for init; returns its slot. */
  runtimeSlot(source: SlotSource): number {
    this.slots.push(source);
    return this.slots.length - 1;
  }

  /** What has come since it was called before; none once something is wrong. */
  nextPart(): PlanPart[] {
    if (this.problems.length > 0) return [];
    const steps = this.steps.slice(this.takenSteps);
    const slots = this.slots.slice(this.takenSlots);
    this.takenSteps = this.steps.length;
    this.takenSlots = this.slots.length;
    return steps.length > 0 ? [{ steps, slots }] : [];
  }

  /** A slot that a step fills. */
  stepSlot(): number {
    return STEP_SLOTS + this.stepSlots++;
  }

  warn(from: string, text: string): void {
    this.warnings.push({ text, from });
  }

  /** Notes a mistake and goes on, so that all of them are reported together by `finish`. */
  problem(code: ErrorCode, pointer: string, message: string, hint?: string): void {
    this.problems.push(new TsruncError(code, message, hint === undefined ? { pointer } : { pointer, hint }));
  }

  /** The number of a name that stands at `pointer`; undefined, with a problem noted, for one that isn't in the table. */
  lookUp<T>(table: NameTable<T>, name: string, what: string, pointer: string): T | undefined {
    const number = numberOf(table, name);
    if (number === undefined) this.problems.push(unknownName(table, name, what, pointer));
    return number;
  }

  /** @throws TsruncError with every problem noted: the only one itself, several as `fields.problems` of one. */
  finish(): void {
    if (this.slots.length > STEP_SLOTS || this.stepSlots > SLOT_LIMIT - STEP_SLOTS)
      this.problem('unsupported', '', `init can't hold that many descriptors: ${this.slots.length + this.stepSlots}`);
    const [first] = this.problems;
    if (first !== undefined) {
      if (this.problems.length === 1) throw first;
      const code = this.problems.every((problem) => problem.code === 'unsupported') ? 'unsupported' : 'config';
      const texts = this.problems.map((problem) => `${problem.pointer}: ${problem.message}`);
      throw new TsruncError(code, texts.join('\n'), { problems: this.problems });
    }
  }
}
