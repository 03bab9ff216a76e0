/** What is written to /proc of a process, and volumes and files of the image that it may go to. */
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { TestConfig } from '../../helpers/config.js';
import type { Sandbox } from '../../helpers/sandbox.js';
import { bundleWith, control, fell, held, type Outcome, type Play, runOnce, shell, withoutProc } from './stage.js';

/** What a runtime writes to /proc of a process, as files of a volume. */
function fakeProcess(volume: string): string[] {
  const files = ['', 'self', 'thread-self', 'self/attr', 'attr'].flatMap((directory) =>
    ['oom_score_adj', 'exec', 'current'].map((name) => join(volume, directory, name)),
  );
  for (const file of files) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
  }
  return files;
}

/** Runs a container with the volume at a destination, and a setting that is written to /proc; tells what the volume got of it. */
function written(box: Sandbox, destination: string, prepare: (rootfs: string) => void): Outcome | undefined {
  const volume = box.directory('volume');
  const files = fakeProcess(volume);
  const bundle = box.bundle((config) => {
    shell(config, 'echo started');
    config.process.oomScoreAdj = 100;
    if (destination === '/proc') withoutProc(config);
    config.mounts.push({ destination, type: 'bind', source: volume, options: ['rbind'] });
  });
  prepare(join(bundle, 'rootfs'));
  runOnce(box, bundle);
  const file = files.find((one) => statSync(one).size > 0);
  return file === undefined ? undefined : fell(`${basename(file)} was written to the volume at ${destination}`);
}

const scored = (config: TestConfig) => {
  config.process.oomScoreAdj = 100;
  config.mounts.push({ destination: '/data/link', type: 'bind', source: '/etc', options: ['rbind'] });
};

/** A volume at /proc and below: what is written to /proc of the process goes to the volume. */
export const volumeOnProc: Play = ({ box }) => {
  const failed = control({ box }, scored);
  if (failed) return failed;
  for (const destination of ['/proc', '/proc/self/attr', '/proc/self', '/proc/../proc', '//proc/./self']) {
    const outcome = written(box, destination, () => {});
    if (outcome) return outcome;
  }
  return held();
};

/** A volume whose destination is a link of the image into /proc. */
export const linkIntoProc: Play = ({ box }) => {
  const failed = control({ box }, scored);
  if (failed) return failed;
  for (const target of ['/proc', '/proc/self', '/proc/self/attr', '/dev/../proc/1']) {
    const outcome = written(box, '/data/link', (rootfs) => {
      mkdirSync(join(rootfs, 'data'));
      symlinkSync(target, join(rootfs, 'data/link'));
    });
    if (outcome) return fell(`a link to ${target}: ${outcome.why}`);
  }
  return held();
};

/** Settings that are written by /proc of the container, where the image has files of its own. */
export const fakeProc: Play = ({ box }) => {
  const fake = 'rootfs/proc/sys/net/ipv4';
  const setting = bundleWith(
    box,
    (config) => {
      shell(config, 'true');
      config.linux.sysctl = { 'net.ipv4.ip_forward': '1' };
      withoutProc(config);
    },
    (path) => {
      mkdirSync(join(path, fake), { recursive: true });
      writeFileSync(join(path, fake, 'ip_forward'), 'image\n');
    },
  );
  runOnce(box, setting);
  if (readFileSync(join(setting, fake, 'ip_forward'), 'utf8') !== 'image\n')
    return fell('a kernel parameter was written to a file of the image');
  const failed = control({ box }, (config) => {
    config.linux.sysctl = { 'net.ipv4.ip_forward': '1' };
    config.process.oomScoreAdj = 100;
  });
  if (failed) return failed;
  const score = bundleWith(
    box,
    (config) => {
      shell(config, 'true');
      config.process.oomScoreAdj = 100;
      withoutProc(config);
    },
    (path) => {
      mkdirSync(join(path, 'rootfs/proc/self'), { recursive: true });
      writeFileSync(join(path, 'rootfs/target'), 'kept\n');
      symlinkSync('/target', join(path, 'rootfs/proc/self/oom_score_adj'));
    },
  );
  runOnce(box, score);
  const kept = readFileSync(join(score, 'rootfs/target'), 'utf8') === 'kept\n';
  return kept ? held() : fell('oom_score_adj was written to a file of the image');
};
