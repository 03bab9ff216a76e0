// Runs programs that print TAP.
import { spawn } from 'node:child_process';

/**
 * Runs one to its end, or kills it after `timeout` ms: tap itself ends a file in time, and names the test.
 * @returns {Promise<{output: string, how: string}>} what it printed, and how it ended: '' when all was well
 */
export function tapProgram([command, ...args], { timeout, env, cwd }) {
  return new Promise((resolve) => {
    // Not our own stderr: a process left behind would hold it, and with it whoever waits for its end, as a pipe to tee does.
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stderr.on('data', (data) => process.stderr.write(data));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      // What it started may hold its output for ever.
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeout);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ output, how: signal ? `killed by ${signal}` : code === 0 ? '' : `exit status ${code}` });
    });
  });
}
