/** Runs cases under both runtimes, and says where they differ without a reason that is known. */

import type { Explanation } from './explained/seen.js';
import { explanationOf } from './explained.js';
import { type Difference, differences } from './facts.js';
import type { Json } from './json-text.js';
import type { Peer } from './launch.js';
import { type Case, type ModeName, modes, type Ran } from './modes.js';
import { Random } from './random.js';
import { shrink } from './shrink.js';
import type { World } from './world.js';

export interface Peers {
  readonly tsrunc: Peer;
  readonly runc: Peer;
}

export interface Compared {
  /** Both made the container. */
  readonly ran: boolean;
  readonly unexplained: Difference[];
  readonly explained: Explanation[];
  readonly tsrunc: Ran;
  readonly runc: Ran;
}

const said = ({ refusals }: Ran, prefix: string): string =>
  refusals.filter((text) => text.startsWith(prefix)).join('\n');

/** As compareOnce; a difference that doesn't come again is the machine's, which was slow for one of them. */
export async function compare(world: World, peers: Peers, mode: ModeName, given: Case): Promise<Compared> {
  const first = await compareOnce(world, peers, mode, given);
  if (first.unexplained.length === 0) return first;
  const again = await compareOnce(world, peers, mode, given);
  const came = new Set(first.unexplained.map(({ fact }) => fact));
  return { ...again, unexplained: again.unexplained.filter(({ fact }) => came.has(fact)) };
}

async function compareOnce(world: World, peers: Peers, mode: ModeName, given: Case): Promise<Compared> {
  const tsrunc = await modes[mode].run(world, peers.tsrunc, given);
  const runc = await modes[mode].run(world, peers.runc, given);
  const unexplained: Difference[] = [];
  const explained = new Set<Explanation>();
  for (const difference of differences(tsrunc.facts, runc.facts)) {
    const [prefix = '', number] = /^(?:exec|update)(\d):/.exec(difference.fact) ?? [];
    const why = explanationOf({
      ...difference,
      fact: difference.fact.slice(prefix.length),
      step: number === undefined ? undefined : Number(number),
      given,
      all: { tsrunc: tsrunc.facts, runc: runc.facts },
      said: { tsrunc: said(tsrunc, prefix), runc: said(runc, prefix) },
    });
    if (why === undefined) unexplained.push(difference);
    else explained.add(why);
  }
  return {
    ran: tsrunc.facts.get('outcome') === 'ran' && runc.facts.get('outcome') === 'ran',
    unexplained,
    explained: [...explained],
    tsrunc,
    runc,
  };
}

/** The case that seed and number stand for. */
export function caseOf(world: World, mode: ModeName, seed: number, number: number): Case {
  const mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35);
  return modes[mode].make(new Random(mixed), world);
}

/** Whether it is a case, whose mounts are no host's. */
const isSafe = ({ config }: Partial<Case>): boolean =>
  config?.linux?.namespaces?.some(({ type, path }) => type === 'mount' && path === undefined) ?? false;

/** The smallest case in which the runtimes still differ in this fact. */
export async function smallest(
  world: World,
  peers: Peers,
  mode: ModeName,
  given: Case,
  { fact, tsrunc }: Difference,
): Promise<Case> {
  const fails = async (candidate: Json): Promise<boolean> => {
    if (!isSafe(candidate as unknown as Partial<Case>)) return false;
    const result = await compare(world, peers, mode, candidate as unknown as Case);
    return result.unexplained.some((one) => one.fact === fact && (fact !== 'outcome' || one.tsrunc === tsrunc));
  };
  return (await shrink(given as unknown as Json, fails, 600)) as unknown as Case;
}
