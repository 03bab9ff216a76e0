// Mixed work for an hour in a virtual machine, and whether anything is lost, left or grows. Usage:
//   node test/long-life/run.mjs [--minutes N] [--plot FILE] [--results FILE]
// Where the machine can't be brought up (it needs root, QEMU and a mirror of Debian), it says so and ends with 3.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { say, top } from '../../scripts/steps.mjs';
import { bringUp, bundleRunner, mainWithImage } from '../engines/test-machine.mjs';
import { svgPlot } from './plot.mjs';
import { grownParts, growth } from './verdict.mjs';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    plot: { type: 'string' },
    results: { type: 'string', default: 'build/long-life/rounds.jsonl' },
  },
});

function show({ minute, disturbance, done, refused, wrong }) {
  const what = disturbance === '' ? '' : `, ${disturbance}: ${refused} refused`;
  say(`minute ${minute.toFixed(1)}`, `${done} done${what}${wrong.length > 0 ? `, ${wrong.length} WRONG` : ''}`);
  for (const line of wrong) console.log(`    ${line}`);
}

/** Plays the rounds in one machine. Resolves with the exit status there, and what was told of each. */
async function live(directory) {
  const guest = await bundleRunner(join(top, 'test/long-life/guest/main.ts'), join(top, 'build/long-life/life.mjs'));
  const machine = await bringUp(directory, [guest]);
  try {
    const rounds = [];
    mkdirSync(dirname(options.results), { recursive: true });
    writeFileSync(options.results, '');
    const status = await machine.run(`exec node /usr/local/lib/engines/life.mjs ${Number(options.minutes)}`, {
      onLine(line) {
        if (!line.startsWith('{')) return console.log(line);
        const round = JSON.parse(line);
        rounds.push(round);
        appendFileSync(options.results, `${line}\n`);
        show(round);
      },
    });
    if (status !== 0) console.log(machine.console.slice(-30).join('\n'));
    return { status, rounds };
  } finally {
    await machine.stop();
  }
}

/** Prints what came of it; returns the exit code. */
function report({ status, rounds }) {
  if (options.plot && rounds.length > 1) writeFileSync(options.plot, svgPlot(rounds));
  const rows = rounds.length > 3 ? growth(rounds) : [];
  console.log('\n| figure | at the beginning | at the end |\n| --- | ---: | ---: |');
  for (const { name, before, after, grown } of rows)
    console.log(`| ${name} | ${before.toFixed(1)} | ${after.toFixed(1)}${grown ? ' GROWN' : ''} |`);
  const grown = rows.filter((row) => row.grown).length;
  if (grown > 0) for (const line of grownParts(rounds)) console.log(line);
  const sum = (of) => rounds.reduce((total, round) => total + of(round), 0);
  const wrong = sum((round) => round.wrong.length);
  console.log(`\n${sum((round) => round.refused)} operations were refused in rounds with a disturbance`);
  const failed = wrong + grown + (status === 0 ? 0 : 1);
  console.log(`${sum((round) => round.done) + rows.length - grown} passed, ${failed} failed, 0 skipped`);
  return failed === 0 ? 0 : 1;
}

await mainWithImage(async (directory) => report(await live(directory)));
