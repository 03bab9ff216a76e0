// The table of commands (src/cli), as the scripts that make help and the manual page from it see it.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

export const top = join(dirname(fileURLToPath(import.meta.url)), '..');

async function load(path) {
  const options = { bundle: true, format: 'esm', platform: 'neutral', write: false, logLevel: 'warning' };
  const { outputFiles } = buildSync({ ...options, entryPoints: [join(top, path)] });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

export const { commandTable } = await load('src/cli/command-table.ts');
export const { globalOptions, helpOption } = await load('src/cli/shared-options.ts');
