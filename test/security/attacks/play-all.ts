/**
 * Plays attacks against the runtime of $TSRUNC, and prints a line of JSON for each.
 * Usage: node play-all.js [--rounds N] [NAME...]; names are those of plays.ts.
 */
import { parseArgs } from 'node:util';
import { call } from '../../helpers/runtime.js';
import { Sandbox } from '../../helpers/sandbox.js';
import { racing, single } from './plays.js';
import { type Outcome, type Play, unplayed } from './stage.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '20' } },
});
const plays: Record<string, Play> = { ...single, ...racing };
const ends: (() => unknown)[] = [];
// In a jail each run has the same pids.
const box = new Sandbox({ teardown: (end) => ends.push(end) }, `ta${Date.now().toString(36)}x`);

async function played(play: Play): Promise<Outcome> {
  try {
    return await play({ box, rounds: Number(values.rounds) });
  } catch (error) {
    return unplayed((error as Error).message.split('\n')[0]!.slice(0, 200));
  }
}

try {
  console.log(JSON.stringify({ version: call(['--version']).stdout.split('\n')[0] }));
  for (const name of positionals.length > 0 ? positionals : Object.keys(plays)) {
    const play = plays[name];
    if (play === undefined) throw new Error(`there is no attack ${name}`);
    const since = Date.now();
    console.log(JSON.stringify({ name, ...(await played(play)), seconds: (Date.now() - since) / 1000 }));
  }
} finally {
  for (const end of ends.reverse()) end();
}
