// The bundles that are measured: the configuration of `runc spec`, and Docker's with its default seccomp profile.
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const fixtures = join(import.meta.dirname, '../test/fixtures/configs');
const read = (name) => JSON.parse(readFileSync(join(fixtures, name), 'utf8'));
const rootfs = '/bench/rootfs';

function specConfig() {
  const config = read('runc-spec.json');
  config.process.terminal = false;
  config.root.path = rootfs;
  return config;
}

/**
 * Docker's: files of its own are bound into every container; no hook and no profile that this machine may not have.
 * @param root of the file system; @param file what is bound instead of Docker's own
 */
export function dockerConfig(root = rootfs, file = '/bench/file') {
  const config = read('docker.json');
  delete config.hooks;
  delete config.process.apparmorProfile;
  delete config.linux.cgroupsPath;
  config.root.path = root;
  for (const mount of config.mounts) if (mount.type === 'bind') mount.source = file;
  return config;
}

export const configs = { spec: specConfig, docker: () => dockerConfig() };

const arguments_ = { true: ['/bin/true'], sleep: ['/bin/sleep', '3600'] };

/** Writes a bundle for a configuration and a process, changed by `change`; returns its path as the measured commands see it. */
export function writeBundle(directory, config, process, name = `${config}-${process}`, change = () => {}) {
  const content = configs[config]();
  content.process.args = arguments_[process];
  change(content);
  const path = join('bundles', name);
  mkdirSync(join(directory, path), { recursive: true });
  writeFileSync(join(directory, path, 'config.json'), JSON.stringify(content, null, 2));
  return `/bench/${path}`;
}

/** The root file system: a static busybox, and the directories that configurations mount on. */
export function makeRootfs(directory, busybox) {
  const root = join(directory, 'rootfs');
  for (const name of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp']) mkdirSync(join(root, name), { recursive: true });
  for (const name of ['hostname', 'hosts', 'resolv.conf']) writeFileSync(join(root, 'etc', name), '');
  writeFileSync(join(directory, 'file'), 'bench\n');
  copyFileSync(busybox, join(root, 'bin/busybox'));
  for (const name of ['true', 'sleep', 'sh']) symlinkSync('busybox', join(root, 'bin', name));
}
