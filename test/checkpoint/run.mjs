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
import { build, installDependencies, main, say, step, top } from '../../scripts/steps.mjs';
import { Matrix } from '../engines/matrix.mjs';
import {
  asWord,
  bringUp,
  bundleRunner,
  cannot,
  connectionLost,
  machines,
  panicked,
  prepare,
} from '../engines/test-machine.mjs';

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

/** Runs all cases; where the kernel of a machine panics, another one goes on. Returns this program's exit code. */
async function runCases(directory) {
  const matrix = new Matrix();
  for (let left = machines; ; left--) {
    let machine;
    await step('test machine', async () => {
      machine = await start(directory);
      return 'is up';
    });
    try {
      const status = await runIn(machine, matrix);
      if (status === connectionLost && panicked(machine) && left > 1) {
        say('test machine', 'its kernel has panicked: another one goes on');
        continue;
      }
      if (status === connectionLost) console.log(`the machine is lost:\n${machine.console.slice(-30).join('\n')}`);
      return report(matrix, status);
    } finally {
      await machine.stop();
    }
  }
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

await main(async () => {
  process.chdir(top);
  let directory;
  try {
    directory = await prepare();
  } catch (error) {
    console.log(`skipped: ${error.message}`);
    return cannot;
  }
  await installDependencies();
  build();
  mkdirSync('build/checkpoint', { recursive: true });
  return await runCases(directory);
});
