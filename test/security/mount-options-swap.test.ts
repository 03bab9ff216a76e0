// Recursive attributes and propagation were set on whatever the destination's path led to after the mount: a process that
// shares the directory above put a link there, and `rro` went to another mount. Asserted while the name is swapped: a container that
// starts has its mount read-only.
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Mount } from '../../src/config/spec.js';
import { whileSwapping } from '../helpers/python.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);

const cases: [what: string, mounts: (precious: string) => Mount[]][] = [
  ['rro', (source) => [{ destination: '/volume/target', source, options: ['rbind', 'rro'] }]],
  [
    'remount',
    (source) => [
      { destination: '/volume/target', source, options: ['bind', 'rprivate'] },
      { destination: '/volume/target', source, options: ['bind', 'remount', 'ro'] },
    ],
  ],
];

for (const [what, mounts] of cases) {
  t.test(
    `${what} of a mount in a shared volume`,
    { skip: skipIf(tsruncOnly('a hole of its own')), timeout: 100_000 },
    async (t) => {
      const volume = box.directory('volume');
      const precious = box.directory('precious');
      for (const name of ['target', 'other']) mkdirSync(join(volume, name));
      symlinkSync('/volume/other', join(volume, 'link'));
      const bundle = box.bundle((config) => {
        config.process.args = ['sh', '-c', 'cat /proc/self/mountinfo'];
        config.mounts.push(
          { destination: '/volume', source: volume, options: ['bind'] },
          { destination: '/volume/other', type: 'tmpfs', source: 'tmpfs' },
          ...mounts(precious),
        );
      });
      let started = 0;
      await whileSwapping(join(volume, 'target'), join(volume, 'link'), () => {
        for (let i = 0; i < 20; i++) {
          const result = box.call(['run', '--bundle', bundle, `${box.prefix}-${what}${i}`]);
          if (result.status !== 0) continue;
          started++;
          const line = result.stdout.split('\n').find((text) => text.includes(precious)) ?? '';
          t.match(line, / ro[, ]/, line);
        }
      });
      t.comment(`${started} of 20 started`);
    },
  );
}

box.end(t);
