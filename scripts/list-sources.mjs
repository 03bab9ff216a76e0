// Prints the C++ sources of a directory for binding.gyp: all but test drivers.
import { readdirSync } from 'node:fs';

const directory = process.argv[2];
const sources = readdirSync(directory).filter((name) => name.endsWith('.cc') && !name.startsWith('test-'));
console.log(
  sources
    .sort()
    .map((name) => `${directory}/${name}`)
    .join('\n'),
);
