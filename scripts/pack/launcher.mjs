#!/bin/sh
true /* # The command of the npm package, in two languages. Run as a program it is sh up to the end of this comment, and becomes the
# executable without starting Node.js, which would take twenty times as long and change what a container inherits. Yarn without
# node_modules runs it with Node.js; and where sh finds no executable, Node.js says what is missing.
self=$(readlink -f -- "$0")
package=${self%/bin/*}
case $(uname -m) in
  x86_64) name=tsrunc-linux-x64 ;;
  aarch64) name=tsrunc-linux-arm64 ;;
  *) name=none ;;
esac
for directory in "$package/node_modules/$name" "${package%/*}/$name"; do
  [ -x "$directory/bin/tsrunc" ] && exec "$directory/bin/tsrunc" "$@"
done
exec node "$self" "$@"
*/;

import { spawn } from 'node:child_process';
import { executablePath } from '../dist/hosts/node/platform-package.js';

const args = process.argv.slice(2);

/** Runs the executable as a child with this process's standard streams, passes signals on to it, and ends as it ends. */
function runAsChild(path) {
  const passed = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGWINCH'];
  // Before there is a child: a signal may come as soon as it runs.
  for (const signal of passed) process.on(signal, () => child.kill(signal));
  const child = spawn(path, args, { stdio: 'inherit' });
  child.once('error', fail);
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(error) {
  console.error(`tsrunc: ${error.message}`);
  process.exit(1);
}

try {
  const path = executablePath();
  if (process.execve) {
    // It is experimental, which isn't for whoever runs a container to know.
    process.noProcessWarnings = true;
    process.removeAllListeners('warning');
    process.execve(path, [path, ...args], process.env);
  }
  runAsChild(path);
} catch (error) {
  fail(error);
}
