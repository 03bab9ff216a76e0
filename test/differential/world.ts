import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { compileProbe } from './probe.js';

/** What configurations can name: all of it the same for both runtimes. */
export interface World {
  readonly home: string;
  readonly bundle: string;
  readonly probe: string;
  /** Directories and files of the host that mounts have as source. */
  readonly sources: readonly string[];
  /** Files of namespaces that another process is in, by the specification's names. */
  readonly namespaces: Readonly<Record<string, string>>;
  /** Where the settings of cgroups are read. */
  readonly controllers: readonly Controller[];
  /** Whether the cgroups are systemd's (`--systemd-cgroup`). */
  readonly isOfSystemd: boolean;
  /** Whether priorities may be raised (CAP_SYS_RESOURCE). */
  readonly raises: boolean;
  readonly end: () => void;
}

/** A hierarchy of cgroups. */
export interface Controller {
  /** `memory`, or '' for cgroup v2. */
  readonly name: string;
  /** Where it is mounted. */
  readonly mount: string;
  /** The path in the hierarchy of what is mounted there; '' for the top. */
  readonly root: string;
}

/** The cgroup that those of some configurations are below: runc leaves it. */
export const sharedCgroup = 'tsrunc-differential-above';

/**
 * Makes everything in `home`, a directory that is there and empty.
 * @param options.probe the container's program, where it is compiled already
 */
export function makeWorld(home: string, options: { probe?: string | undefined; systemd: boolean }): World {
  const probe = join(home, 'probe');
  if (options.probe === undefined) compileProbe(probe);
  else copyFileSync(options.probe, probe);
  const bundle = join(home, 'bundle');
  mkdirSync(bundle);
  const other = namespacesOfAnother();
  return {
    home,
    bundle,
    probe,
    sources: makeSources(home),
    namespaces: other.files,
    controllers: controllers(),
    isOfSystemd: options.systemd,
    raises: (effectiveCapabilities() & (1n << 24n)) !== 0n,
    end: () => {
      other.end();
      for (const name of ['flagged', 'nested/inner']) spawnSync('umount', ['-l', join(home, name)]);
      removeSharedCgroups();
    },
  };
}

/** Below the top of each hierarchy, and below our own cgroup. Those that another run is using stay. */
function removeSharedCgroups(): void {
  const own = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
  for (const { name, mount } of controllers()) {
    const path = own.map((line) => line.split(':')).find(([, names]) => names === name)?.[2] ?? '';
    for (const above of new Set([mount, join(mount, path)]))
      for (const shared of [`${sharedCgroup}/below`, sharedCgroup]) spawnSync('rmdir', [join(above, shared)]);
  }
}

function effectiveCapabilities(): bigint {
  const [, hex = '0'] = /^CapEff:\t(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return BigInt(`0x${hex}`);
}

function makeSources(home: string): string[] {
  const plain = join(home, 'source');
  mkdirSync(join(plain, 'inner'), { recursive: true });
  writeFileSync(join(plain, 'file'), 'of the host\n');
  writeFileSync(join(plain, 'inner/file'), 'below\n');
  chownSync(join(plain, 'inner'), 1000, 1000);
  const flagged = join(home, 'flagged');
  mkdirSync(flagged);
  mount('-t', 'tmpfs', '-o', 'nosuid,nodev,noatime', 'flagged', flagged);
  writeFileSync(join(flagged, 'file'), 'flagged\n');
  const nested = join(home, 'nested');
  mkdirSync(join(nested, 'inner'), { recursive: true });
  mount('-t', 'tmpfs', 'nested', join(nested, 'inner'));
  writeFileSync(join(nested, 'inner/file'), 'of another file system\n');
  return [plain, join(plain, 'file'), flagged, nested, join(home, 'missing')];
}

function mount(...args: string[]): void {
  const result = spawnSync('mount', args, { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`mount ${args.join(' ')}: ${result.stderr}`);
}

/** A process that sleeps in namespaces of its own. */
function namespacesOfAnother(): { files: Record<string, string>; end: () => void } {
  const kinds = { network: 'net', ipc: 'ipc', uts: 'uts', cgroup: 'cgroup' };
  const child = spawn('unshare', ['--net', '--ipc', '--uts', '--cgroup', 'sleep', '100000'], { stdio: 'ignore' });
  const own = readlinkSync('/proc/self/ns/uts');
  // unshare(2) and the execution of sleep follow at once; there is nothing that tells of them.
  const deadline = Date.now() + 60_000;
  while (readlinkSync(`/proc/${child.pid}/ns/cgroup`) === readlinkSync('/proc/self/ns/cgroup')) {
    if (Date.now() > deadline) throw new Error(`unshare has not left ${own}`);
  }
  const files = Object.entries(kinds).map(([kind, name]) => [kind, `/proc/${child.pid}/ns/${name}`]);
  return { files: Object.fromEntries(files), end: () => child.kill('SIGKILL') };
}

/** The hierarchies that are mounted here. */
function controllers(): Controller[] {
  const found: Controller[] = [];
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n')) {
    const fields = line.split(' ');
    const [type, , options = ''] = fields.slice(fields.indexOf('-') + 1);
    if (type !== 'cgroup' && type !== 'cgroup2') continue;
    const names = options
      .split(',')
      .filter((word) => !/^(rw|ro|xattr|clone_children|nsdelegate|memory_\w+)$/.test(word));
    const root = fields[3] === '/' ? '' : (fields[3] ?? '');
    found.push({ name: type === 'cgroup2' ? '' : names.join(','), mount: fields[4] ?? '', root });
  }
  return found;
}

/** What sources of mounts hold from the beginning. */
const ofSources: Readonly<Record<string, readonly string[]>> = {
  source: ['inner', 'file'],
  'source/inner': ['file'],
  flagged: ['file'],
  nested: ['inner'],
  'nested/inner': ['file'],
};

/** Removes what a container made in the sources of its mounts. */
function clearSources(home: string): void {
  for (const [directory, names] of Object.entries(ofSources))
    for (const name of readdirSync(join(home, directory)))
      if (!names.includes(name)) rmSync(join(home, directory, name), { recursive: true });
}

/** Makes the bundle's root file system anew: every run finds the same. */
export function makeRoot({ home, bundle, probe }: World): void {
  clearSources(home);
  const root = join(bundle, 'rootfs');
  rmSync(root, { recursive: true, force: true });
  for (const name of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'root', 'data/sub', 'home/user', 'mnt/two']) {
    mkdirSync(join(root, name), { recursive: true });
  }
  linkSync(probe, join(root, 'probe'));
  symlinkSync('../probe', join(root, 'bin/probe'));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nusers:x:100:user\n');
  writeFileSync(join(root, 'data/file'), 'of the image\n');
  writeFileSync(join(root, 'data/sub/file'), 'of the image\n');
  symlinkSync('data', join(root, 'link'));
  symlinkSync('/data/file', join(root, 'file-link'));
  symlinkSync('/nowhere/deep', join(root, 'dangling'));
  chmodSync(join(root, 'tmp'), 0o1777);
  chmodSync(join(root, 'home/user'), 0o700);
  chownSync(join(root, 'home/user'), 1000, 1000);
  lchownSync(join(root, 'link'), 1000, 1000);
}
