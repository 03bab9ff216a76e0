/** Collects the parts of a plan while it is made. */
import { type ErrorCode, TsruncError } from '../../base/error.js';
import type { PlannedStep, PlanPart, PlanWarning, SlotSource } from '../plan.js';
import type { Step } from './generated/steps.js';
import { type NameTable, numberOf, unknownName } from './name-table.js';
import { SLOT_LIMIT, STEP_SLOTS } from './step-table.js';

/** Takes the steps, slots, warnings and problems of one plan from the functions that plan its parts. */
export class PlanBuilder {
  readonly steps: PlannedStep[] = [];
  readonly slots: SlotSource[] = [];
  readonly warnings: PlanWarning[] = [];
  readonly problems: TsruncError[] = [];
  private stepSlots = 0;
  private takenSteps = 0;
  private takenSlots = 0;

  /**
   * Appends a step, which is changed: it gets the pointer.
   * @param pointer JSON pointer of the field that asks for it, '' for none
   * @returns the step's number
   */
  add(pointer: string, step: Step): number {
    const planned = step as PlannedStep;
    planned.pointer = pointer;
    return this.steps.push(planned) - 1;
  }

  /** Asks for a descriptor that the runtime opens for init, and returns its slot. */
  runtimeSlot(source: SlotSource): number {
    this.slots.push(source);
    return this.slots.length - 1;
  }

  /**
   * The steps and slots added since the previous call, as one part; empty if there are none, or if a problem was
   * noted.
   */
  nextPart(): PlanPart[] {
    if (this.problems.length > 0) return [];
    const steps = this.steps.slice(this.takenSteps);
    const slots = this.slots.slice(this.takenSlots);
    this.takenSteps = this.steps.length;
    this.takenSlots = this.slots.length;
    return steps.length > 0 ? [{ steps, slots }] : [];
  }

  /** A free slot, for a step of init to fill. */
  stepSlot(): number {
    return STEP_SLOTS + this.stepSlots++;
  }

  warn(pointer: string, text: string): void {
    this.warnings.push({ text, pointer });
  }

  /** Notes a mistake without throwing, so that `finish` reports all of them together. */
  problem(code: ErrorCode, pointer: string, message: string, hint?: string): void {
    this.problems.push(new TsruncError(code, message, hint === undefined ? { pointer } : { pointer, hint }));
  }

  /**
   * Looks up the number of a name.
   * @param what kind of name it is, for the message
   * @param pointer JSON pointer of the name
   * @returns undefined for a name that isn't in the table; that is noted as a problem
   */
  lookUp<T>(table: NameTable<T>, name: string, what: string, pointer: string): T | undefined {
    const number = numberOf(table, name);
    if (number === undefined) this.problems.push(unknownName(table, name, what, pointer));
    return number;
  }

  /**
   * @throws TsruncError if problems were noted: the problem itself if it is the only one, else one with all in
   * `fields.problems`
   */
  finish(): void {
    if (this.slots.length > STEP_SLOTS || this.stepSlots > SLOT_LIMIT - STEP_SLOTS)
      this.problem(
        'unsupported',
        '',
        `init can't hold that many descriptors: ${this.slots.length + this.stepSlots}, the most is ${SLOT_LIMIT}`,
      );
    const [first] = this.problems;
    if (first !== undefined) {
      if (this.problems.length === 1) throw first;
      const code = this.problems.every((problem) => problem.code === 'unsupported') ? 'unsupported' : 'config';
      const texts = this.problems.map((problem) => `${problem.pointer}: ${problem.message}`);
      throw new TsruncError(code, texts.join('\n'), { problems: this.problems });
    }
  }
}
