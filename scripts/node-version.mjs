// Other versions of Node.js, for tests: from npm's packages of them, kept in the user's cache.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './debian-tree.mjs';

/**
 * The path of the executable of a major version: this process's own where it is that, else the newest there was when it was fetched.
 * @throws Error when it can't be fetched
 */
export function nodeVersion(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const path = join(cache(), `node-${major}-${process.arch}`);
  if (existsSync(path)) return path;
  mkdirSync(cache(), { recursive: true });
  const scratch = mkdtempSync(join(cache(), 'node.new-'));
  const quiet = { cwd: scratch, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] };
  try {
    const args = ['pack', '--json', '--loglevel=error', `node-linux-${process.arch}@${major}`];
    const packed = JSON.parse(execFileSync('npm', args, quiet)).at(-1);
    execFileSync('tar', ['-xf', packed.filename, 'package/bin/node'], quiet);
    renameSync(join(scratch, 'package/bin/node'), path);
  } catch (error) {
    throw new Error(
      `Node.js ${major} can't be fetched: ${
        String(error.stderr ?? error.message)
          .trim()
          .split('\n')[0]
      }`,
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return path;
}
