/** The ids and the capabilities of processes, and where they come from. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWith, complaint, fell, held, type Play, runOnce, shell, unplayed } from './stage.js';

/** The sets of capabilities of a process, as numbers, of the text of /proc/PID/status. */
const capabilitiesOf = (status: string): Record<string, bigint> =>
  Object.fromEntries(
    [...status.matchAll(/^(Cap\w+):\t(\w+)$/gm)].map(([, name, value]) => [name, BigInt(`0x${value}`)]),
  );

const showCapabilities = ['grep', 'Cap', '/proc/self/status'];

/** Capabilities that nobody asked for in the inheritable and the ambient set, of run and exec. */
export const inheritable: Play = ({ box }) => {
  const { id } = box.started();
  const ways: [string, string][] = [
    ['run', box.sh('grep Cap /proc/self/status').stdout],
    ['exec', box.call(['exec', id, ...showCapabilities]).stdout],
    ['exec --cap', box.call(['exec', '--cap', 'CAP_CHOWN', id, ...showCapabilities]).stdout],
    ['exec --user --cap', box.call(['exec', '--user', '1000', '--cap', 'CAP_CHOWN', id, ...showCapabilities]).stdout],
  ];
  for (const [how, text] of ways) {
    const sets = capabilitiesOf(text);
    if (sets.CapInh === undefined) {
      if (how === 'exec --user --cap') continue;
      return unplayed(`${how} shows nothing`);
    }
    if (sets.CapInh !== 0n) return fell(`${how}: CapInh is not empty`);
  }
  return held();
};

/** A user who isn't root has the capabilities that the configuration gives to root. */
export const capabilitiesOfUser: Play = ({ box }) => {
  const user = { uid: 1000, gid: 1000 };
  const result = box.sh('grep Cap /proc/self/status', (config) => {
    config.process.user = user;
  });
  const { id } = box.started();
  const exec = box.call(['exec', '--user', '1000:1000', id, ...showCapabilities]);
  for (const text of [result, exec]) {
    const sets = capabilitiesOf(text.stdout);
    if (sets.CapEff === undefined) return unplayed(complaint(text));
    if (sets.CapEff !== 0n || sets.CapAmb !== 0n) return fell('the user has effective or ambient capabilities');
  }
  return held();
};

/** --user with what is no number, or another than it looks like. */
export const execUser: Play = ({ box }) => {
  const { id } = box.started();
  const plain = box.call(['exec', '--user', '1000:1001', id, 'sh', '-c', 'id -u; id -g']);
  if (plain.stdout !== '1000\n1001\n')
    return plain.status === 0 ? fell('1000:1001 is another user') : unplayed(complaint(plain));
  for (const user of ['1000x', 'x', '1000:', ':1000', ' 1000', '0x10', '-1', '1e3', '1000.0', '+5']) {
    const result = box.call(['exec', '--user', user, id, 'id', '-u']);
    if (result.stdout === '0\n') return fell(`--user ${JSON.stringify(user)} is root`);
  }
  return held();
};

/** A user of the image whose name is a number: that number is somebody else then. */
export const numericName: Play = ({ box }) => {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\n1000:x:0:0::/root:/bin/sh\n';
  const bundle = bundleWith(
    box,
    (config) => (config.process.args = ['sleep', '1000']),
    (path) => writeFileSync(join(path, 'rootfs/etc/passwd'), passwd),
  );
  const id = box.id('named');
  const started = box.call(['run', '--detach', '--bundle', bundle, id]);
  if (started.status !== 0) return unplayed(complaint(started));
  const result = box.call(['exec', '--user', '1000', id, 'sh', '-c', 'grep ^Uid: /proc/self/status']);
  if (result.status !== 0) return unplayed(complaint(result));
  return result.stdout.startsWith('Uid:\t1000') ? held() : fell(`user 1000 is ${result.stdout.trim()}`);
};

/** Ids that the kernel's 32 bits don't hold: the process is root, or stays what it was. */
export const largeIds: Play = ({ box }) => {
  const show = 'grep ^Uid: /proc/self/status';
  for (const uid of [4294967296, 4294967295, 18446744073709552000, -1]) {
    const result = box.sh(show, (config) => {
      config.process.user = { uid, gid: 1000 };
    });
    if (/^Uid:\t0\b/.test(result.stdout)) return fell(`uid ${uid} is root`);
  }
  const { id } = box.started();
  for (const user of ['4294967296', '4294967295', '18446744073709551616'])
    if (/^Uid:\t0\b/.test(box.call(['exec', '--user', user, id, 'sh', '-c', show]).stdout))
      return fell(`exec --user ${user} is root`);
  const plain = box.call(['exec', '--user', '4294967294', id, 'sh', '-c', show]);
  return plain.stdout.startsWith('Uid:\t4294967294') ? held() : unplayed(complaint(plain));
};

/** /etc/passwd of 64 MiB, whose last line is the user's: it is read to its end, for HOME. */
export const hugePasswd: Play = ({ box }) => {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\n';
  const filler = 'u:x:7777:7777::/:/bin/sh\n'.repeat(1 << 16);
  const bundle = bundleWith(
    box,
    (config) => {
      shell(config, 'echo "home $HOME"');
      config.process.env = ['PATH=/bin'];
      config.process.user = { uid: 1234, gid: 1234 };
    },
    (path) => {
      const file = join(path, 'rootfs/etc/passwd');
      writeFileSync(file, passwd);
      for (let size = 0; size < 64 << 20; size += filler.length) writeFileSync(file, filler, { flag: 'a' });
      writeFileSync(file, 'last:x:1234:1234::/read-to-the-end:/bin/sh\n', { flag: 'a' });
    },
  );
  const result = runOnce(box, bundle);
  if (result.status === null) return fell('it was still reading after 20 seconds');
  if (result.stdout.includes('/read-to-the-end')) return fell('64 MiB were read');
  return result.stdout.startsWith('home ') ? held() : unplayed(complaint(result));
};
