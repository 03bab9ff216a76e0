// Compares tsrunc with Debian's newest runc on generated configurations. Usage: npm run test:differential -- [OPTION...]
//   --mode MODE        run (a container's process), exec (processes in one) or update (its limits); run
//   --seed N           where the configurations come from; another one each time
//   --count N          how many (200)
//   --only N           only the Nth of them; --from N those from it on
//   --seconds N        none begins later than that
//   --no-shrink        differing configurations are not made smaller
//   --show             each configuration and what came of it
// TSRUNC=bin/tsrunc-node compares the Node host.
import { spawnSync } from 'node:child_process';
import { build, compileTests, installDependencies, main, top } from '../../scripts/steps.mjs';

await main(async () => {
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
  const result = spawnSync('unshare', ['--mount', '--propagation', 'private', ...command, ...process.argv.slice(2)], {
    cwd: top,
    stdio: 'inherit',
  });
  return result.status ?? 1;
});
