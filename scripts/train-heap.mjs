// Which blocks of QuickJS's heap commands use (addon/bindings/heap-layout.h): found out by running some.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removal, sampleBundles, sampleCommands } from './sample-commands.mjs';

/**
 * Runs commands in the first link of the executable.
 * @param folder an empty one, for bundles and state; all of it is left there.
 * @param maker the first link; `bytecode` of the core; `profile`: what is written.
 * @returns whether there is a profile.
 */
export function trainHeap(folder, maker, bytecode, profile) {
  const train = (commands, to) => {
    const file = join(folder, 'commands');
    writeFileSync(file, commands.map((words) => `${words.join('\t')}\n`).join(''));
    const settings = { stdio: 'ignore', timeout: 60_000, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } };
    return spawnSync(maker, ['train', bytecode, file, to], settings).status === 0;
  };
  try {
    const bundles = sampleBundles(folder, (commands) => train(commands, join(folder, 'none')));
    const trained = train(sampleCommands(folder, bundles), profile);
    // Cut short by the time limit, they have left a container.
    if (!trained) train([removal(folder)], join(folder, 'none'));
    return trained;
  } catch {
    return false;
  }
}
