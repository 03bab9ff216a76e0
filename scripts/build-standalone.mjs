// Builds build/standalone/tsrunc, the static executable, for this machine. Says why on stderr and exits 1 where it can't be built:
// everything works on the Node host too. Usage: node scripts/build-standalone.mjs [--train]
//   --train  finds out anew what commands use of QuickJS, which functions they call and what they use of the heap, and writes
//            scripts/quickjs-profile.gz, function-order.ld and heap-profile.txt; as root, so that containers are made
import { linkStandalone } from './link-standalone.mjs';
import { toolchain } from './standalone-toolchain.mjs';
import { trainFunctions } from './train-functions.mjs';
import { trainQuickjs } from './train-quickjs.mjs';

const directory = 'build/standalone';
const parts = { init: 'build/Release/tsrunc-init', bundle: `${directory}/tsrunc.js` };
const trains = process.argv.includes('--train');

try {
  const tools = toolchain((text) => console.log(text));
  if (trains && tools.tree === '')
    console.log('QuickJS is the library of this machine, so that its profile stays as it is');
  else if (trains) trainQuickjs(tools, parts);
  if (trains && tools.arch !== 'x64') console.log('the order of functions stays as it is: it is found out on x86-64');
  else if (trains) trainFunctions(tools, parts);
  linkStandalone(tools, { ...parts, directory, trains });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
