/** Collects the problems and warnings that the checks find in one file, so that all of them can be reported together. */
import { joinPointer } from '../base/json-pointer.js';
import { Guesses } from '../base/nearest.js';

/** A problem or warning: the JSON pointer of the field it is about, and the text about it. */
export interface Finding {
  readonly pointer: string;
  readonly text: string;
  /** The kind of finding, as in validate/codes.ts; without one it is `invalid` for a problem, `no-effect` for a warning. */
  readonly code?: string;
  /** For a wrong name of a member: the JSON pointer that the member was probably meant to have. */
  readonly meant?: string;
  /** For a wrong name of a member: the problems that are there only because of it, and aren't told by themselves. */
  readonly follow?: readonly Finding[];
}

/** What else is known of a finding. */
export type FindingDetails = Pick<Finding, 'code' | 'meant'>;

/** The findings of one file, and which parts of its value were taken out as invalid. */
export class Findings {
  readonly problems: Finding[] = [];
  readonly warnings: Finding[] = [];
  private readonly refused = new Set<string>();
  private readonly damaged = new Set<string>();
  readonly guesses = new Guesses();

  /**
   * Notes a mistake; the check goes on. text says what is wrong and, after a semicolon, what would be right. Of several mistakes of
   * one field only the first is kept, as it usually is the cause of the others.
   */
  problem(pointer: string, text: string, details?: FindingDetails): void {
    if (this.refused.has(pointer)) return;
    this.refused.add(pointer);
    this.problems.push({ pointer, text, ...details });
  }

  /** Notes a warning: something is probably not meant so, but does no harm. text says what. */
  warn(pointer: string, text: string, details?: FindingDetails): void {
    this.warnings.push({ pointer, text, ...details });
  }

  /** Notes that what pointer names, or a part of it, was taken out as invalid. */
  damage(pointer: string): void {
    for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
      if (this.damaged.has(at)) return;
      this.damaged.add(at);
      if (at === '') return;
    }
  }

  /** True when something was taken out at or below pointer. A check must then not complain that something is missing there. */
  isDamaged(pointer: string): boolean {
    return this.damaged.has(pointer);
  }
}

/**
 * Calls visit for each item of list, with the item's JSON pointer (`pointer` is the list's) and its index. Leaves out the holes that
 * refused items have left.
 */
export function eachItem<T>(
  list: readonly T[] | undefined,
  pointer: string,
  visit: (item: T, pointer: string, index: number) => void,
): void {
  if (list === undefined) return;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    if (item !== undefined) visit(item, `${pointer}/${index}`, index);
  }
}

/** Calls visit for each member of a map, with the member's JSON pointer (`pointer` is the map's) and its name. */
export function eachName<T>(
  map: Readonly<Record<string, T>> | undefined,
  pointer: string,
  visit: (value: T, pointer: string, name: string) => void,
): void {
  for (const [name, value] of Object.entries(map ?? {})) visit(value, joinPointer(pointer, name), name);
}
