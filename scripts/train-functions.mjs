// In which order functions lie in the static executable: first what nearly every command calls, then what most do, and so on. The kernel
// maps 16 pages with each page fault; a command that finds its functions side by side has fewer faults and takes less memory.
// docs/standalone.md has the figures.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { functionOrder, linkStandalone } from './link-standalone.mjs';
import { removal, runSample, sampleBundles, sampleCommands } from './sample-commands.mjs';

/** What the executable is made of before functions: it begins in the second of these (addon/bindings/first-pages.cc). */
const first = ['*:first-pages.o(.text .text.*)', '*crt1.o(.text .text.*)', '*crtbegin.o(.text .text.*)'];

const text = (
  often,
  others,
) => `/* What commands call, by how many of them do, and the constants and variables that they use (train-functions.mjs). */
SECTIONS
{
  .text.called :
  {
    tsrunc_called = .;
${[...first, ...often].map((piece) => `    ${piece}\n`).join('')}    tsrunc_called_often = .;
${others.map((piece) => `    ${piece}\n`).join('')}    tsrunc_called_end = .;
  }
}
INSERT BEFORE .text;
SECTIONS
{
  .rodata.used (READONLY) :
  {
    tsrunc_constants = .;
    *(.data.rel.ro.local* .data.rel.ro .data.rel.ro.*)
    *(.got .got.plt)
    __init_array_start = .;
    KEEP(*(SORT_BY_INIT_PRIORITY(.init_array.*)))
    KEEP(*(.init_array))
    __init_array_end = .;
    __fini_array_start = .;
    KEEP(*(SORT_BY_INIT_PRIORITY(.fini_array.*)))
    KEEP(*(.fini_array))
    __fini_array_end = .;
    *native.a:*(.rodata .rodata.*)
    *:quickjs.o(.rodata .rodata.*)
    *:dtoa.o(.rodata .rodata.*)
    *:eh_alloc.o(.rodata .rodata.*)
    *libc.a:*(.rodata .rodata.str*)
    *:intscan.lo(.rodata.*)
    *:vfprintf.lo(.rodata.*)
    tsrunc_constants_often = .;
    *(.rodata.init_image)
    tsrunc_constants_end = .;
  }
}
INSERT AFTER .rodata;
tsrunc_variables = ADDR(.data);
SECTIONS
{
  .bss.late (NOLOAD) :
  {
    *(.bss.late.library)
    *(.bss.late.tail)
  }
}
INSERT AFTER .bss;
`;

/**
 * The pieces of code that a linker's map names: functions, since each has a section of its own.
 * @returns a Map from addresses to { piece: as a linker's script names it, size: in bytes }
 */
export function piecesOf(map) {
  const [, used] = map.split('\nLinker script and memory map\n');
  const pieces = new Map();
  for (const [, section, address, size, file] of used.matchAll(
    /^ (\.text\S*)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+)$/gm,
  )) {
    // Of a member of an archive; a section .text is all of a file, which here is one function in assembler.
    const [, member] = /\((\S+)\)$/.exec(file) ?? [];
    if (member === undefined) continue;
    pieces.set(Number.parseInt(address, 16), { piece: `*:${member}(${section})`, size: Number.parseInt(size, 16) });
  }
  return pieces;
}

/**
 * Sorts what commands called.
 * @param called for each command what it called, in that order
 * @returns what more commands called first; what the same commands called in the order of the calls
 */
export function byCommands(called) {
  const commands = new Map();
  for (const [index, pieces] of called.entries())
    for (const piece of pieces) commands.set(piece, [...(commands.get(piece) ?? []), index]);
  const sets = [...commands].map(([piece, set], at) => ({ piece, count: set.length, set: set.join(), at }));
  sets.sort((one, other) => other.count - one.count || one.set.localeCompare(other.set) || one.at - other.at);
  return sets.map(({ piece }) => piece);
}

/**
 * Writes anew in which order functions lie. As root, so that containers are made; on x86-64.
 * @param tools what builds it (standalone-toolchain.mjs)
 * @param options init, bundle: what the executable is made of
 * @throws Error when a command failed; `run` and `exec` end with the status of their program, which isn't looked at
 */
export function trainFunctions(tools, options) {
  const directory = mkdtempSync(join(tmpdir(), 'tsrunc-train-'));
  const at = (name) => join(directory, name);
  try {
    linkStandalone(tools, { ...options, directory });
    const pieces = piecesOf(readFileSync(at('tsrunc.map'), 'utf8'));
    const places = [...pieces].map(([address, { size }]) => `${address.toString(16)} ${size.toString(16)}\n`);
    writeFileSync(at('places'), places.join(''));
    execFileSync('g++', ['-std=c++17', '-O2', '-o', at('watch'), 'scripts/executed-functions.cc']);
    const run = (words) => {
      runSample([at('watch'), at('places'), at('found'), at('tsrunc')], words, { log: at('said') });
      const found = readFileSync(at('found'), 'utf8').trim().split('\n');
      return found.map((address) => pieces.get(Number.parseInt(address, 16)).piece);
    };
    const bundles = sampleBundles(directory, (commands) => commands.forEach(run));
    try {
      const called = sampleCommands(directory, bundles).map(run);
      const order = byCommands(called);
      const count = order.findIndex(
        (piece) => called.filter((pieces) => pieces.includes(piece)).length <= called.length / 2,
      );
      writeFileSync(functionOrder, text(order.slice(0, count), order.slice(count)));
    } catch (error) {
      spawnSync(at('tsrunc'), removal(directory), { stdio: 'ignore' });
      throw error;
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
