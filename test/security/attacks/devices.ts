/** /dev of the image: links and other files where a runtime makes, binds or opens devices. */
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { TestConfig } from '../../helpers/config.js';
import { inTerminal } from '../../helpers/python.js';
import { runtime } from '../../helpers/runtime.js';
import type { Sandbox } from '../../helpers/sandbox.js';
import {
  bundleWith,
  control,
  fell,
  held,
  type Outcome,
  type Play,
  putLink,
  runOnce,
  shell,
  unplayed,
  withoutMounts,
} from './stage.js';

/** /dev as a link, with and without a mount on it: files are removed and made on the host. */
export const devLink: Play = ({ box }) => {
  const failed = control({ box }, (config) => withoutMounts(config, '/dev'));
  if (failed) return failed;
  const names = ['console', 'fd', 'null', 'ptmx', 'stdin'];
  for (const isMounted of [true, false]) {
    for (const up of ['', '../../../../../../..']) {
      const outside = box.directory('outside');
      for (const name of names) writeFileSync(join(outside, name), 'kept');
      const bundle = bundleWith(
        box,
        (config) => {
          shell(config, 'true');
          if (!isMounted) withoutMounts(config, '/dev');
          config.linux.devices = [{ type: 'c', path: '/dev/made', major: 1, minor: 3 }];
        },
        (path) => putLink(path, 'dev', up + outside),
      );
      runOnce(box, bundle);
      const now = readdirSync(outside).sort();
      const changed = names.filter((name) => !now.includes(name) || lstatSync(join(outside, name)).size !== 4);
      const made = now.filter((name) => !names.includes(name));
      if (changed.length > 0) return fell(`on the host /dev's ${changed.join(', ')} removed or replaced`);
      if (made.length > 0) return fell(`made on the host: ${made.join(', ')}`);
    }
  }
  return held();
};

/** `run` on a terminal, in a bundle with the image's own /dev. */
function runInTerminal(box: Sandbox, line: string, prepare: (rootfs: string) => void) {
  const bundle = box.bundle((config) => {
    config.process.terminal = true;
    shell(config, line);
    config.mounts = config.mounts.filter(({ destination }) => destination !== '/dev');
  });
  prepare(join(bundle, 'rootfs'));
  const id = box.id('terminal');
  const result = inTerminal([runtime, '--root', box.root, 'run', '--bundle', bundle, id], []);
  box.remove(id);
  return result;
}

function terminalControl(box: Sandbox): Outcome | undefined {
  const { output } = runInTerminal(box, 'echo hello', () => {});
  return output.includes('hello') ? undefined : unplayed(output.trim().slice(0, 160));
}

/** A dangling /dev/console: a file is made where it points. */
export const consoleCreated: Play = ({ box }) => {
  const outside = box.directory('outside');
  for (const up of ['', '../../../../../../..']) {
    runInTerminal(box, 'true', (rootfs) => symlinkSync(`${up}${outside}/made`, join(rootfs, 'dev/console')));
    if (existsSync(join(outside, 'made'))) return fell('a file of root was made on the host');
  }
  return terminalControl(box) ?? held();
};

/** /dev/console as a link: the terminal is mounted over another file of the container. */
export const consoleLink: Play = ({ box }) => {
  // A terminal has no end: where it covers the file it must not be read.
  const { output } = runInTerminal(box, 'stat -c %F /precious; [ -f /precious ] && cat /precious', (rootfs) => {
    writeFileSync(join(rootfs, 'precious'), 'kept\n');
    symlinkSync('/precious', join(rootfs, 'dev/console'));
  });
  if (output.includes('character special')) return fell('the terminal lies over the file that the link names');
  return terminalControl(box) ?? held();
};

/** A bundle in which /masked is masked, and /dev is the image's. */
function masked(config: TestConfig): void {
  withoutMounts(config, '/dev');
  config.linux.maskedPaths = ['/masked'];
}

/** /dev/null of the image is a link, a plain file or another device: that becomes the cover of a masked file, which shows and takes what it does. */
export const nullLink: Play = ({ box }) => {
  const mask = (rootfs: string) => writeFileSync(join(rootfs, 'masked'), 'MASKED');
  const failed = control({ box }, masked, mask);
  if (failed) return failed;
  const kinds: Record<string, (dev: string) => void> = {
    link: (dev) => symlinkSync('/precious', join(dev, 'null')),
    file: (dev) => writeFileSync(join(dev, 'null'), 'OF THE IMAGE'),
    block: (dev) => execFileSync('mknod', [join(dev, 'null'), 'b', '1', '3']),
  };
  for (const [kind, make] of Object.entries(kinds)) {
    const bundle = box.bundle((config) => {
      masked(config);
      shell(config, 'echo taken > /masked; stat -c %F /masked; head -c 99 /masked');
    });
    const rootfs = join(bundle, 'rootfs');
    mask(rootfs);
    writeFileSync(join(rootfs, 'precious'), 'kept\n');
    make(join(rootfs, 'dev'));
    const { stdout } = runOnce(box, bundle);
    if (readFileSync(join(rootfs, 'precious'), 'utf8') !== 'kept\n') return fell('the cover is what the link leads to');
    if (/block|regular|MASKED|OF THE IMAGE/.test(stdout)) return fell(`the cover is the image's own (${kind})`);
  }
  return held();
};

/** /dev/null of the image leads to a file of the host that is bound read-only: as a standard stream it can be written to, or is given away. */
export const streamLink: Play = ({ box }) => {
  const file = join(box.directory('host'), 'file');
  writeFileSync(file, 'kept\n');
  chownSync(file, 0, 0);
  const change = (config: TestConfig) => {
    shell(config, 'echo taken >&0; echo started');
    config.process.user = { uid: 1000, gid: 1000 };
    withoutMounts(config, '/dev');
    config.linux.maskedPaths = [];
    config.mounts.push({ destination: '/bound', source: file, options: ['bind'] });
  };
  const failed = control({ box }, change);
  if (failed) return failed;
  const bundle = bundleWith(box, change, (path) => putLink(path, 'dev/null', '/bound'));
  runOnce(box, bundle);
  const now = readFileSync(file, 'utf8');
  if (now !== 'kept\n') return fell('the file was written to by a standard stream');
  if (statSync(file).uid !== 0) return fell('the file was given to the user of the container');
  return held();
};
