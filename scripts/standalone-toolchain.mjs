// Where the standalone executable is built: QuickJS 2025-04 is Debian's from suite 13 (trixie) on. On such a machine its
// own packages are used; on an older one a small tree of that suite, made by mmdebstrap from the machine's own mirror and
// kept in the user's cache.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const suite = 'trixie';
const packages = ['base-files', 'dash', 'coreutils', 'g++', 'libc6-dev', 'libseccomp-dev', 'libquickjs', 'quickjs'];
const libraries = '/usr/lib/*-linux-*/quickjs/libquickjs.a';

const quiet = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] };
const words = (command, ...args) => spawnSync(command, args, quiet).stdout ?? '';

/** True where this machine's own qjsc is new enough. */
function hasOwn() {
  const version = /QuickJS Compiler version (\d{4}-\d{2})/.exec(words('qjsc', '-h'))?.[1] ?? '';
  return version >= '2025-04' && existsSync('/usr/include/quickjs/quickjs.h') && existsSync('/usr/include/seccomp.h');
}

/** The mirror of Debian that this machine's apt uses. */
function mirror() {
  for (const filter of [['Label: Debian'], []]) {
    const sites = words('apt-get', 'indextargets', '--format', '$(SITE)', 'Created-By: Packages', ...filter);
    const site = sites.split('\n').find((line) => /\/debian\/?$/.test(line));
    if (site) return site;
  }
  throw new Error('apt knows no mirror of Debian');
}

function makeTree(folder) {
  if (process.getuid() !== 0) throw new Error('only root can make the tree it is built in');
  if (spawnSync('mmdebstrap', ['--version'], quiet).status !== 0) throw new Error('mmdebstrap is missing');
  mkdirSync(join(folder, '..'), { recursive: true });
  const making = `${folder}.new.${process.pid}`;
  try {
    execFileSync(
      'mmdebstrap',
      [
        ...['--variant=extract', '--components=main', `--include=${packages.join(',')}`],
        ...['--dpkgopt=path-exclude=/usr/share/{doc,man,locale}/*', suite, making, mirror()],
      ],
      { ...quiet, env: { ...process.env, TMPDIR: process.env.TMPDIR ?? '/var/tmp' } },
    );
    renameSync(making, folder);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    throw new Error(
      `mmdebstrap failed: ${String(error.stderr ?? error.message)
        .trim()
        .split('\n')
        .at(-1)}`,
    );
  }
}

/**
 * The root of the tree to build in ('' : this machine itself), made when it isn't there.
 * @throws Error saying why the standalone can't be built here.
 */
export function toolchain(say) {
  if (hasOwn()) return '';
  const recipe = createHash('sha256')
    .update(JSON.stringify([suite, packages, process.arch]))
    .digest('hex')
    .slice(0, 12);
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'tsrunc', `${suite}-${recipe}`);
  if (!existsSync(join(folder, 'usr/bin/qjsc'))) {
    say(`making a ${suite} tree for QuickJS (once; under a minute)`);
    makeTree(folder);
  }
  return folder;
}

export { libraries };
