/** What is foretold of each action of a plan, for `explain --check`. */
import type { Line, OwnAction } from '../../plan/explain/line.js';

/** Whether an action will work on this machine, as this user, or can't be known without doing it. */
export type Outcome = 'works' | 'fails' | 'unknown';

/** What is foretold of one action. */
export interface Verdict {
  readonly outcome: Outcome;
  /** Why it fails, or why that can't be known; '' for what works. */
  readonly why: string;
  /** The field to blame, if it isn't that of the action. */
  readonly pointer?: string;
  /** Of a program that fails: it is none, and the search in $PATH goes on behind it. */
  readonly passedOver?: boolean;
}

export const WORKS: Verdict = { outcome: 'works', why: '' };

export const fails = (why: string, pointer?: string): Verdict => ({
  outcome: 'fails',
  why,
  ...(pointer !== undefined && { pointer }),
});

export const unknown = (why: string): Verdict => ({ outcome: 'unknown', why });

/** The verdicts on the actions of a plan, by what each is about. The first verdict on an action stays. */
export class Verdicts {
  private readonly known = new Map<object | OwnAction, Verdict>();

  set(of: Line['of'], verdict: Verdict): void {
    if (!this.known.has(of)) this.known.set(of, verdict);
  }

  /** For what was found out later. */
  replace(of: Line['of'], verdict: Verdict): void {
    this.known.set(of, verdict);
  }

  get(of: Line['of']): Verdict | undefined {
    return this.known.get(of);
  }
}
