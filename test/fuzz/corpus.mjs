/** The inputs that are under version control: one file for each target, an input a line in base64, shortest first. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = 'test/fuzz/corpus';
/** What such a file may have, in bytes: the shortest inputs first. */
const largest = 48 << 10;

const fileOf = (target) => join(directory, `${target}.txt`);

function readInputs(target) {
  if (!existsSync(fileOf(target))) return [];
  const lines = readFileSync(fileOf(target), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => Buffer.from(line, 'base64'));
}

/** Writes each input of a target to a file of its own below `to`, which is made anew. */
export function unpack(target, to) {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const input of readInputs(target))
    writeFileSync(join(to, createHash('sha256').update(input).digest('hex').slice(0, 16)), input);
}

/** Makes the inputs in the files of a directory those of the target. Returns how many they are. */
export function pack(target, from) {
  return write(
    target,
    readdirSync(from).map((name) => readFileSync(join(from, name))),
  );
}

/** Adds inputs to those of the target. Returns how many they are then. */
export function add(target, inputs) {
  return write(target, [...readInputs(target), ...inputs]);
}

function write(target, inputs) {
  const lines = [...new Set(inputs.map((input) => Buffer.from(input).toString('base64')))].filter(
    (line) => line !== '',
  );
  lines.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  const kept = [];
  for (let size = 0; kept.length < lines.length; kept.push(lines[kept.length])) {
    size += lines[kept.length].length + 1;
    if (size > largest) break;
  }
  mkdirSync(directory, { recursive: true });
  writeFileSync(fileOf(target), kept.map((line) => `${line}\n`).join(''));
  return kept.length;
}
