// Compares tsrunc with Debian's newest runc on generated configurations. Usage: npm run test:differential -- [OPTION...]
//   --mode MODE        run (a container's process), exec (processes in one) or update (its limits); run
//   --seed N           where the configurations come from; another one each time
//   --count N          how many (200)
//   --only N           only the Nth of them; --from N those from it on
//   --seconds N        none begins later than that
//   --no-shrink        differing configurations are not made smaller
//   --show             each configuration and what came of it
//   --machine          in the virtual machine of test/engines, on a pure cgroup v2 host with systemd
//   --systemd          there, with systemd's cgroup driver
// TSRUNC=bin/tsrunc-node compares the Node host.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, compileTests, installDependencies, main, reaper, top } from '../../scripts/steps.mjs';
import { bringUp, bundleRunner, mainWithImage } from '../engines/test-machine.mjs';

const args = process.argv.slice(2).filter((word) => word !== '--machine');
/** Mounts of containers reach no host. */
const apart = ['unshare', '--mount', '--propagation', 'private'];

async function here() {
  await installDependencies();
  build();
  await compileTests();
  const control = spawnSync(process.execPath, ['scripts/control.mjs'], {
    cwd: top,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (control.status !== 0) throw new Error('there is no runc to compare with');
  const command = [process.execPath, 'build/test/test/differential/command.js', '--runc', control.stdout.trim()];
  const [program, ...rest] = [...apart, ...reaper, ...command, ...args];
  return spawnSync(program, rest, { cwd: top, stdio: 'inherit' }).status ?? 1;
}

/** There the programs are those of the machine, which has no compiler. */
async function inMachine(image) {
  await compileTests();
  const directory = join(top, 'build/differential');
  mkdirSync(directory, { recursive: true });
  const { compileProbe } = await import(join(top, 'build/test/test/differential/probe.js'));
  const probe = join(directory, 'probe');
  compileProbe(probe);
  const source = join(top, 'test/differential/command.ts');
  const machine = await bringUp(image, [await bundleRunner(source, join(directory, 'differential.mjs')), probe]);
  try {
    const place = '/usr/local/lib/engines';
    const command = ['node', `${place}/differential.mjs`, '--probe', `${place}/probe`, ...args];
    // A tmpfs at /tmp has flags that this machine's hasn't.
    return await machine.run(
      ['TSRUNC=/usr/local/bin/tsrunc', 'TMPDIR=/var/tmp', 'exec', ...apart, ...command].join(' '),
    );
  } finally {
    await machine.stop();
  }
}

if (process.argv.includes('--machine')) await mainWithImage(inMachine);
else await main(here);
