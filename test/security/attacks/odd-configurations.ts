/** Configurations, and what a runtime makes of them for the container and beside it. */
import { chownSync, existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { withUserNamespace } from '../../helpers/config.js';
import { complaint, control, fell, held, hostFile, type Play, runOnce, unplayed, withoutMounts } from './stage.js';

/** A hook on the host that gets the environment of the image's process: LD_PRELOAD is then code that runs as root of the host. */
export const hookEnvironment: Play = ({ box }) => {
  const failed = control({ box }, () => {});
  if (failed) return failed;
  const seen = join(box.directory('seen'), 'env');
  for (const name of ['prestart', 'createRuntime', 'createContainer'] as const) {
    const result = box.sh('true', (config) => {
      config.process.env.push('EVIL_PRELOAD=/evil.so');
      config.hooks = { [name]: [{ path: '/bin/sh', args: ['sh', '-c', `env > ${seen}`] }] };
    });
    if (!existsSync(seen)) {
      if (name === 'createContainer') continue;
      return unplayed(complaint(result));
    }
    if (hostFile(seen).includes('EVIL_PRELOAD')) return fell(`a ${name} hook has the environment of the image`);
  }
  return held();
};

/** A profile without anything in it: the container runs without a filter, and nobody is told. */
export const emptyProfile: Play = ({ box }) => {
  const failed = control({ box }, () => {});
  if (failed) return failed;
  const result = box.sh('grep ^Seccomp: /proc/self/status', (config) => {
    (config.linux as { seccomp?: unknown }).seccomp = {};
  });
  if (result.status !== 0) return held('refused');
  return result.stdout === 'Seccomp:\t0\n' ? fell('it runs without a filter') : held();
};

/** Lengths of 16 bits in what the runtime tells its first process: the text of 4800 id maps takes more. */
export const longMessages: Play = ({ box }) => {
  const failed = control({ box }, () => {});
  if (failed) return failed;
  const count = 4_800;
  const result = box.sh('wc -l < /proc/self/uid_map; wc -c < /proc/self/environ', (config) => {
    withUserNamespace(config);
    config.process.env.push(`LONG=${'x'.repeat(70_000)}`);
    const many = Array.from({ length: count }, (_, i) => ({ containerID: i, hostID: 100_000 + i, size: 1 }));
    config.linux.uidMappings = many;
  });
  if (result.status !== 0) return held('refused');
  return Number(result.stdout.split('\n')[0]) === count ? held() : fell('other maps than those of the configuration');
};

/** Sockets without a file, which any container with the host's network can connect to. */
export const abstractSockets: Play = ({ box }) => {
  const sockets = () => new Set([...hostFile('/proc/net/unix').matchAll(/ (@\S+)$/gm)].map(([, name]) => name!));
  const before = sockets();
  box.started((config) => {
    config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'network');
  });
  const made = [...sockets()].filter((name) => !before.has(name) && /runc|crun|tsrunc|containerd/.test(name));
  return made.length === 0 ? held() : fell(`open to all: ${made.join(' ')}`);
};

/** What a new container that the runtime's own template describes may read and write of /proc and /sys. */
export const templateOfProc: Play = ({ box }) => {
  const bundle = box.directory('template');
  const made = box.call(['spec', '--bundle', bundle]);
  if (made.status !== 0) {
    // crun writes to the current directory alone.
    const other = box.call(['spec'], { cwd: bundle });
    if (other.status !== 0) return unplayed(complaint(other));
  }
  const plain = box.bundle();
  const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as ReturnType<typeof JSON.parse>;
  const reads = ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/proc/latency_stats', '/proc/sched_debug'];
  const writes = ['/proc/sys/kernel/hostname', '/proc/sysrq-trigger', '/proc/irq/default_smp_affinity'];
  const line = [
    ...reads.map((path) => `[ -n "$(head -c1 ${path} 2>/dev/null | tr -d '\\0')" ] && echo ${path}`),
    // Opened for writing, nothing is written.
    ...writes.map((path) => `(: >> ${path}) 2>/dev/null && echo ${path}`),
    'echo looked',
  ].join('; ');
  config.process = { ...config.process, terminal: false, args: ['sh', '-c', line] };
  config.root.readonly = false;
  box.writeConfig(plain, config);
  const result = runOnce(box, plain);
  if (!result.stdout.includes('looked')) return unplayed(complaint(result));
  const open = result.stdout.split('\n').filter((path) => path.startsWith('/'));
  return open.length === 0 ? held() : fell(`open: ${open.join(' ')}`);
};

/** Names of kernel parameters that are paths, or more than one parameter. What they lead to is harmless: the domain name. */
export const parameterPaths: Play = ({ box }) => {
  const failed = control({ box }, () => {});
  if (failed) return failed;
  const domain = '/proc/sys/kernel/domainname';
  const before = hostFile(domain);
  for (const key of [
    'net/../kernel/domainname',
    'net.../kernel/domainname',
    'net.ipv4.../../kernel/domainname',
    'fs.mqueue.../../kernel/domainname',
    'net.ipv4.ip_forward=0+kernel.domainname',
  ]) {
    const result = box.sh('cat /proc/sys/kernel/domainname', (config) => {
      config.linux.sysctl = { [key]: 'taken' };
    });
    if (hostFile(domain) !== before || result.stdout.includes('taken')) return fell(`${key} was written`);
  }
  const value = box.sh('cat /proc/sys/kernel/domainname /proc/sys/net/ipv4/ip_forward', (config) => {
    config.linux.sysctl = { 'net.ipv4.ip_forward': '1+kernel.domainname=taken' };
  });
  return value.stdout.includes('taken') ? fell('a value set a second parameter') : held();
};

/** A cgroup of the host that belongs to root of the container: it may be given processes and cgroups, though /sys is bound read-only. */
export const hostCgroups: Play = ({ box }) => {
  const hierarchy = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup'].find((path) => existsSync(join(path, 'cgroup.procs')));
  if (hierarchy === undefined) return unplayed('no hierarchy of cgroups here');
  const given = join(hierarchy, `${box.prefix}-given`);
  mkdirSync(given);
  try {
    chownSync(given, 100_000, 100_000);
    const result = box.sh(`echo started; mkdir ${given}/made && echo MADE`, (config) => {
      withUserNamespace(config);
      withoutMounts(config, '/sys');
      const options = ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'];
      config.mounts.push({ destination: '/sys', type: 'none', source: '/sys', options });
    });
    if (!result.stdout.includes('started')) return unplayed(complaint(result));
    return result.stdout.includes('MADE') ? fell('a cgroup was made in the hierarchy of the host') : held();
  } finally {
    if (existsSync(join(given, 'made'))) rmdirSync(join(given, 'made'));
    rmdirSync(given);
  }
};
