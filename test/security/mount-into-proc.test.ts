// The path of a mount is checked against /proc (CVE-2019-16884); a symbolic link of the image led there all the same, and a
// volume answered for /proc or for files of it. Asserted: refused, whatever the link is.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);

for (const target of ['/proc', '/proc/self/attr', '/proc/sys/kernel', '/dev/../proc/1']) {
  const skip = skipIf(tsruncOnly('it refuses in other words'));
  t.test(`a destination that is a link to ${target}`, { skip }, async (t) => {
    const volume = box.directory('volume');
    writeFileSync(join(volume, 'evil'), '');
    const bundle = box.bundle((config) => {
      config.process.args = ['ls', '/proc/', '/proc/self/attr', '/proc/sys/kernel', '/proc/1'];
      // A target on the same mount as the link, which is outside of /proc: that says nothing of where the link leads.
      config.mounts.push({ destination: '/data/before', source: volume, options: ['rbind'] });
      config.mounts.push({ destination: '/data/link', source: volume, options: ['rbind'] });
    });
    mkdirSync(join(bundle, 'rootfs/data'));
    symlinkSync(target, join(bundle, 'rootfs/data/link'));
    const result = box.call(['run', '--bundle', bundle, box.id()]);
    t.equal(result.status, 1);
    t.notMatch(result.stdout, /evil/);
    t.match(result.stderr, /leads into \/proc/);
  });
}

box.end(t);
