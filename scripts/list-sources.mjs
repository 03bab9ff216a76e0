// Prints the C++ sources of a folder for binding.gyp: all but test drivers.
import { readdirSync } from 'node:fs';

const folder = process.argv[2];
const sources = readdirSync(folder).filter((name) => name.endsWith('.cc') && !name.startsWith('test-'));
console.log(
  sources
    .sort()
    .map((name) => `${folder}/${name}`)
    .join('\n'),
);
