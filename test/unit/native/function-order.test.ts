/** Where functions lie in bin/tsrunc (scripts/train-functions.mjs): what commands call comes first. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { project } from '../../helpers/runtime.js';

const { byCommands, piecesOf } = (await import(join(project, 'scripts/train-functions.mjs'))) as {
  byCommands(called: string[][]): string[];
  piecesOf(map: string): Map<number, string>;
};

t.test('what more commands call lies first, in the order of the calls', async (t) => {
  const order = byCommands([
    ['main', 'state', 'parse'],
    ['main', 'parse', 'create'],
    ['main', 'create', 'fork'],
  ]);
  t.same(order, ['main', 'parse', 'create', 'state', 'fork']);
});

t.test('pieces of code are taken from the map of a link', async (t) => {
  const map = `Discarded input sections

 .text.unused   0x0000000000000000       0x10 native.a(a.o)

Linker script and memory map

 .text.short    0x0000000000401000       0x10 native.a(a.o)
 .text.a_name_that_fills_the_column
                0x0000000000401010       0x20 /usr/lib/libc.a(b.lo)
 .text          0x0000000000401030       0x30 /usr/lib/crt1.o
`;
  t.same(
    [...piecesOf(map)],
    [
      [0x401000, '*:a.o(.text.short)'],
      [0x401010, '*:b.lo(.text.a_name_that_fills_the_column)'],
    ],
  );
});

const mapFile = join(project, 'build/standalone/tsrunc.map');
const skip = existsSync(mapFile) ? false : 'bin/tsrunc was not linked here';

t.test('the order that is kept is about functions that there are', { skip }, async (t) => {
  const order = readFileSync(join(project, 'scripts/function-order.ld'), 'utf8').match(/^ {4}\*:.*$/gm) ?? [];
  const there = new Set(piecesOf(readFileSync(mapFile, 'utf8')).values());
  const known = order.filter((line) => there.has(line.trim())).length;
  t.ok(order.length > 500, `${order.length} functions`);
  t.ok(known >= 0.9 * order.length, `${known} of ${order.length}: npm run train finds them out anew`);
});
