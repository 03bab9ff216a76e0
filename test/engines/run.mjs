// Tests tsrunc under real engines in a virtual machine, with runc as control. Usage:
//   node test/engines/run.mjs [OPTION...] [ENGINE[:WORD]...]
//     --quick            the cases that CI runs, with the cgroupfs driver, as many as can be begun in 9 minutes; runc, the
//                        control, runs only what tsrunc has failed
//     --driver DRIVER    only this cgroup driver: cgroupfs or systemd. With both, runc runs all cases with the first, and
//                        with the second only what tsrunc has failed there
//     --runtime RUNTIME  only with tsrunc, or only with runc
//     --jobs N           so many cases at a time (4)
//     --write FILE       the matrix also goes to this file
//     --results FILE     the results are added to this file, a line of JSON each, and the matrix is of all that it holds:
//                        so runs of an engine or a driver each make one matrix. The later result of a case holds.
//     --missing          only what --results holds no `ok` of: so a run goes on where another broke off
//     --matrix           no machine: only the matrix of what --results holds
//     --shell            no cases: a shell in the machine, with tsrunc installed
// ENGINE:WORD selects the engine's cases whose name holds the word. Where the machine can't be
// brought up (it needs root, QEMU and a mirror of Debian), it says so and ends with 3.
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { main, say, top } from '../../scripts/steps.mjs';
import { Matrix } from './matrix.mjs';
import { asWord, bringUp, bundleRunner, inMachine, mainWithImage } from './test-machine.mjs';

const head = `# tsrunc and runc under engines

Written by \`npm run test:engines -- --write FILE\`: what each case shows is in test/engines/guest, under its name. The
number is its seconds in the emulated machine, beside other cases. What was not run has no entry.
`;

const { values: options, positionals: select } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    driver: { type: 'string', multiple: true },
    runtime: { type: 'string', multiple: true, default: ['tsrunc', 'runc'] },
    jobs: { type: 'string', default: '4' },
    write: { type: 'string' },
    results: { type: 'string' },
    missing: { type: 'boolean', default: false },
    matrix: { type: 'boolean', default: false },
    shell: { type: 'boolean', default: false },
  },
});

/** Prints a result as it comes. */
function show(result) {
  const what = `${result.engine.padEnd(8)} ${result.driver.padEnd(8)} ${result.runtime.padEnd(6)}`;
  const end =
    result.result === 'ok'
      ? `ok ${result.seconds.toFixed(1)} s${result.reason ? ` (${result.reason})` : ''}`
      : `${result.result}: ${result.reason}`;
  console.log(`  ${what} ${result.case.padEnd(44)} ${end}`);
}

/** Keeps the results in the file of --results, each as it comes: a run that breaks off has not been for nothing. */
function keep(line) {
  if (!options.results) return;
  mkdirSync(dirname(options.results), { recursive: true });
  appendFileSync(options.results, `${line}\n`);
}

/** A matrix that holds what earlier runs have kept. */
function keptMatrix() {
  const matrix = new Matrix();
  if (!options.results || !existsSync(options.results)) {
    if (options.matrix) throw new Error(`--matrix: the results, --results ${options.results ?? 'FILE'}, are missing`);
    return matrix;
  }
  for (const line of readFileSync(options.results, 'utf8').split('\n').filter(Boolean)) matrix.add(JSON.parse(line));
  return matrix;
}

/** What a result is of. */
const tried = ({ engine, driver, runtime, case: name }) => ({ engine, driver, runtime, case: name });

/** Runs all cases, and prints what came of it. Returns this program's exit code. */
async function runCases(directory) {
  const matrix = keptMatrix();
  const before = matrix.results.length;
  const end = Date.now() + 540_000;
  let count = 0;
  const told = (line) => {
    const result = JSON.parse(line);
    if (result.say) return say('engines', result.say);
    matrix.add(result);
    keep(line);
    show(result);
    count++;
  };
  const status = await inMachine(
    () => bringUpWithRunner(directory),
    (machine) => {
      const seconds = options.quick ? Math.max(1, Math.round((end - Date.now()) / 1000)) : 0;
      const results = matrix.results;
      const done = [
        ...results.slice(before),
        ...(options.missing ? results.filter(({ result }) => result === 'ok') : []),
      ];
      return runIn(machine, done, seconds, told);
    },
  );
  if (count === 0) throw new Error(`no case ran (${status})`);
  return report(matrix, status);
}

/**
 * @param done results that are there already, of which no case is run again
 * @param told gets each line of JSON
 */
async function runIn(machine, done, seconds, told) {
  const task = {
    ...{ drivers: options.driver ?? (options.quick ? ['cgroupfs'] : ['cgroupfs', 'systemd']) },
    ...{ runtimes: options.runtime, select, quick: options.quick, jobs: Number(options.jobs) },
    seconds,
    done: done.map(tried),
  };
  return await machine.run(`exec node /usr/local/lib/engines/runner.mjs ${asWord(task)}`, {
    onLine: (line) => (line.startsWith('{') ? told(line) : console.log(line)),
  });
}

/** Prints the matrix, and what failed; returns this program's exit code. */
function report(matrix, status) {
  const text = matrix.markdown();
  console.log(`\n${text}\n`);
  if (options.write) writeFileSync(options.write, `${head}\n${text}\n`);
  const { passed, failed, skipped } = matrix.counts();
  for (const one of matrix.failures) console.log(`FAILED ${one.engine}, ${one.driver}: ${one.case}\n  ${one.reason}`);
  console.log(`\n${passed} passed, ${failed + (status === 0 ? 0 : 1)} failed, ${skipped} skipped`);
  return failed === 0 && status === 0 ? 0 : 1;
}

/** A machine with all that the cases need. */
async function bringUpWithRunner(directory) {
  const runner = await bundleRunner(join(top, 'test/engines/guest/main.ts'), join(top, 'build/engines/runner.mjs'));
  return await bringUp(directory, [runner, join(top, 'test/helpers/in-terminal.py')]);
}

/** A shell in the machine. */
async function openShell(directory) {
  return await inMachine(
    () => bringUpWithRunner(directory),
    (machine) => {
      const [command, ...args] = machine.sshCommand;
      return spawnSync(command, args, { stdio: 'inherit' }).status;
    },
  );
}

if (options.matrix) await main(() => report(keptMatrix(), 0));
else await mainWithImage(options.shell ? openShell : runCases);
