// Every attack of attacks.json, played: tsrunc holds. Races have few rounds here; `npm run attack-table` plays thousands, and runc
// and crun beside it.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { project, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';
import { attacks } from './attacks/list.js';
import { racing, single } from './attacks/plays.js';

const box = new Sandbox(t);
// The other host has the same init.
const rounds = basename(runtime) === 'tsrunc' ? 20 : 5;

t.test('the list is whole', async (t) => {
  const ids = attacks.map(({ id }) => id);
  t.same([...new Set(ids)], ids, 'each id once');
  const played = new Set(attacks.flatMap(({ plays }) => plays));
  const known = [...Object.keys(single), ...Object.keys(racing)];
  t.same(
    [...played].filter((name) => !known.includes(name)),
    [],
    'every play is there',
  );
  t.same(
    known.filter((name) => !played.has(name)),
    [],
    'every play is listed',
  );
  for (const { id, attack, affected, answer, plays, unplayed, tests } of attacks) {
    t.match(id, /^(CVE-\d{4}-\d{4,}|GHSA(-[0-9a-z]{4}){3}|own:[a-z-]+)$/);
    t.ok(attack && affected && answer, `${id} says what it is`);
    t.ok(plays.length > 0 || unplayed, `${id} is played, or says why not`);
    t.same(
      tests.filter((path) => !existsSync(join(project, path))),
      [],
      `the tests of ${id} are there`,
    );
  }
  const page = readFileSync(join(project, 'docs/attacks.md'), 'utf8');
  t.same(
    ids.filter((id) => !page.includes(`| ${id} |`)),
    [],
    'docs/attacks.md has them all; npm run attack-table writes it',
  );
});

const skip = skipIf(tsruncOnly('npm run attack-table has its answers'));

for (const [name, play] of Object.entries({ ...single, ...racing })) {
  const ids = attacks.filter(({ plays }) => plays.includes(name)).map(({ id }) => id);
  t.test(`${name}: ${ids.join(', ')}`, { skip, timeout: 100_000 }, async (t) => {
    const outcome = await play({ box, rounds });
    t.equal(outcome.result, 'held', outcome.why);
    if (outcome.race) t.comment(`${outcome.race.started} of ${outcome.race.rounds} started`);
  });
}

box.end(t);
