// What the tests in the virtual machine have in common: test/engines/run.mjs, test/checkpoint/run.mjs.
import { join } from 'node:path';
import { setup } from '../../scripts/setup.mjs';
import { build, installDependencies, main, say, step, top } from '../../scripts/steps.mjs';
import { image } from './vm/image.mjs';
import { startMachine } from './vm/machine.mjs';

const hostPackages = {
  'qemu-system-x86': 'runs the test machine',
  mmdebstrap: 'makes its root file system',
  cpio: 'makes its first file system in memory',
  e2fsprogs: 'makes its disk',
  'openssh-client': 'talks to it',
  zstd: 'unpacks its kernel',
  'xz-utils': 'unpacks its modules',
};
/** A program's exit code where there can be no machine. */
const cannot = 3;
/** Of ssh. */
const connectionLost = 255;
/** How often another machine goes on where the kernel of one has panicked: emulated on several processors it does now and then. */
const machines = 3;
const panicked = ({ console: lines }) => lines.some((line) => line.includes('Kernel panic'));

/** A program that runs in the machine, as one file. */
export async function bundleRunner(entryPoint, outfile) {
  // Not there before installDependencies().
  const { build: bundle } = await import('esbuild');
  await bundle({ entryPoints: [entryPoint], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20' });
  return outfile;
}

/**
 * What the machine is brought up from.
 * @throws Error saying why it can't be
 */
async function prepare() {
  if (process.arch !== 'x64') throw new Error(`the test machine is an x86-64 one, this is ${process.arch}`);
  if (process.getuid() !== 0) throw new Error('making the image of the test machine needs root');
  if (!(await setup(hostPackages))) throw new Error('packages are missing');
  return await image((line) => say('test machine', line));
}

/**
 * A whole program: calls `act` with the image of the machine once all is built, and ends with the exit code that it returns. Where the
 * machine can't be brought up it says why, and ends with 3.
 */
export async function mainWithImage(act) {
  await main(async () => {
    process.chdir(top);
    let directory;
    try {
      directory = await prepare();
    } catch (error) {
      console.log(`skipped: ${error.message}`);
      return cannot;
    }
    await installDependencies();
    build();
    return await act(directory);
  });
}

/**
 * Brings a machine up with `up`, calls `act` with it, and ends it. `act` resolves with the exit status there; where it is that of a lost
 * connection because the machine's kernel has panicked, another one goes on.
 */
export async function inMachine(up, act) {
  for (let left = machines; ; left--) {
    const machine = await up();
    try {
      const status = await act(machine);
      if (status !== connectionLost) return status;
      if (!panicked(machine) || left === 1) {
        console.log(`the connection to the machine is lost:\n${machine.console.slice(-30).join('\n')}`);
        return status;
      }
      say('test machine', 'its kernel has panicked: another one goes on');
    } finally {
      await machine.stop();
    }
  }
}

/** A machine with tsrunc installed, and `files` in /usr/local/lib/engines. */
export async function bringUp(directory, files) {
  let machine;
  await step('test machine', async () => {
    machine = await machineWith(directory, files);
    return 'is up';
  });
  return machine;
}

async function machineWith(directory, files) {
  const machine = await startMachine(directory, { cpus: 2, memory: 2048, accel: process.env.TSRUNC_VM_ACCEL ?? 'tcg' });
  try {
    await machine.put([join(top, 'bin/tsrunc')], '/usr/local/bin');
    await machine.put(files, '/usr/local/lib/engines');
    return machine;
  } catch (error) {
    await machine.stop();
    throw error;
  }
}

/** The task as the one word of a shell line. */
export const asWord = (task) => `'${JSON.stringify(task).replaceAll("'", String.raw`'\''`)}'`;
