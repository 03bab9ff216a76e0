// What Node.js is called with by the launcher, and when the caches are made: V8 refuses a cache made with other options.
// Run: prints them as C strings, for binding.gyp.
//   --no-rehash-snapshot  V8 doesn't seed its hash tables anew, for which it looks for primes: 3 ms of each start. The seeds are
//                         against keys made to collide; what is read here is one configuration of limited size, and state.
import { fileURLToPath } from 'node:url';

export const nodeOptions = ['--no-warnings', '--no-rehash-snapshot'];
export const optionsInC = nodeOptions.map((option) => JSON.stringify(option)).join(',');

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(optionsInC);
