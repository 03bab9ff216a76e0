// Commands as people and engines give them, for the build to run and see what they use. Containers are made where that is
// allowed; else each command goes as far as it gets.
import { spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What engines add to the configuration of `tsrunc spec`. */
function asEngines(config) {
  const { linux } = config;
  config.annotations = { 'org.opencontainers.image.name': 'sample' };
  const options = ['rbind', 'rprivate', 'ro'];
  config.mounts.push({ destination: '/etc/hosts', type: 'bind', source: '/dev/null', options });
  linux.resources = {
    ...linux.resources,
    memory: { limit: 1 << 28 },
    cpu: { shares: 512, quota: 50000, period: 100000 },
    pids: { limit: 100 },
  };
  linux.seccomp = {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'],
    syscalls: [
      {
        names: ['acct', 'add_key', 'bpf', 'keyctl', 'mount', 'reboot', 'swapon'],
        action: 'SCMP_ACT_ERRNO',
        errnoRet: 1,
      },
      { names: ['personality'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, value: 8, op: 'SCMP_CMP_EQ' }] },
    ],
  };
}

/**
 * Two bundles in `directory`, as runc's users and as engines have them.
 * @param spec runs commands, each a list of words; there is one in each bundle to be filled.
 * @returns their directories.
 */
export function sampleBundles(directory, spec) {
  const bundles = ['plain', 'engine'].map((name) => join(directory, name));
  for (const bundle of bundles) {
    mkdirSync(join(bundle, 'rootfs'), { recursive: true });
    // A static program that ends at once: there is nothing for it to launch.
    copyFileSync('build/Release/tsrunc-launcher', join(bundle, 'rootfs/true'));
  }
  spec(bundles.map((bundle) => ['spec', '--bundle', bundle]));
  for (const [index, bundle] of bundles.entries()) {
    const file = join(bundle, 'config.json');
    const config = JSON.parse(readFileSync(file, 'utf8'));
    config.process.terminal = false;
    config.process.args = ['/true'];
    if (index === 1) asEngines(config);
    writeFileSync(file, JSON.stringify(config));
  }
  return bundles;
}

const id = `tsrunc-build-${process.pid}`;

const caller =
  (directory) =>
  (...words) => ['--root', join(directory, 'state'), ...words];

/** What removes the container, where not all of them were run. */
export const removal = (directory) => caller(directory)('delete', '--force', id);

/** The life of a container of each bundle, and what is asked about it; state in `directory`. */
export function sampleCommands(directory, bundles) {
  const call = caller(directory);
  const life = (bundle) => [
    call('run', '--bundle', bundle, id),
    call('--trace', join(directory, 'trace.json'), 'run', '--bundle', bundle, id),
    call('create', '--bundle', bundle, '--pid-file', join(directory, 'pid'), id),
    call('state', id),
    call('exec', id, '/true'),
    call('kill', id, 'KILL'),
    call('delete', '--force', id),
    call('create', '--bundle', bundle, id),
    call('start', id),
    call('delete', '--force', id),
  ];
  return [...bundles.flatMap(life), call('list'), ['--version']];
}

/** What else there is, for a cache of every command: the bundles explained, and a container asked and changed. */
export function furtherCommands(directory, bundles) {
  const call = caller(directory);
  return [
    ...bundles.map((bundle) => call('explain', '--bundle', bundle)),
    call('create', '--bundle', bundles[0], id),
    call('ps', '--format', 'json', id),
    call('update', '--pids-limit', '100', id),
    call('events', '--stats', id),
    call('pause', id),
    call('resume', id),
    call('checkpoint', '--image-path', join(directory, 'checkpoint'), id),
    call('delete', '--force', id),
    call('restore', '--image-path', join(directory, 'checkpoint'), '--bundle', bundles[0], id),
    call('mounts', 'add', id, '/none'),
    ['features'],
    ['help'],
    ['completion', 'bash'],
    // Two words that name commands: these go to the bundle that has all.
    call('explain', '--bundle', bundles[0], 'help'),
    call('state', 'help'),
  ];
}

/**
 * Runs one of these commands.
 * @param program the words before it: the executable, and what it is run by
 * @param options env: of the command, beside PATH; log: a file for what it says
 * @throws Error when it failed; `run` and `exec` end with the status of their program, which isn't looked at
 */
export function runSample([program, ...before], words, { env = {}, log }) {
  // A file, since the container keeps it open after `create` has ended.
  const said = openSync(log, 'w');
  const { status, signal } = spawnSync(program, [...before, ...words], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env },
    stdio: ['ignore', 'ignore', said],
  });
  closeSync(said);
  // The program of a sample bundle ends with a status of its own.
  const good = status === 0 || (status === 1 && ['run', 'exec'].some((name) => words.includes(name)));
  if (!good) throw new Error(`training: ${words.join(' ')}: ${signal ?? status}\n${readFileSync(log, 'utf8')}`);
}
