/** What the checks write their problems and warnings into; one for each file that is loaded. */
import { joinPointer } from '../base/json-pointer.js';

export interface Finding {
  readonly pointer: string;
  readonly text: string;
}

export class Findings {
  readonly problems: Finding[] = [];
  readonly warnings: Finding[] = [];
  private readonly refused = new Set<string>();
  private readonly damaged = new Set<string>();

  /**
   * Notes a mistake and goes on. Text says what is wrong, then after a semicolon what would be right. Only the first mistake
   * of a field counts: what else is said of it follows from that.
   */
  problem(pointer: string, text: string): void {
    if (this.refused.has(pointer)) return;
    this.refused.add(pointer);
    this.problems.push({ pointer, text });
  }

  warn(pointer: string, text: string): void {
    this.warnings.push({ pointer, text });
  }

  /** Remembers that a part of what pointer names, or all of it, was taken out as invalid. */
  damage(pointer: string): void {
    for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
      if (this.damaged.has(at)) return;
      this.damaged.add(at);
      if (at === '') return;
    }
  }

  /** True when something was taken out at or below pointer: then nothing can be said of what is missing there. */
  isDamaged(pointer: string): boolean {
    return this.damaged.has(pointer);
  }
}

/** Calls visit for each item of list with the item's pointer; holes, left by items that the schema refused, are passed over. */
export function eachItem<T>(
  list: readonly T[] | undefined,
  pointer: string,
  visit: (item: T, pointer: string, index: number) => void,
): void {
  list?.forEach((item, index) => {
    visit(item, `${pointer}/${index}`, index);
  });
}

/** Calls visit for each member of a map with the member's pointer. */
export function eachName<T>(
  map: Readonly<Record<string, T>> | undefined,
  pointer: string,
  visit: (value: T, pointer: string, name: string) => void,
): void {
  for (const [name, value] of Object.entries(map ?? {})) visit(value, joinPointer(pointer, name), name);
}
