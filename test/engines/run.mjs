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
import { build, installDependencies, main, say, step, top } from '../../scripts/steps.mjs';
import { Matrix } from './matrix.mjs';
import { asWord, bringUp, bundleRunner, cannot, connectionLost, machines, panicked, prepare } from './test-machine.mjs';

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

/** @param up gives a machine that has just been brought up */
async function runCases(up) {
  const matrix = keptMatrix();
  const before = matrix.results.length;
  const end = Date.now() + 540_000;
  for (let left = machines; ; left--) {
    const machine = await up();
    try {
      const seconds = options.quick ? Math.max(1, Math.round((end - Date.now()) / 1000)) : 0;
      const { status, count } = await runIn(machine, matrix, matrix.results.slice(before), seconds);
      if (status === connectionLost && panicked(machine) && left > 1) {
        say('test machine', 'its kernel has panicked: another one goes on');
        continue;
      }
      if (count === 0 && matrix.results.length === before) throw new Error(`no case ran (${status})`);
      return report(matrix, status);
    } finally {
      await machine.stop();
    }
  }
}

/** @param done results that are there already, of which no case is run again */
async function runIn(machine, matrix, done, seconds) {
  const task = {
    ...{ drivers: options.driver ?? (options.quick ? ['cgroupfs'] : ['cgroupfs', 'systemd']) },
    ...{ runtimes: options.runtime, select, quick: options.quick, jobs: Number(options.jobs) },
    seconds,
    done: [...done, ...(options.missing ? matrix.results.filter(({ result }) => result === 'ok') : [])].map(tried),
  };
  let count = 0;
  const status = await machine.run(`exec node /usr/local/lib/engines/runner.mjs ${asWord(task)}`, {
    onLine(line) {
      if (!line.startsWith('{')) return console.log(line);
      const told = JSON.parse(line);
      if (told.say) return say('engines', told.say);
      matrix.add(told);
      keep(line);
      show(told);
      count++;
    },
  });
  if (status === connectionLost)
    console.log(`the connection to the machine is lost:\n${machine.console.slice(-30).join('\n')}`);
  return { status, count };
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

await main(async () => {
  process.chdir(top);
  if (options.matrix) return report(keptMatrix(), 0);
  let directory;
  try {
    directory = await prepare();
  } catch (error) {
    console.log(`skipped: ${error.message}`);
    return cannot;
  }
  await installDependencies();
  build();
  const up = async () => {
    let machine;
    await step('test machine', async () => {
      machine = await bringUpWithRunner(directory);
      return 'is up';
    });
    return machine;
  };
  if (!options.shell) return await runCases(up);
  const machine = await up();
  try {
    const [command, ...args] = machine.sshCommand;
    return spawnSync(command, args, { stdio: 'inherit' }).status;
  } finally {
    await machine.stop();
  }
});
