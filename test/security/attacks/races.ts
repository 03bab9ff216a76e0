/** Races: names in a volume that the container shares with another one change places while it is made. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mount } from '../../../src/config/spec.js';
import type { TestConfig } from '../../helpers/config.js';
import { mounts } from '../../helpers/machine.js';
import { type Play, race, shell, swappedVolume } from './stage.js';

/** The volume, bound at /volume. */
const shared = (source: string): Mount => ({ destination: '/volume', source, options: ['bind'] });

/** What appeared in a directory of the host, or is mounted there; it is emptied again. */
function madeIn(outside: string): string {
  const names = readdirSync(outside);
  for (const name of names) rmSync(join(outside, name), { recursive: true, force: true });
  if (names.length > 0) return `made on the host: ${names.join(', ')}`;
  return mounts().some((line) => line.includes(`${outside}/`) || line.endsWith(` ${outside}`))
    ? 'mounted on the host'
    : '';
}

/** The destination of a mount, checked and then swapped. */
export const destinationSwap: Play = async (stage) => {
  const { box } = stage;
  const outside = box.directory('outside');
  const swapped = swappedVolume(box, outside);
  const bundle = box.bundle((config) => {
    // Where the container finds the mount: at its place, or where the link leads in its own root.
    shell(config, 'grep SWAPPED /proc/self/mountinfo');
    config.mounts.push(shared(swapped.volume), { destination: '/volume/d', type: 'tmpfs', source: 'SWAPPED' });
  });
  return race(
    stage,
    () => bundle,
    swapped,
    () => madeIn(outside),
  );
};

/** Directories and files that are made for a destination, under other names in each round. */
export const madeDirectories: Play = async (stage) => {
  const { box } = stage;
  const outside = box.directory('outside');
  const swapped = swappedVolume(box, outside);
  const bundle = box.bundle((config) => {
    shell(config, 'true');
    config.mounts.push(
      shared(swapped.volume),
      { destination: '/volume/d/NAME/deep/directory', type: 'tmpfs', source: 'tmpfs' },
      { destination: '/volume/d/fileNAME', source: '/etc/hostname', options: ['bind'] },
    );
  });
  const template = readFileSync(join(bundle, 'config.json'), 'utf8');
  const inRound = (round: number): string => {
    writeFileSync(join(bundle, 'config.json'), template.replaceAll('NAME', `${round}`));
    return bundle;
  };
  return race(stage, inRound, swapped, () => madeIn(outside));
};

/** A procfs in a volume: it comes to be where the link leads. */
export const procSwap: Play = async (stage) => {
  const { box } = stage;
  const swapped = swappedVolume(box, '/fake');
  const bundle = box.bundle((config) => {
    shell(config, 'grep " - proc OURS" /proc/self/mountinfo');
    config.mounts.push(shared(swapped.volume), { destination: '/volume/d', type: 'proc', source: 'OURS' });
  });
  mkdirSync(join(bundle, 'rootfs/fake'));
  return race(
    stage,
    () => bundle,
    swapped,
    ({ status, stdout }) =>
      status === 0 && stdout.split(' ')[4] === '/fake' ? 'a procfs is mounted where the link leads' : '',
  );
};

/** Masked and read-only paths. */
export const maskSwap: Play = async (stage) => {
  const { box } = stage;
  const outside = box.directory('outside');
  writeFileSync(join(outside, 'secret'), 'canary');
  const swapped = swappedVolume(box, outside);
  mkdirSync(join(swapped.directory, 'directory'));
  writeFileSync(join(swapped.directory, 'secret'), 'inside');
  const bundle = box.bundle((config) => {
    shell(config, 'cat /proc/self/mountinfo');
    config.mounts.push(shared(swapped.volume));
    config.linux.maskedPaths!.push('/volume/d/secret', '/volume/d/directory');
    config.linux.readonlyPaths!.push('/volume/d');
  });
  return race(
    stage,
    () => bundle,
    swapped,
    ({ status, stdout }) => {
      if (status === 0 && stdout.includes(` ${outside}`)) return 'a cover was mounted where the link leads';
      return mounts().some((line) => line.includes(`${outside}/`)) ? 'mounted on the host' : '';
    },
  );
};

