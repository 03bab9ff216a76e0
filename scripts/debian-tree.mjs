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

/**
 * What mmdebstrap takes to fetch a source package as well: both kinds of entries for the mirror, and a hook that has apt fetch it,
 * which compares it with the signed index. The tree gets it at /usr/src/NAME, as Debian keeps it: the original sources, and Debian's part.
 */
function withSource(suite, source) {
  const fetch = `mkdir -p "$1/usr/src/${source}" && cd "$1/usr/src/${source}" &&
    APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get source --download-only --only-source -q ${source}`;
  return {
    hooks: [`--extract-hook=${fetch}`],
    mirrors: ['deb', 'deb-src'].map((kind) => `${kind} ${mirror()} ${suite} main`),
  };
}

function makeTree(directory, suite, packages, { architectures, aptOptions, source }) {
  mkdirSync(join(directory, '..'), { recursive: true });
  const making = `${directory}.new.${process.pid}`;
  const { hooks, mirrors } = source ? withSource(suite, source) : { hooks: [], mirrors: [mirror()] };
  try {
    execFileSync(
      'mmdebstrap',
      [
        ...['--variant=extract', '--components=main', `--include=${packages.join(',')}`],
        ...(architectures ? [`--architectures=${architectures.join(',')}`] : []),
        ...aptOptions.map((option) => `--aptopt=${option}`),
        ...unread.map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
        ...[...hooks, suite, making, ...mirrors],
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
 *   further settings of apt for this tree; architectures: Debian's names of those whose packages it has, where not this machine's alone;
 *   source: the name of a source package that it has as well, unpacked by nobody, at /usr/src/NAME.
 * @throws Error saying why there can't be one here.
 */
export function debianTree(suite, packages, { complete, say, aptOptions = [], architectures, source }) {
  const recipe = createHash('sha256')
    .update(JSON.stringify([suite, packages, process.arch, architectures, source].filter((part) => part !== undefined)))
    .digest('hex')
    .slice(0, 12);
  const directory = join(cache(), `${suite}-${recipe}`);
  if (!existsSync(join(directory, complete))) {
    if (process.getuid() !== 0) throw new Error('only root can make a tree of Debian packages');
    if (spawnSync('mmdebstrap', ['--version'], quiet).status !== 0) throw new Error('mmdebstrap is missing');
    say();
    makeTree(directory, suite, packages, { architectures, aptOptions, source });
  }
  return directory;
}
