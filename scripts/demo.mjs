// Shows the life of a container, from a clean clone on. Usage: node scripts/demo.mjs
// Each command is printed before its output. Whatever happens, what was made is removed at the end.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setup } from './setup.mjs';
import { build, installDependencies, main, quietly, say, step, top } from './steps.mjs';

const tsrunc = join(top, 'bin/tsrunc');
const directory = mkdtempSync('/tmp/tsrunc-demo-');
const root = join(directory, 'state');
const ids = [];
const env = { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin' };

/** Prints a command, runs it, and fails unless it ends with `wanted`. */
function show(args, { cwd, wanted = 0, stdout = 'inherit' } = {}) {
  console.log(`\n$ tsrunc ${args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg}'`)).join(' ')}`);
  const result = spawnSync(tsrunc, ['--root', root, ...args], { cwd, env, stdio: ['ignore', stdout, 'inherit'] });
  if (result.error) throw result.error;
  if (result.status !== wanted)
    throw new Error(`tsrunc ${args[0]} ended with ${result.status ?? result.signal}, not ${wanted}`);
  if (wanted !== 0) console.log(`(ended with ${wanted})`);
  return result;
}

/** A root file system with nothing but busybox in it. */
function busyboxRoot(rootfs) {
  const busybox = ['/usr/bin/busybox', '/bin/busybox'].find((path) => existsSync(path));
  if (!busybox) throw new Error('busybox is missing: apt-get install busybox-static');
  for (const name of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp', 'root'])
    mkdirSync(join(rootfs, name), { recursive: true });
  copyFileSync(busybox, join(rootfs, 'bin/busybox'));
  chmodSync(join(rootfs, 'bin/busybox'), 0o755);
  const applets = spawnSync(busybox, ['--list'], { encoding: 'utf8' }).stdout.trim().split('\n');
  for (const applet of applets) if (applet !== 'busybox') symlinkSync('busybox', join(rootfs, 'bin', applet));
  writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
}

/** Debian's essential packages, made once and kept in build/. */
async function debianRoot() {
  const archive = join(top, 'build/demo-debian.tar');
  if (spawnSync('mmdebstrap', ['--version'], { stdio: 'ignore' }).error) return null;
  if (existsSync(archive)) return archive;
  const release = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'stable';
  await step('Debian root', async () => {
    mkdirSync(join(top, 'build'), { recursive: true });
    // Without a mirror mmdebstrap takes the machine's own package sources.
    const args = ['--variant=essential', release, `${archive}.new`];
    const sources = spawnSync(
      'apt-get',
      ['indextargets', '--format', '$(SITE)', 'Label: Debian', 'Created-By: Packages'],
      {
        encoding: 'utf8',
      },
    );
    const site = sources.stdout?.split('\n')[0];
    await quietly('mmdebstrap', 'mmdebstrap', ['--format=tar', ...args, ...(site ? [site] : [])]);
    spawnSync('mv', [`${archive}.new`, archive]);
    return `mmdebstrap ${release}`;
  });
  return archive;
}

function edit(bundle, change) {
  const file = join(bundle, 'config.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  change(config);
  writeFileSync(file, JSON.stringify(config, null, 2));
}

/** Every state a container passes through, each asked for and shown. */
function life() {
  const bundle = join(directory, 'busybox');
  busyboxRoot(join(bundle, 'rootfs'));
  show(['spec', '--bundle', bundle]);
  console.log('(config.json edited: no terminal, and `sleep 1000` as the process)');
  edit(bundle, (config) => {
    config.process.terminal = false;
    config.process.args = ['sleep', '1000'];
    config.hostname = 'demo';
  });
  const id = 'demo';
  ids.push(id);
  // The container's process keeps the caller's stdout, as with every runtime; here it would keep the demo's pipe open.
  show(['create', '--bundle', bundle, id], { stdout: 'ignore' });
  show(['state', id]);
  show(['start', id]);
  show(['exec', id, 'sh', '-c', 'echo "hello from $(hostname), I am $(id -un), process $$"']);
  show(['list']);
  show(['ps', id]);
  show(['kill', id, 'KILL']);
  waitStopped(id);
  show(['state', id]);
  show(['delete', id]);
  show(['list']);

  console.log('\n(and in the foreground, with an exit status of its own)');
  edit(bundle, (config) => {
    config.process.args = ['sh', '-c', 'echo "I am process $$ of $(hostname)"; ls /; exit 3'];
  });
  ids.push('demo-run');
  show(['run', '--bundle', bundle, 'demo-run'], { wanted: 3 });
}

function waitStopped(id) {
  const { pid } = JSON.parse(spawnSync(tsrunc, ['--root', root, 'state', id], { env, encoding: 'utf8' }).stdout);
  if (pid > 0) spawnSync('tail', [`--pid=${pid}`, '-s', '0.01', '-f', '/dev/null']);
}

function debian(archive) {
  const bundle = join(directory, 'debian');
  mkdirSync(join(bundle, 'rootfs'), { recursive: true });
  const unpacked = spawnSync('tar', ['-C', join(bundle, 'rootfs'), '--exclude=./dev/*', '-xf', archive], {
    stdio: 'inherit',
  });
  if (unpacked.status !== 0) throw new Error(`tar could not unpack ${archive}`);
  console.log('\n(a second root file system, Debian itself)');
  show(['spec', '--bundle', bundle]);
  edit(bundle, (config) => {
    config.process.terminal = false;
    config.process.args = ['sh', '-c', '. /etc/os-release; echo "$PRETTY_NAME, $(dpkg-query -W | wc -l) packages"'];
  });
  ids.push('demo-debian');
  show(['run', '--bundle', bundle, 'demo-debian']);
}

function cleanUp() {
  for (const id of ids) spawnSync(tsrunc, ['--root', root, 'delete', '--force', id], { env, stdio: 'ignore' });
  rmSync(directory, { recursive: true, force: true });
}

await main(async () => {
  try {
    const root = process.geteuid() === 0;
    if (!(await setup())) return 1;
    await installDependencies();
    build();
    if (!root) {
      console.log('\nThe containers of this demo need root: sudo npm run demo');
      return 1;
    }
    const archive = await debianRoot();
    life();
    if (archive) debian(archive);
    else say('Debian root', 'left out, there is no mmdebstrap here');
    console.log('\nAll of it worked.');
    return 0;
  } finally {
    cleanUp();
  }
});
