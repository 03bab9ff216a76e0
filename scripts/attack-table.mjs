// Plays every attack of test/security/attacks.json against tsrunc and, beside it, Debian 12's runc and crun, and writes
// docs/attacks.md. Usage: npm run attack-table -- [option ...]
//   --rounds N       of each race against tsrunc (default 1000)
//   --peer-rounds N  of each race against the others (default 100)
//   --only A,B       these attacks alone, by their names in test/security/attacks/plays.ts; nothing is written then
//   --json FILE      the outcomes
//   --from FILE      plays nothing, and writes the page of outcomes that --json has kept
// Needs root. Everything happens in namespaces of its own, with a /dev of its own: what an attack does to another runtime
// ends there. Ends with 1 when an attack works against tsrunc, or can't be played against it.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { debianRuntime, needed } from './debian-runtime.mjs';
import { debianTree } from './debian-tree.mjs';
import { setup } from './setup.mjs';
import { build, installDependencies, main, quietly, say, step, top } from './steps.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000' },
    'peer-rounds': { type: 'string', default: '100' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    from: { type: 'string' },
  },
});
const only = options.only.split(',').filter(Boolean);

/** Debian 12 has versions in which many of the attacks work; those that its security team mended are held there. */
function peers() {
  const packages = ['base-files', 'crun', 'runc'];
  const tree = debianTree('bookworm', packages, {
    complete: 'usr/bin/crun',
    say: () => console.error('making a tree of Debian 12 with runc and crun (once; half a minute)'),
  });
  return ['runc', 'crun'].map((name) => ({ name, path: debianRuntime(tree, name), rounds: options['peer-rounds'] }));
}

/** The outcomes of one runtime, by the names of the attacks, and its version. */
async function play({ name, path, rounds }) {
  const program = join(top, 'build/test/test/security/attacks/play-all.js');
  const jail = ['--mount', '--pid', '--fork', '--kill-child', '--ipc', '--uts', '--net', '--propagation', 'private'];
  const child = spawn(
    'unshare',
    [...jail, join(top, 'scripts/jail.sh'), process.execPath, program, '--rounds', rounds, ...only],
    { env: { ...process.env, TSRUNC: path }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  // unshare heeds no signal but this one, which ends the whole jail.
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const outcomes = [];
  let version = name;
  const ended = new Promise((resolve) => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = JSON.parse(line);
    if (entry.version !== undefined) version = entry.version;
    else {
      outcomes.push(entry);
      say(name, `${entry.name}: ${words(entry)}, ${entry.seconds.toFixed(1)} s`);
    }
  }
  process.off('exit', end);
  if ((await ended) !== 0) throw new Error(`${name}: the attacks were not played to their end`);
  return { name, version, outcomes };
}

const raced = ({ race }) => (race ? ` (${race.rounds - race.fallen} of ${race.rounds} rounds)` : '');

/** An outcome as the table has it. */
function words(outcome) {
  const what = { held: 'held', fell: '**fell**', unplayed: "doesn't run" }[outcome.result];
  const why = outcome.result !== 'held' && outcome.why ? `: ${outcome.why}` : '';
  return `${what}${raced(outcome)}${why}`;
}

const cell = (text) => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');

/** What one runtime did against one entry of the list: the worst of its attacks. */
function answer(attack, { outcomes }) {
  const found = outcomes.filter(({ name }) => attack.plays.includes(name));
  if (found.length === 0) return `not played: ${attack.unplayed}`;
  const worst = ['fell', 'unplayed', 'held'].map((result) => found.filter((one) => one.result === result));
  const [first] = worst.find((list) => list.length > 0);
  if (first.result === 'held') return `held${found.map(raced).join('')}`;
  return words(first);
}

const races = (runtime) => runtime.outcomes.filter(({ race }) => race !== undefined);

function page(attacks, runtimes) {
  const sum = (list, key) => list.reduce((total, { race }) => total + race[key], 0);
  const lines = runtimes.map((runtime) => {
    const list = races(runtime);
    const all = runtime.outcomes;
    const count = (result) => all.filter((one) => one.result === result).length;
    return `| ${runtime.version} | ${all.length} | ${count('held')} | ${count('fell')} | ${count('unplayed')} | ${sum(list, 'rounds')} | ${sum(list, 'started')} | ${sum(list, 'fallen')} |`;
  });
  const rows = attacks.map((attack) =>
    [attack.id, attack.attack, attack.affected, attack.answer, ...runtimes.map((one) => answer(attack, one))]
      .map(cell)
      .join(' | '),
  );
  return `# The attack table

Written by \`npm run attack-table\`, from [test/security/attacks.json](../test/security/attacks.json) and one run on one machine; don't edit.

What was published of runc, crun and youki, and what engines published that is about a runtime, each played against tsrunc and
against two others of Debian 12, some of whose holes its security team has mended. **held**: the runtime did what was asked of it, or refused, and the attacker
had gained nothing. **fell**: the attacker had what it was after; what that was is said. Races are played in many rounds, against a process
that swaps names without end; what is counted are the rounds that held.

| runtime | attacks | held | fell | didn't run | rounds of races | containers started | rounds that fell |
| --- | --- | --- | --- | --- | --- | --- | --- |
${lines.join('\n')}

\`npm test\` plays all of them against tsrunc, races with few rounds (\`test/security/attacks.test.ts\`). The rules behind the answers, and their own tests, are in
[security.md](security.md).

| id | attack | affected | what tsrunc does | ${runtimes.map(({ version }) => version).join(' | ')} |
| --- | --- | --- | --- |${' --- |'.repeat(runtimes.length)}
${rows.map((row) => `| ${row} |`).join('\n')}
`;
}

/** The outcomes of tsrunc, runc and crun, in this order. */
async function playAll() {
  if (process.getuid() !== 0) throw new Error('containers are attacked as root');
  await setup(needed);
  await installDependencies();
  build();
  await step('tests', async () => {
    await quietly('tests', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json']);
    return 'compiled';
  });
  const own = { name: 'tsrunc', path: join(top, 'bin/tsrunc'), rounds: options.rounds };
  const runtimes = [];
  for (const runtime of [own, ...peers()]) runtimes.push(await play(runtime));
  return runtimes;
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

await main(async () => {
  const runtimes = options.from ? JSON.parse(readFileSync(options.from, 'utf8')) : await playAll();
  if (options.json) writeFileSync(options.json, `${JSON.stringify(runtimes, null, 2)}\n`);
  const attacks = JSON.parse(readFileSync(join(top, 'test/security/attacks.json'), 'utf8'));
  if (only.length === 0) writeFileSync(join(top, 'docs/attacks.md'), page(attacks, runtimes));
  const lost = runtimes[0].outcomes.filter(({ result }) => result !== 'held');
  for (const outcome of lost) console.error(`tsrunc: ${outcome.name}: ${words(outcome)}`);
  return lost.length === 0 ? 0 : 1;
});
