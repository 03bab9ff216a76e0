// Which blocks of QuickJS's heap commands write to (addon/bindings/heap-layout.h): found out by running some, while the
// executable is built. Containers where that is allowed; else what comes before, and commands that need no rights.
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const lines = (...commands) => `${commands.map((words) => words.join('\t')).join('\n')}\n`;

/** A bundle whose process ends at once: the maker, with nothing to do. */
function writeBundle(folder, change) {
  const file = join(folder, 'config.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  config.process.terminal = false;
  config.process.args = ['/true'];
  change(config);
  writeFileSync(file, JSON.stringify(config));
}

/** What engines add to the configuration of `tsrunc spec`. */
function asEngines(config) {
  const { linux } = config;
  config.annotations = { 'org.opencontainers.image.name': 'training' };
  config.mounts.push({
    destination: '/etc/hosts',
    type: 'bind',
    source: '/dev/null',
    options: ['rbind', 'rprivate', 'ro'],
  });
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
 * Runs commands in the first link of the executable.
 * @param folder an empty one, for bundles and state; all of it is left there.
 * @param maker the first link; `bytecode` of the core; `profile`: what is written.
 * @returns whether there is a profile.
 */
export function trainHeap(folder, maker, bytecode, profile) {
  const train = (commands, to) => {
    writeFileSync(join(folder, 'commands'), commands);
    const settings = { stdio: 'ignore', timeout: 60_000, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } };
    return spawnSync(maker, ['train', bytecode, join(folder, 'commands'), to], settings).status === 0;
  };
  const bundles = ['plain', 'engine'].map((name) => join(folder, name));
  for (const bundle of bundles) {
    mkdirSync(join(bundle, 'rootfs'), { recursive: true });
    linkSync(maker, join(bundle, 'rootfs/true'));
  }
  if (!train(lines(...bundles.map((bundle) => ['spec', '--bundle', bundle])), join(folder, 'none'))) return false;
  writeBundle(bundles[0], () => {});
  writeBundle(bundles[1], asEngines);

  const id = `tsrunc-build-${process.pid}`;
  const call = (...words) => ['--root', join(folder, 'state'), ...words];
  const one = (bundle) => [
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
  return train(lines(...bundles.flatMap(one), call('list'), ['--version']), profile);
}
