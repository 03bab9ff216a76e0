/** Reads /etc/subuid and /etc/subgid: subuid(5), subgid(5). */

/** Ids of the host that a user may map: `count` of them, from `first` on. */
export interface SubIdRange {
  readonly first: number;
  readonly count: number;
}

/**
 * The ranges in OWNER:FIRST:COUNT lines, in their order. Lines that are none, and ranges that end beyond the last id, count for nothing.
 * @param owners the user's name, and the user's id in digits: a line may have either
 */
export function subIdRanges(text: string, owners: readonly string[]): SubIdRange[] {
  return text.split('\n').flatMap((line) => {
    const [, owner, from, size] = /^([^:]+):(\d{1,10}):(\d{1,10})\s*$/.exec(line) ?? [];
    const [first, count] = [Number(from), Number(size)];
    if (owner === undefined || !owners.includes(owner) || count === 0 || first + count > 0xffffffff) return [];
    return [{ first, count }];
  });
}
