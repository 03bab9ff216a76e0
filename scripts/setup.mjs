// Installs the Debian packages that building and testing take. Usage: node scripts/setup.mjs
// As root the missing ones are installed from the machine's own package sources; else they are named.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { quietly, say, step } from './steps.mjs';

/** Package, and what it is for. */
const wanted = {
  'g++': 'compiles the native half',
  make: 'runs the build of node-gyp',
  python3: 'runs node-gyp, and is the other end of sockets and terminals in tests',
  'libseccomp-dev': 'compiles seccomp profiles',
  'busybox-static': 'is the root file system of the demo and the tests',
  uidmap: 'maps several ids for containers without root, in tests',
  fish: 'runs the completion for fish, in tests',
  zsh: 'runs the completion for zsh, in tests',
  procps: 'gives ps, which `tsrunc ps` prints with',
  'golang-github-opencontainers-specs-dev': 'has the JSON schema that a test compares ours with',
};

/** What bin/tsrunc, the standalone executable, is built with: Debian's QuickJS where it is new enough, else a tree that has it. */
function forStandalone() {
  const policy = spawnSync('apt-cache', ['policy', 'libquickjs'], { encoding: 'utf8' }).stdout ?? '';
  const version = /Candidate: (\d{4}\.\d{2})/.exec(policy)?.[1] ?? '';
  const why = 'builds the standalone executable';
  return version >= '2025.04' ? { libquickjs: why, quickjs: why, 'musl-dev': why } : { mmdebstrap: why };
}

function missingPackages(packages) {
  const names = Object.keys(packages);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own notation
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...names], {
    encoding: 'utf8',
  });
  if (query.error) return null;
  const there = new Set(
    query.stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return names.filter((name) => !there.has(name));
}

/**
 * @param more packages that are needed besides, and what for
 * @returns whether everything is there.
 */
export async function setup(more = {}) {
  const packages = { ...wanted, ...forStandalone(), ...more };
  const missing = missingPackages(packages);
  if (missing === null) {
    say('system packages', `no dpkg here; what is needed: ${Object.keys({ ...wanted, ...more }).join(' ')}`);
    return true;
  }
  if (missing.length === 0) {
    say('system packages', 'all there');
    return true;
  }
  if (process.geteuid() !== 0) {
    say('system packages', 'missing, and only root can install them:');
    for (const name of missing) say('', `${name.padEnd(16)} ${packages[name]}`);
    say('', `as root: apt-get install ${missing.join(' ')}`);
    return false;
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await step('package lists', async () => {
    await quietly('apt-update', 'apt-get', ['-q', 'update'], env);
    return 'apt-get update';
  });
  await step('system packages', async () => {
    await quietly('apt-install', 'apt-get', ['-q', '-y', '--no-install-recommends', 'install', ...missing], env);
    return `installed ${missing.join(' ')}`;
  });
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = (await setup()) ? 0 : 1;
