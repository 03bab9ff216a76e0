// How often commands come by which part of QuickJS: found out by running some in an executable that counts (quickjs.mjs).
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerConfig } from '../bench/configs.mjs';
import { linkStandalone } from './link-standalone.mjs';
import { countingQuickjs, keepCounts } from './quickjs.mjs';
import { removal, runSample, sampleBundles, sampleCommands } from './sample-commands.mjs';

/** A bundle of Docker's configuration, with all that its seccomp profile has. */
function dockerBundle(directory, like) {
  const bundle = join(directory, 'docker');
  const config = dockerConfig(join(like, 'rootfs'), '/dev/null');
  config.process.args = ['/true'];
  mkdirSync(bundle);
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config, null, 2));
  return bundle;
}

/**
 * Writes anew what QuickJS is compiled with. As root, so that containers are made.
 * @param tools what builds it, with a tree (standalone-toolchain.mjs)
 * @param options init, bundle: what the executable is made of
 * @throws Error when a command failed; `run` and `exec` end with the status of their program, which isn't looked at
 */
export function trainQuickjs(tools, options) {
  const directory = mkdtempSync(join(tmpdir(), 'tsrunc-train-'));
  const at = (name) => join(directory, name);
  const run = (counts) => (words) => {
    const env = { GCOV_PREFIX: at(counts), GCOV_PREFIX_STRIP: '99' };
    runSample([at('tsrunc')], words, { env, log: at('said') });
  };
  const { env } = process;
  try {
    // The build runs the executable as well, which compiles and loads: what commands never do.
    process.env = { ...env, GCOV_PREFIX: at('build'), GCOV_PREFIX_STRIP: '99' };
    linkStandalone(tools, { ...options, directory, quickjs: countingQuickjs(tools) });
    const bundles = sampleBundles(directory, (commands) => commands.forEach(run('spec')));
    bundles.push(dockerBundle(directory, bundles[0]));
    try {
      sampleCommands(directory, bundles).forEach(run('counts'));
    } catch (error) {
      spawnSync(at('tsrunc'), removal(directory), { stdio: 'ignore', env: process.env });
      throw error;
    }
    keepCounts(at('counts'));
  } finally {
    process.env = env;
    rmSync(directory, { recursive: true, force: true });
  }
}
