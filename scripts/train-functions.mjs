// In which order functions lie in the static executable: first what nearly every command calls, then what most do, and so on. The kernel
// maps 16 pages with each page fault; a command that finds its functions side by side has fewer faults and takes less memory.
// docs/standalone.md has the figures.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { functionOrder, linkStandalone } from './link-standalone.mjs';
import { removal, runSample, sampleBundles, sampleCommands } from './sample-commands.mjs';

const text = (sections) => `/* What commands call, by how many of them do (train-functions.mjs). */
SECTIONS
{
  .text.called : ALIGN(4096)
  {
${sections.map((section) => `    ${section}\n`).join('')}  }
}
INSERT BEFORE .text;
`;

/**
 * The pieces of code that a linker's map names: functions, since each has a section of its own.
 * @returns a Map from addresses to the piece as a linker's script names it
 */
export function piecesOf(map) {
  const [, used] = map.split('\nLinker script and memory map\n');
  const pieces = new Map();
  for (const [, section, address, , file] of used.matchAll(/^ (\.text\S*)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+)$/gm)) {
    // Of a member of an archive; a section .text is all of a file, which here is one function in assembler.
    const [, member] = /\((\S+)\)$/.exec(file) ?? [];
    if (member !== undefined) pieces.set(Number.parseInt(address, 16), `*:${member}(${section})`);
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
    writeFileSync(at('places'), [...pieces.keys()].map((address) => `${address.toString(16)}\n`).join(''));
    execFileSync('g++', ['-std=c++17', '-O2', '-o', at('watch'), 'scripts/executed-functions.cc']);
    const run = (words) => {
      runSample([at('watch'), at('places'), at('found'), at('tsrunc')], words, { log: at('said') });
      const found = readFileSync(at('found'), 'utf8').trim().split('\n');
      return found.map((address) => pieces.get(Number.parseInt(address, 16)));
    };
    const bundles = sampleBundles(directory, (commands) => commands.forEach(run));
    try {
      writeFileSync(functionOrder, text(byCommands(sampleCommands(directory, bundles).map(run))));
    } catch (error) {
      spawnSync(at('tsrunc'), removal(directory), { stdio: 'ignore' });
      throw error;
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
