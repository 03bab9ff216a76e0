// Masked and read-only paths were resolved twice, and swapped for a link in between: what was masked, and what was changed, was
// another file. Asserted while a directory of a shared volume turns into a link and back: a container that starts sees its secret
// masked or behind the link's target in its own root, never bare, and nothing outside is mounted on or changed.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { mounts } from '../helpers/machine.js';
import { whileSwapping } from '../helpers/python.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

t.test(
  'masked and read-only paths in a directory that turns into a link',
  { skip: skipIf(), timeout: 100_000 },
  async (t) => {
    const outside = box.directory('outside');
    writeFileSync(join(outside, 'secret'), 'canary');
    const volume = box.directory('volume');
    mkdirSync(join(volume, 'd/directory'), { recursive: true });
    writeFileSync(join(volume, 'd/secret'), 'inside');
    symlinkSync(outside, join(volume, 'link'));
    const bundle = box.bundle((config) => {
      config.process.args = ['sh', '-c', 'cat /proc/self/mountinfo'];
      config.mounts.push({ destination: '/volume', source: volume, options: ['bind'] });
      config.linux.maskedPaths!.push('/volume/d/secret', '/volume/d/directory');
      config.linux.readonlyPaths!.push('/volume/d');
    });
    let lines = '';
    await whileSwapping(join(volume, 'd'), join(volume, 'link'), () => {
      for (let i = 0; i < 60; i++) {
        const result = box.call(['run', '--bundle', bundle, `${box.prefix}-mask${i}`]);
        if (result.status === 0) lines += result.stdout;
        else t.equal(result.status, 1, result.stderr);
      }
    });
    t.notMatch(lines, new RegExp(` ${outside}`), 'nothing was mounted where the link leads');
    t.equal(readFileSync(join(outside, 'secret'), 'utf8'), 'canary');
    t.same(
      mounts().filter((line) => line.includes(outside)),
      [],
    );
  },
);

box.end(t);
