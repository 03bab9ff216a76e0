// A crun that is linked statically and without systemd, as its own releases are: what a runtime's start costs when no loader maps
// libraries first. No Debian packages one, so that it is made from the source that Debian 13 has.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cache, debianTree, mirror } from '../scripts/debian-tree.mjs';
import { inScratch, shell } from '../scripts/scratch.mjs';

const suite = 'trixie';
const packages = [
  ...['base-files', 'coreutils', 'dash', 'diffutils', 'findutils', 'grep', 'gzip', 'mawk', 'sed', 'tar'],
  ...['gcc', 'libc6-dev', 'libcap-dev', 'libseccomp-dev', 'make', 'python3-minimal'],
];

/** The source as crun's authors released it. The checksum is that of Debian's signed index. */
const source = {
  version: '1.21',
  path: 'pool/main/c/crun/crun_1.21.orig.tar.gz',
  sha256: '4bfb700e764a4804a4de3ecf07753f4c391005356d60356df65d80ae0914c486',
};

/** Without what would need further libraries; of yajl it has a copy of its own. Optimised as Debian's packages are. */
const build = `tar xzf source.tar.gz --strip-components 1
  ./configure --disable-dependency-tracking --disable-shared --enable-embedded-yajl \\
    --disable-systemd --disable-criu --disable-dl CFLAGS=-O2 LDFLAGS=-static CRUN_LDFLAGS=-all-static
  make -j "$(nproc)"
  strip crun`;

function fetchSource(file) {
  // Apt's own downloads as this machine's settings want it, and compares the checksum.
  const address = `${mirror().replace(/\/$/, '')}/${source.path}`;
  const args = ['download-file', address, file, `SHA256:${source.sha256}`];
  try {
    execFileSync('/usr/lib/apt/apt-helper', args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    throw new Error(`the source of crun ${source.version} can't be fetched: ${error.stderr || error.message}`);
  }
}

/** The path of the executable, which is made when it isn't there. */
export function staticCrun() {
  const recipe = createHash('sha256')
    .update(JSON.stringify([suite, packages, source, build, process.arch]))
    .digest('hex')
    .slice(0, 12);
  const directory = join(cache(), `crun-static-${recipe}`);
  const path = join(directory, 'crun');
  if (existsSync(path)) return path;
  const complete = 'usr/bin/make';
  const say = () => console.error(`making a ${suite} tree with ${packages.join(', ')} (once; a minute)`);
  const tree = debianTree(suite, packages, { complete, say });
  console.error(`building a static crun ${source.version} (once; a minute)`);
  inScratch({ tree }, (scratch) => {
    fetchSource(join(scratch, 'source.tar.gz'));
    shell({ tree }, scratch, build);
    mkdirSync(directory, { recursive: true });
    cpSync(join(scratch, 'crun'), `${path}.new`);
  });
  renameSync(`${path}.new`, path);
  return path;
}
