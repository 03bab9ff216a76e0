/** Symlinks of the image at and below the places that a runtime mounts on. */
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestConfig } from '../../helpers/config.js';
import {
  bundleWith,
  complaint,
  control,
  fell,
  held,
  type Play,
  putLink,
  runOnce,
  shell,
  unplayed,
  withoutProc,
} from './stage.js';

/** Directories and files that a mount's destination makes where a link leads. */
export const destinationLink: Play = ({ box }) => {
  const failed = control({ box }, (config) => {
    config.mounts.push(
      { destination: '/link/made', type: 'tmpfs', source: 'tmpfs' },
      { destination: '/link/file', source: '/etc/hostname', options: ['bind'] },
    );
  });
  if (failed) return failed;
  const outside = box.directory('outside');
  for (const target of [outside, `../../../../../../../..${outside}`]) {
    const bundle = bundleWith(
      box,
      (config) => {
        shell(config, 'true');
        config.mounts.push(
          { destination: '/link/made', type: 'tmpfs', source: 'tmpfs' },
          { destination: '/link/file', source: '/etc/hostname', options: ['bind'] },
        );
      },
      (path) => putLink(path, 'link', target),
    );
    runOnce(box, bundle);
    if (readdirSync(outside).length > 0) return fell(`made on the host: ${readdirSync(outside).join(', ')}`);
  }
  return held();
};

/** A /proc or /sys that is a link, into the image and into a volume: what is mounted there isn't where the container sees it. */
export const procLink: Play = ({ box }) => {
  const failed = control({ box }, () => {});
  if (failed) return failed;
  const volume = box.directory('volume');
  mkdirSync(join(volume, 'fake'));
  for (const name of ['proc', 'sys']) {
    for (const target of ['fake', '/fake', '../fake', 'volume/fake']) {
      const bundle = bundleWith(
        box,
        (config) => {
          shell(config, 'echo started');
          config.linux.maskedPaths = [];
          config.linux.readonlyPaths = [];
          config.mounts.unshift({ destination: '/volume', source: volume, options: ['bind'] });
        },
        (path) => {
          mkdirSync(join(path, 'rootfs/fake'));
          putLink(path, name, target);
        },
      );
      const result = runOnce(box, bundle);
      if (result.stdout.includes('started')) return fell(`started with /${name} -> ${target}`);
    }
  }
  return held();
};

/** The image has /proc/self/fd with links, by which the root is to be made read-only at the end: another mount becomes so instead. */
export const fakeDescriptors: Play = ({ box }) => {
  const writes = 'touch /written 2> /dev/null && echo WRITTEN; echo started';
  const change = (config: TestConfig) => {
    shell(config, writes);
    config.root.readonly = true;
  };
  const plain = runOnce(box, box.bundle(change));
  if (!plain.stdout.startsWith('started')) return unplayed(complaint(plain));
  for (const base of ['proc/self/fd', 'proc/thread-self/fd']) {
    const bundle = bundleWith(
      box,
      (config) => {
        change(config);
        withoutProc(config);
      },
      (path) => {
        mkdirSync(join(path, 'rootfs', base), { recursive: true });
        for (let fd = 0; fd < 64; fd++) symlinkSync('/dev/shm', join(path, 'rootfs', base, String(fd)));
      },
    );
    if (runOnce(box, bundle).stdout.includes('WRITTEN')) return fell('the root file system stayed writable');
  }
  return held();
};