/** Files of the image that are copied into a new tmpfs. */
export const copyUpSwap: Play = async (stage) => {
  const { box } = stage;
  const outside = box.directory('outside');
  const swapped = swappedVolume(box, outside);
  writeFileSync(join(swapped.directory, 'payload'), 'of the image');
  const bundle = box.bundle((config) => {
    shell(config, 'true');
    config.mounts.push(shared(swapped.volume), {
      destination: '/volume/d',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['tmpcopyup'],
    });
  });
  // crun looks for what it copies in the root file system itself.
  mkdirSync(join(bundle, 'rootfs/volume/d'), { recursive: true });
  writeFileSync(join(bundle, 'rootfs/volume/d/payload'), 'of the image');
  return race(
    stage,
    () => bundle,
    swapped,
    () => madeIn(outside),
  );
};

/** A device that is made in a directory that isn't what it was. */
export const deviceSwap: Play = async (stage) => {
  const { box } = stage;
  const outside = box.directory('outside');
  const swapped = swappedVolume(box, outside);
  const bundle = box.bundle((config) => {
    shell(config, 'true');
    config.mounts.push(shared(swapped.volume));
    config.linux.devices = [{ type: 'c', path: '/volume/d/made', major: 1, minor: 3, fileMode: 0o666 }];
  });
  const clean = (): string => {
    for (const place of [swapped.directory, swapped.link]) rmSync(join(place, 'made'), { force: true });
    return '';
  };
  return race(
    stage,
    () => bundle,
    swapped,
    () => madeIn(outside) || clean(),
  );
};

/** The image's /dev is a volume in which /dev/null changes places with a link to another file. */
export const nullSwap: Play = async (stage) => {
  const { box } = stage;
  const swapped = swappedVolume(box, '/precious');
  const bundle = box.bundle((config) => {
    shell(config, 'echo taken > /masked; stat -c %F /masked; head -c 99 /masked');
    config.mounts = config.mounts.filter(({ destination }) => !destination.startsWith('/dev'));
    config.mounts.push({ destination: '/dev', source: swapped.volume, options: ['bind', 'dev'] });
    config.linux.maskedPaths = ['/masked'];
  });
  const [masked, precious] = ['masked', 'precious'].map((name) => join(bundle, 'rootfs', name)) as [string, string];
  writeFileSync(masked, 'MASKED');
  writeFileSync(precious, 'kept\n');
  // Once without an attacker: the runtime makes the devices.
  box.call(['run', '--bundle', bundle, box.id('devices')]);
  const device = join(swapped.volume, 'null');
  if (!existsSync(device)) writeFileSync(device, '');
  return race(
    stage,
    () => bundle,
    { ...swapped, directory: device },
    ({ stdout }) => {
      const taken = readFileSync(precious, 'utf8') !== 'kept\n';
      const bare = /MASKED|regular/.test(stdout);
      writeFileSync(precious, 'kept\n');
      writeFileSync(masked, 'MASKED');
      return taken ? 'the cover is what the link leads to' : bare ? 'the masked file is bare' : '';
    },
  );
};

/** Attributes of a mount that are set by its path after it was mounted. */
function attributesSwap(options: string[][]): Play {
  return async (stage) => {
    const { box } = stage;
    const swapped = swappedVolume(box, '/volume/other');
    mkdirSync(join(swapped.volume, 'other'));
    const precious = box.directory('precious');
    const bundle = box.bundle((config: TestConfig) => {
      shell(config, 'cat /proc/self/mountinfo');
      config.mounts.push(
        shared(swapped.volume),
        { destination: '/volume/other', type: 'tmpfs', source: 'tmpfs' },
        ...options.map((words) => ({ destination: '/volume/d', source: precious, options: words })),
      );
    });
    return race(
      stage,
      () => bundle,
      swapped,
      ({ status, stdout }) => {
        const line = stdout.split('\n').find((text) => text.includes(precious));
        return status === 0 && line !== undefined && !/ ro[, ]/.test(line) ? 'the volume is writable' : '';
      },
    );
  };
}

export const recursiveSwap = attributesSwap([['rbind', 'rro']]);
export const remountSwap = attributesSwap([
  ['bind', 'rprivate'],
  ['bind', 'remount', 'ro'],
]);
