/**
 * Runs in the test machine for so many minutes as its first argument says: rounds of a minute, every other one with a
 * disturbance, and after each the figures of a machine without containers. A line of JSON for each round.
 */
import { command, until } from '../../engines/guest/command.js';
import { traces } from '../../engines/guest/traces.js';
import { makeBundles, removeAll, workDirectly } from './direct.js';
import { type Disturbance, disturbances } from './disturbances.js';
import { beginEngines, removeOfEngines, workByEngines } from './engines.js';
import { Round, seconds } from './round.js';
import { type Parts, type Sample, sample } from './sample.js';

const minutes = Number(process.argv[2]);
/** Of a round, in seconds. */
const length = 60;

export interface Told {
  /** Since the beginning. */
  readonly minute: number;
  readonly disturbance: string;
  readonly done: number;
  readonly refused: number;
  readonly wrong: readonly string[];
  readonly sample: Sample;
  readonly parts: Parts;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function disturb(disturbance: Disturbance | undefined, round: Round): Promise<void> {
  if (disturbance === undefined) return;
  await pause((length * 1000) / 4);
  try {
    await disturbance.begin();
    await pause((length * 1000) / 4);
  } catch (error) {
    round.wrong.push(`${disturbance.name}: ${(error as Error).message}`);
  } finally {
    await disturbance.end();
  }
}

/** What ends by itself a moment after its container: shims, units, cgroups of engines. */
async function nothingLeft(round: Round): Promise<void> {
  let left: string[] = [];
  await until('the end of all', AbortSignal.timeout(60_000), async () => {
    left = await traces(['life-']);
    return left.length === 0 ? true : undefined;
  }).catch(() => round.wrong.push(...left.slice(0, 10).map((line) => `left: ${line}`)));
}

async function play(number: number, disturbance: Disturbance | undefined): Promise<Round> {
  const round = new Round(number, disturbance !== undefined, length);
  const work = [workDirectly(round, number), workDirectly(round, number + 2), workByEngines(round)];
  await Promise.all([...work, disturb(disturbance, round)]);
  try {
    await removeOfEngines();
    await removeAll(round);
    await disturbance?.clean?.();
    await nothingLeft(round);
  } catch (error) {
    round.wrong.push(`afterwards: ${(error as Error).message}`);
  }
  return round;
}

await command(['sysctl', '-q', 'kernel.panic_on_oops=1']);
await makeBundles();
await beginEngines();
const begin = seconds();
for (let number = 0; seconds() < begin + minutes * 60; number++) {
  const disturbance = number % 2 === 1 ? disturbances[((number - 1) / 2) % disturbances.length] : undefined;
  const { done, refused, wrong } = await play(number, disturbance);
  const minute = (seconds() - begin) / 60;
  const told: Told = { minute, disturbance: disturbance?.name ?? '', done, refused, wrong, ...(await sample()) };
  console.log(JSON.stringify(told));
}
