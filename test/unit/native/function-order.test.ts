/** Where functions lie in bin/tsrunc (scripts/train-functions.mjs): what commands call comes first. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { project } from '../../helpers/runtime.js';

const { byCommands, piecesOf } = (await import(join(project, 'scripts/train-functions.mjs'))) as {
  byCommands(called: string[][]): string[];
  piecesOf(map: string): Map<number, { piece: string; size: number }>;
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
      [0x401000, { piece: '*:a.o(.text.short)', size: 0x10 }],
      [0x401010, { piece: '*:b.lo(.text.a_name_that_fills_the_column)', size: 0x20 }],
    ],
  );
});

const mapFile = join(project, 'build/standalone/tsrunc.map');
const skip = existsSync(mapFile) ? false : 'bin/tsrunc was not linked here';

t.test('the order that is kept is about functions that there are', { skip }, async (t) => {
  const order = readFileSync(join(project, 'scripts/function-order.ld'), 'utf8').match(/^ {4}\*:.*\(\.text.*$/gm) ?? [];
  const there = new Set([...piecesOf(readFileSync(mapFile, 'utf8')).values()].map(({ piece }) => piece));
  const known = order.filter((line) => there.has(line.trim())).length;
  t.ok(order.length > 500, `${order.length} functions`);
  t.ok(known >= 0.9 * order.length, `${known} of ${order.length}: npm run train finds them out anew`);
});

/** Where a symbol of the linker's script is. */
function placeOf(map: string, symbol: string): number {
  const [, address] = new RegExp(`^ +0x([0-9a-f]+) +${symbol}\\b`, 'm').exec(map) ?? [];
  if (address === undefined) throw new Error(`${symbol} isn't in the map`);
  return Number.parseInt(address, 16);
}

t.test('what is had at once when a command begins lies together', { skip }, async (t) => {
  const map = readFileSync(mapFile, 'utf8');
  const executable = join(project, 'build/standalone/tsrunc');
  const program = readFileSync(executable);
  const entry = Number(program.readBigUInt64LE(24));
  t.equal(entry, placeOf(map, 'tsrunc_start'), 'it begins with what has them made');
  const mostlyCalled = [placeOf(map, 'tsrunc_called'), placeOf(map, 'tsrunc_called_often')] as const;
  t.ok(entry >= mostlyCalled[0] && entry < mostlyCalled[1], 'which is one of the functions that most commands call');
  t.ok(placeOf(map, 'tsrunc_called_end') > mostlyCalled[1], 'and others follow');
  t.ok(placeOf(map, 'tsrunc_constants_often') - placeOf(map, 'tsrunc_constants') > 20_000, 'constants');
  t.ok(placeOf(map, 'tsrunc_constants_end') - placeOf(map, 'tsrunc_constants_often') > 50_000, 'init');
  const sections = execFileSync('readelf', ['-SW', executable], { encoding: 'utf8' });
  const place = (name: string) =>
    Number.parseInt(new RegExp(` ${name} +\\S+ +([0-9a-f]+)`).exec(sections)?.[1] ?? '', 16);
  t.ok(place('.bss.late') - place('.data') < 4 * 4096, 'small variables fill few pages, before what is large');
  const segments = execFileSync('readelf', ['-lW', executable], { encoding: 'utf8' });
  const start = (place('.rodata') & ~4095).toString(16);
  const [, flags] = new RegExp(`^ +LOAD +\\S+ +0x0*${start} .*?(R [ E])`, 'm').exec(segments) ?? [];
  t.equal(flags, 'R  ', "constants can't be executed");
});
