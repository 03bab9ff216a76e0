// Builds build/standalone/tsrunc, the static executable, for this machine. Says why on stderr and exits 1 where it can't be built:
// everything works on the Node host too. Usage: node scripts/build-standalone.mjs [--train]
//   --train  finds out anew what commands use of the heap, and writes scripts/heap-profile.txt; as root, so that containers are made
import { linkStandalone } from './link-standalone.mjs';
import { toolchain } from './standalone-toolchain.mjs';

const directory = 'build/standalone';

try {
  const tools = toolchain((text) => console.log(text));
  linkStandalone(tools, {
    directory,
    init: 'build/Release/tsrunc-init',
    bundle: `${directory}/tsrunc.js`,
    trains: process.argv.includes('--train'),
  });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
