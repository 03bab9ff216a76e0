// Tests checkpoint and restore in the virtual machine of test/engines, whose kernel and criu go together, with runc as
// control. Usage:
//   node test/checkpoint/run.mjs [OPTION...] [GROUP[:WORD]...]
//     --runtime RUNTIME  only with tsrunc, or only with runc
//     --systemd          with systemd's cgroup driver
//     --jobs N           so many cases at a time (2)
//     --write FILE       the table also goes to this file
// GROUP:WORD selects the group's cases whose name holds the word. Prints case | tsrunc | runc, and as its last line
// `N passed, N failed, N skipped`; what fails with both counts as skipped. Where the machine can't be brought up (it needs
// root, QEMU and a mirror of Debian), it says so and ends with 3.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { say, top } from '../../scripts/steps.mjs';
import { Matrix } from '../engines/matrix.mjs';
import { asWord, bringUp, bundleRunner, inMachine, mainWithImage } from '../engines/test-machine.mjs';

const { values: options, positionals: select } = parseArgs({
  allowPositionals: true,
  options: {
    runtime: { type: 'string', multiple: true, default: ['tsrunc', 'runc'] },
    systemd: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '2' },
    write: { type: 'string' },
  },
});

/** Prints a result as it comes. */
function show({ engine, runtime, case: name, result, reason, seconds }) {
  const end = result === 'ok' ? `ok ${seconds.toFixed(1)} s${reason ? ` (${reason})` : ''}` : `${result}: ${reason}`;
  console.log(`  ${engine.padEnd(12)} ${runtime.padEnd(6)} ${name}: ${end}`);
}

async function start(directory) {
  const outfile = join(top, 'build/checkpoint/runner.mjs');
  const runner = await bundleRunner(join(top, 'test/checkpoint/guest/main.ts'), outfile);
  const scripts = ['in-terminal.py', 'unix-receiver.py'].map((name) => join(top, 'test/helpers', name));
  return await bringUp(directory, [runner, ...scripts]);
}

/** Runs the cases in one machine. Returns the exit code there. */
async function runIn(machine, matrix) {
  const done = matrix.results.map(({ engine, runtime, case: name }) => [engine, runtime, name].join('\n'));
  const task = {
    ...{ select, runtimes: options.runtime, jobs: Number(options.jobs), done },
    driver: options.systemd ? 'systemd' : 'cgroupfs',
  };
  return await machine.run(`exec node /usr/local/lib/engines/runner.mjs ${asWord(task)}`, {
    onLine(line) {
      if (!line.startsWith('{')) return console.log(line);
      const told = JSON.parse(line);
      if (told.say) return say('test machine', told.say);
      matrix.add(told);
      show(told);
    },
  });
}

/** Runs all cases, and prints what came of it. Returns this program's exit code. */
async function runCases(directory) {
  mkdirSync('build/checkpoint', { recursive: true });
  const matrix = new Matrix();
  const status = await inMachine(
    () => start(directory),
    (machine) => runIn(machine, matrix),
  );
  return report(matrix, status);
}

function report(matrix, status) {
  const text = matrix.markdown();
  console.log(`\n${text}\n`);
  if (options.write) writeFileSync(options.write, `${text}\n`);
  const { passed, failed, skipped } = matrix.counts();
  const broken = status === 0 && matrix.results.length > 0 ? 0 : 1;
  console.log(`\n${passed} passed, ${failed + broken} failed, ${skipped} skipped`);
  return failed + broken === 0 ? 0 : 1;
}

await mainWithImage(runCases);
