/** One line of an explanation: what is done, by whom, and for which field. */

export type Actor = 'runtime' | 'init';

/** Actions of the runtime that are no part of the plan by themselves. */
export type OwnAction = 'state' | 'spawn' | 'id-maps' | 'delegate';

/** One line of an explanation. */
export interface Line {
  readonly actor: Actor;
  readonly text: string;
  readonly pointer: string;
  /** The part of the plan that the line is about: a step, an operation on a cgroup, a hook … */
  readonly of: object | OwnAction;
}

/** Adds a line about the runtime. */
export type Tell = (pointer: string, text: string, of: Line['of']) => void;
