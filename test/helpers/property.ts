/**
 * Properties: what holds for every input, tried with inputs that fast-check makes up. A run tries the same ones each time, so that a
 * failure is never by chance; TSRUNC_PROPERTIES=N tries N times as many, from a new seed, which a failure names.
 */
import fc from 'fast-check';
import type { Test } from 'tap';

const factor = Number(process.env.TSRUNC_PROPERTIES ?? 0);
const seed = factor > 0 ? Date.now() & 0x7fffffff : 1804;

/** How many inputs are tried of the `count` that a run of all tests has time for. */
export const runs = (count: number): number => (factor > 0 ? count * factor : count);

/** Fails the test with the smallest input that was found for which `check` throws; `print` shows it. */
export function holds<T>(
  t: Test,
  name: string,
  count: number,
  inputs: fc.Arbitrary<T>,
  check: (input: T) => void,
  print: (input: T) => string = (input) => fc.stringify(input),
): void {
  const details = fc.check(
    fc.property(inputs, (input) => check(input)),
    { numRuns: runs(count), seed, endOnFailure: false },
  );
  if (!details.failed) {
    t.pass(`${name}: ${details.numRuns} inputs`);
    return;
  }
  const [input] = details.counterexample ?? [];
  const error = details.errorInstance;
  const why = error instanceof Error ? error.stack : String(error);
  t.fail(`${name}: seed ${details.seed}, path ${details.counterexamplePath}\n${print(input as T)}\n${why}`);
}
