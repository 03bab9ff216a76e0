// Commands as people and engines give them, for the build to run and see what they use. Containers are made where that is
// allowed; else each command goes as far as it gets.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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
 * Two bundles in `folder`, as runc's users and as engines have them.
 * @param spec runs commands, each a list of words; there is one in each bundle to be filled.
 * @returns their folders.
 */
export function sampleBundles(folder, spec) {
  const bundles = ['plain', 'engine'].map((name) => join(folder, name));
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
  (folder) =>
  (...words) => ['--root', join(folder, 'state'), ...words];

/** What removes the container, where not all of them were run. */
export const removal = (folder) => caller(folder)('delete', '--force', id);

/** The life of a container of each bundle, and what is asked about it; state in `folder`. */
export function sampleCommands(folder, bundles) {
  const call = caller(folder);
  const life = (bundle) => [
    call('run', '--bundle', bundle, id),
    call('create', '--bundle', bundle, '--pid-file', join(folder, 'pid'), id),
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
export function furtherCommands(folder, bundles) {
  const call = caller(folder);
  return [
    ...bundles.map((bundle) => call('explain', '--bundle', bundle)),
    call('create', '--bundle', bundles[0], id),
    call('ps', '--format', 'json', id),
    call('update', '--pids-limit', '100', id),
    call('events', '--stats', id),
    call('pause', id),
    call('resume', id),
    call('checkpoint', '--image-path', join(folder, 'checkpoint'), id),
    call('delete', '--force', id),
    call('restore', '--image-path', join(folder, 'checkpoint'), '--bundle', bundles[0], id),
    call('mounts', 'add', id, '/none'),
    ['features'],
    ['help'],
    ['completion', 'bash'],
    // Two words that name commands: these go to the bundle that has all.
    call('explain', '--bundle', bundles[0], 'help'),
    call('state', 'help'),
  ];
}
