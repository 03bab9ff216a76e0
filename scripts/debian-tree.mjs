// Small trees of a Debian suite, made by mmdebstrap from the machine's own mirror and kept in the user's cache.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const quiet = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] };

/** What a command prints; '' when there is none. */
export const words = (command, ...args) => spawnSync(command, args, quiet).stdout ?? '';

/** The mirror of Debian that this machine's apt uses. */
export function mirror() {
  for (const filter of [['Label: Debian'], []]) {
    const sites = words('apt-get', 'indextargets', '--format', '$(SITE)', 'Created-By: Packages', ...filter);
    const site = sites.split('\n').find((line) => /\/debian\/?$/.test(line));
    if (site) return site;
  }
  throw new Error('apt knows no mirror of Debian');
}

/** Directories of /usr/share that nobody reads in a tree. */
export const unread = ['doc', 'man', 'locale', 'info', 'lintian'];

/** The directory that keeps what takes long to make. */
export const cache = () => join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tsrunc');

function makeTree(directory, suite, packages, architectures, aptOptions) {
  mkdirSync(join(directory, '..'), { recursive: true });
  const making = `${directory}.new.${process.pid}`;
  try {
    execFileSync(
      'mmdebstrap',
      [
        ...['--variant=extract', '--components=main', `--include=${packages.join(',')}`],
        ...(architectures ? [`--architectures=${architectures.join(',')}`] : []),
        ...aptOptions.map((option) => `--aptopt=${option}`),
        ...unread.map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
        ...[suite, making, mirror()],
      ],
      { ...quiet, env: { ...process.env, TMPDIR: process.env.TMPDIR ?? '/var/tmp' } },
    );
    renameSync(making, directory);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    const lines = String(error.stderr ?? error.message)
      .trim()
      .split('\n');
    throw new Error(`mmdebstrap failed: ${lines.filter((line) => line.startsWith('E: ')).at(0) ?? lines.at(-1)}`);
  }
}

/**
 * The root of a tree that holds `packages` of `suite`, made when it isn't there.
 * @param options complete: a file that a whole tree has; say: called with a line before a tree is made; aptOptions:
 *   further settings of apt for this tree; architectures: Debian's names of those whose packages it has, where not this machine's alone.
 * @throws Error saying why there can't be one here.
 */
export function debianTree(suite, packages, { complete, say, aptOptions = [], architectures }) {
  const recipe = createHash('sha256')
    .update(JSON.stringify([suite, packages, process.arch, ...(architectures ? [architectures] : [])]))
    .digest('hex')
    .slice(0, 12);
  const directory = join(cache(), `${suite}-${recipe}`);
  if (!existsSync(join(directory, complete))) {
    if (process.getuid() !== 0) throw new Error('only root can make a tree of Debian packages');
    if (spawnSync('mmdebstrap', ['--version'], quiet).status !== 0) throw new Error('mmdebstrap is missing');
    say();
    makeTree(directory, suite, packages, architectures, aptOptions);
  }
  return directory;
}
