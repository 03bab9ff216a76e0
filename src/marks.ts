const marks: string[] = [];
let clock: ((m: boolean) => number[]) | undefined;
export function markWith(native: { clock(m: boolean): number[] }): void {
  clock = (m) => native.clock(m);
}
export function mark(name: string): void {
  if (!clock) return;
  const [s, n] = clock(true);
  marks.push(`${name} ${(s! % 100000) * 1e6 + n! / 1e3}`);
}
export function marked(): string {
  return `${marks.join('\n')}\n`;
}
