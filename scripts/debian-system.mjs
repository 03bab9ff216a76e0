// A fresh Debian as an archive, for tests that install into it: made by mmdebstrap once, kept in the user's cache.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, mirror } from './debian-tree.mjs';

const suite = 'trixie';

/**
 * The path of a tar archive of what every Debian has and nothing else, with dpkg ready to be used in it.
 * @param say called with a line before it is made
 * @throws Error saying why there can't be one here
 */
export function debianSystem(say) {
  const archive = join(cache(), `${suite}-essential-${process.arch}.tar`);
  if (existsSync(archive)) return archive;
  if (process.getuid() !== 0) throw new Error('only root can make a Debian system');
  if (spawnSync('mmdebstrap', ['--version'], { stdio: 'ignore' }).status !== 0)
    throw new Error('mmdebstrap is missing');
  say(`making a ${suite} system (once; under a minute)`);
  mkdirSync(cache(), { recursive: true });
  const making = `${archive}.new.${process.pid}`;
  try {
    execFileSync(
      'mmdebstrap',
      ['--variant=essential', '--components=main', '--format=tar', '--quiet', suite, making, mirror()],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, TMPDIR: process.env.TMPDIR ?? '/var/tmp' } },
    );
    renameSync(making, archive);
  } catch (error) {
    throw new Error(
      `mmdebstrap failed: ${String(error.stderr ?? error.message)
        .trim()
        .split('\n')
        .at(-1)}`,
    );
  } finally {
    rmSync(making, { force: true });
  }
  return archive;
}
