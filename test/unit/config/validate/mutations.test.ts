import t from 'tap';
import { TsruncError } from '../../../../src/base/error.js';
import { splitPointer } from '../../../../src/base/json-pointer.js';
import { parseJson } from '../../../../src/config/json/json-text.js';
import { writeJson } from '../../../../src/config/json/json-write.js';
import { loadConfig } from '../../../../src/config/load.js';
import { validateText } from '../../../../src/config/validate/validate.js';
import { planProblems } from '../../../../src/plan/plan-problems.js';
import { changed, everyPointer, fixtureConfigs } from '../../../helpers/config-helpers.js';
import { renamed } from '../../../helpers/validate-cases.js';

const seed = Number(process.env.TSRUNC_SEED ?? 20_260_131);
const trials = Number(process.env.TSRUNC_TRIALS ?? 2000);

/** Numbers from 0 to below n, the same for the same seed (mulberry32). */
function numbers(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

const values: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e300,
  2 ** 53,
  '',
  '/',
  'x',
  'a\u0000b',
  '\ud800',
  [],
  [null],
  {},
  { '': 1 },
];

/** A name with one letter less, more, another, or two exchanged; or one that is known elsewhere. */
function misspelt(name: string, pick: (n: number) => number): string {
  const at = pick(Math.max(1, name.length));
  const others = ['resources', 'path', 'type', 'options', 'limit', '__proto__', 'constructor', ''];
  const ways = [
    name.slice(0, at) + name.slice(at + 1),
    `${name.slice(0, at)}e${name.slice(at)}`,
    `${name.slice(0, at)}x${name.slice(at + 1)}`,
    name.slice(0, at) +
      name
        .slice(at, at + 2)
        .split('')
        .reverse()
        .join('') +
      name.slice(at + 2),
    name.toUpperCase(),
    others[pick(others.length)]!,
  ];
  return ways[pick(ways.length)]!;
}

t.test('whatever is deleted, renamed or retyped: what is found is what create says', async (t) => {
  const pick = numbers(seed);
  const original = parseJson(fixtureConfigs().get('everything.json') ?? '').value;
  const started = Date.now();
  let [refused, taken, warned] = [0, 0, 0];
  for (let trial = 0; trial < trials; trial++) {
    let config = original;
    const steps: string[] = [];
    for (let count = 1 + pick(3); count > 0; count--) {
      const pointers = [...everyPointer(config)].map(([pointer]) => pointer).filter((pointer) => pointer !== '');
      const pointer = pointers[pick(pointers.length)] ?? '/root';
      const name = splitPointer(pointer).at(-1) ?? '';
      const way = pick(3);
      if (way === 0) config = changed(config, pointer, undefined);
      else if (way === 1 && !/^\d+$/.test(name)) config = renamed(config, pointer, misspelt(name, pick));
      else config = changed(config, pointer, values[pick(values.length)]);
      steps.push(`${way} ${pointer}`);
    }
    const text = writeJson(config);
    const context = `seed ${seed}, trial ${trial}: ${steps.join(', ')}`;
    let told: ReturnType<typeof validateText>['findings'];
    try {
      told = validateText(text, { further: planProblems, advise: true }).findings;
    } catch (error) {
      t.fail(`${context}: ${(error as Error).stack}`);
      continue;
    }
    let problems: readonly string[] = [];
    try {
      const { spec } = loadConfig(text, 'config.json');
      problems = planProblems(spec).map(({ pointer }) => pointer);
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      problems = (error.fields.problems ?? [error]).map((problem) => problem.pointer ?? '');
    }
    const errors = told.filter(({ severity }) => severity === 'error');
    // A wrong name of which what is missing came stands in its place; create finds that only when it plans.
    const same = errors.flatMap(({ pointer, follow = [] }) => [pointer, ...follow.map((one) => one.pointer)]);
    if ((errors.length === 0) !== (problems.length === 0)) t.fail(`${context}: ${JSON.stringify([errors, problems])}`);
    for (const pointer of problems) if (!same.includes(pointer)) t.fail(`${context}: ${pointer} is not told`);
    for (const finding of told)
      if (finding.position === undefined) t.fail(`${context}: ${finding.pointer} has no place`);
    if (errors.length > 0) refused++;
    else taken++;
    if (told.some(({ code }) => code === 'unknown-key')) warned++;
  }
  t.comment(`${refused} refused, ${taken} taken, ${warned} with wrong names, ${Date.now() - started} ms`);
  t.ok(refused > trials / 10 && taken > trials / 10 && warned > trials / 20, 'all of it comes up');
});
