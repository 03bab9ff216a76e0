// Which blocks of QuickJS's heap commands use (addon/bindings/heap-layout.h): found out by running some.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removal, sampleBundles, sampleCommands } from './sample-commands.mjs';

/**
 * Runs commands in the first link of the executable.
 * @param directory an empty one, for bundles and state; all of it is left there.
 * @param maker the first link; `bytecode` of the core; `profile`: what is written.
 * @returns whether there is a profile.
 */
export function trainHeap(directory, maker, bytecode, profile) {
  const train = (commands, to) => {
    const file = join(directory, 'commands');
    writeFileSync(file, commands.map((words) => `${words.join('\t')}\n`).join(''));
    const settings = { stdio: 'ignore', timeout: 600_000, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } };
    return spawnSync(maker, ['train', bytecode, file, to], settings).status === 0;
  };
  try {
    const bundles = sampleBundles(directory, (commands) => train(commands, join(directory, 'none')));
    const trained = train(sampleCommands(directory, bundles), profile);
    // Cut short by the time limit, they have left a container.
    if (!trained) train([removal(directory)], join(directory, 'none'));
    return trained;
  } catch {
    return false;
  }
}
