/**
 * Compares tsrunc with another runtime on configurations made from a seed. Runs in a mount namespace of its own (test/differential/run.mjs),
 * so that no mount of a container reaches the host. Options: --seed N, --count N, --mode run|exec|update|all, --only N, --from N, --seconds N,
 * --no-shrink, --show, --refusals, --runc PATH, --probe FILE (compiled already), --systemd.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runtime } from '../helpers/runtime.js';
import { caseOf, compare, type Peers, smallest } from './compare.js';
import type { Difference } from './facts.js';
import { jsonText } from './json-text.js';
import type { ModeName } from './modes.js';
import { makeWorld, type World } from './world.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1000000) },
    count: { type: 'string', default: '200' },
    only: { type: 'string' },
    from: { type: 'string', default: '0' },
    seconds: { type: 'string', default: 'Infinity' },
    mode: { type: 'string', default: 'run' },
    runc: { type: 'string' },
    probe: { type: 'string' },
    systemd: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: true },
    refusals: { type: 'boolean', default: false },
    show: { type: 'boolean', default: false },
  },
  allowNegative: true,
});

interface Cluster {
  count: number;
  number: number;
  difference: Difference;
}

/** What differences have in common that are likely of one cause. */
function kindOf({ fact, tsrunc, runc }: Difference): string {
  const parts = fact.split(':');
  const name = parts[0] === 'mounts' ? `mounts:*:${parts[2]}` : parts[0] === 'exec0' ? fact : fact;
  const short = (text: string | undefined): string => (text === undefined ? 'absent' : text.slice(0, 60));
  return `${name}: ${short(tsrunc)} ≠ ${short(runc)}`;
}

/** The error itself, without the warnings before it. */
const lastError = (text: string): string =>
  text
    .split('\n')
    .at(-1)!
    .replace(/^time=\S+ level=\w+ msg=/, '')
    .replaceAll(/nsexec\[\d+\]/g, 'nsexec');

async function main(world: World, peers: Peers): Promise<number> {
  const mode = values.mode as ModeName;
  const seed = Number(values.seed);
  const numbers =
    values.only === undefined
      ? Array.from({ length: Number(values.count) }, (_, i) => Number(values.from) + i)
      : [Number(values.only)];
  const clusters = new Map<string, Cluster>();
  let ran = 0;
  let tried = 0;
  const refused = new Map<string, number[]>();
  const since = Date.now();
  const rows = new Map<string, number>();
  for (const number of numbers) {
    if (Date.now() - since > Number(values.seconds) * 1000) break;
    tried++;
    const start = Date.now();
    const given = caseOf(world, mode, seed, number);
    const result = await compare(world, peers, mode, given);
    if (values.show) console.log(jsonText(given, 1), result.tsrunc.refusals, result.runc.refusals, result.unexplained);
    if (result.ran) ran++;
    else if (values.refusals && result.unexplained.length === 0) {
      for (const text of result.runc.refusals.map(lastError)) refused.set(text, [...(refused.get(text) ?? []), number]);
    }
    if (values.refusals && Date.now() - start > 1500) console.log(`slow: ${number} ${Date.now() - start} ms`);
    for (const { row } of result.explained) rows.set(row, (rows.get(row) ?? 0) + 1);
    for (const difference of result.unexplained) {
      const said = difference.fact.endsWith('outcome')
        ? [...result.tsrunc.refusals, ...result.runc.refusals].map(lastError).join(' | ')
        : '';
      const kind = kindOf(difference) + said.slice(0, 300);
      const cluster = clusters.get(kind);
      if (cluster) cluster.count++;
      else clusters.set(kind, { count: 1, number, difference });
    }
  }
  for (const [kind, { count, number }] of [...clusters].sort(([, a], [, b]) => b.count - a.count))
    console.log(`${count} × ${kind} (first: ${number})`);
  for (const [text, which] of refused) console.log(`both refuse (${which.slice(0, 5).join(' ')}): ${text}`);
  if (values.shrink) {
    for (const { number, difference } of clusters.values()) {
      const given = await smallest(world, peers, mode, caseOf(world, mode, seed, number), difference);
      console.log(`\n${difference.fact}: tsrunc ${difference.tsrunc}, runc ${difference.runc}\n${jsonText(given)}`);
    }
  }
  console.log(
    `seed ${seed}: ${tried} configurations, ${ran} ran, ${Math.round((Date.now() - since) / tried)} ms each; ${[...rows.values()].reduce((a, b) => a + b, 0)} explained; ${clusters.size} clusters`,
  );
  return clusters.size === 0 ? 0 : 1;
}

const home = mkdtempSync(join(tmpdir(), `tsrunc-test-${process.pid}-`));
// Processes in user namespaces have to get to the bundle.
chmodSync(home, 0o755);
const world = makeWorld(home, values);
try {
  process.exitCode = await main(world, {
    tsrunc: { name: 'tsrunc', executable: runtime, root: join(home, 'state-tsrunc') },
    runc: { name: 'runc', executable: values.runc ?? 'runc', root: join(home, 'state-runc') },
  });
} finally {
  world.end();
  rmSync(home, { recursive: true, force: true });
}
