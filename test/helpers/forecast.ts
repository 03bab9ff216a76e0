import { readdirSync } from 'node:fs';
import type { Test } from 'tap';
import type { ForecastCase } from './forecast-cases.js';
import type { CallResult } from './runtime.js';
import type { Sandbox } from './sandbox.js';

/** An action of `explain --check --format json`. */
interface Action {
  pointer: string;
  text: string;
  outcome: 'works' | 'fails' | 'unknown';
  why?: string;
}

interface Forecast {
  counts: Record<Action['outcome'], number>;
  actions: Action[];
}

/** Calls the runtime, as somebody. */
export type Call = (...args: string[]) => CallResult;

/** The names of all that is in a directory. */
function listing(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
}

/** How many bundles of each kind were compared. */
export const met = { works: 0, fails: 0, refused: 0, unknown: 0, either: 0 };

/** Foretells a bundle and runs it; the two have to agree. */
export function compareForecast(t: Test, box: Sandbox, one: ForecastCase, bundle: string, call: Call): void {
  const before = listing(bundle);
  const id = box.id('forecast');
  const told = call('explain', '--check', '--format', 'json', '--bundle', bundle, id);
  t.same(listing(bundle), before, 'nothing was made in the bundle');
  const really = call('run', '--bundle', bundle, id);
  call('delete', '--force', id);
  met[one.expected]++;
  if (one.expected === 'refused') {
    t.equal(told.status, 1);
    t.match(told.stderr, one.pointer);
    t.equal(really.status, 1);
    t.match(really.stderr, one.pointer);
    return;
  }
  let forecast: Forecast;
  try {
    forecast = JSON.parse(told.stdout);
  } catch {
    t.fail(`${told.command}: ${told.stderr}`);
    return;
  }
  const bad = forecast.actions.filter(({ outcome }) => outcome !== 'works');
  const failing = bad.filter(({ outcome }) => outcome === 'fails');
  const shown = `${JSON.stringify(bad.slice(0, 5), null, 1)}\n${really.stderr}`;
  t.equal(told.status, failing.length > 0 ? 1 : 0, 'exit status');
  const expected = one.expected !== 'either' ? one.expected : failing.length > 0 ? 'fails' : 'works';
  switch (expected) {
    case 'works':
      t.same(bad, [], shown);
      t.equal(really.status, 0, really.stderr);
      break;
    case 'unknown':
      t.equal(failing.length, 0, shown);
      t.ok(bad.length > 0 && bad.length <= 2, shown);
      t.equal(really.status, 0, really.stderr);
      break;
    case 'fails': {
      t.ok(failing.length > 0, shown);
      t.not(really.status, 0, 'it fails');
      const [first] = failing;
      t.match(first?.pointer, new RegExp(`^${one.pointer}`), shown);
      // What fails first is what the run ends with, and its error names the same field, or the program.
      const named =
        really.stderr.includes(one.pointer ?? '') || /unable to start container process: exec/.test(really.stderr);
      t.ok(named || /clone3|uid_map|newuidmap/.test(really.stderr), shown);
    }
  }
}

/** Enough was compared, and little of it was unknown. */
export function checkCounts(t: Test, least: number): void {
  const all = Object.values(met).reduce((sum, count) => sum + count);
  t.comment(`${all} bundles: ${JSON.stringify(met)}`);
  t.ok(all >= least, `${all} bundles`);
  t.ok(met.works >= 25 && met.fails >= 30);
  t.ok(met.unknown / all < 0.05);
}

/** With FORECAST=EXPRESSION only the bundles whose name matches it: on a slow machine all of them take long. */
export function notWanted({ name }: ForecastCase): string | false {
  const { FORECAST: wanted = '' } = process.env;
  return !new RegExp(wanted).test(name) && `its name doesn't match ${wanted}`;
}

/** How long a call may take, in ms. */
export const PATIENCE = 120_000;
