/** Several mounts at one place, by one name or by two: each gets what its own entry says. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Mount } from '../../src/config/spec.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

/** What mountinfo shows of the mounts at /b, the lowest first; /a and /later are links to it. */
function atOnePlace(t: Test, mounts: Mount[], flags: string[] = []): string[] {
  const bundle = box.bundle((config) => {
    config.process.args = ['cat', '/proc/self/mountinfo'];
    config.mounts.push(...mounts);
  });
  for (const link of ['a', 'later']) symlinkSync('b', join(bundle, 'rootfs', link));
  mkdirSync(join(bundle, 'rootfs/b'));
  const result = box.call(['run', ...flags, '--bundle', bundle, box.id()]);
  t.equal(result.status, 0, result.stderr);
  const rows = result.stdout.split('\n').map((line) => line.split(' '));
  return rows.flatMap((row) => (row[4] === '/b' ? [`${row[row.length - 2]} ${row[5]}`] : []));
}

const tmpfs = (destination: string, source: string, ...options: string[]): Mount => ({
  destination,
  type: 'tmpfs',
  source,
  options,
});

const differ = differs({ runc: 'the flags of all go to the one on top, those below stay writable' });

t.test('read-only by a link and by its target', { skip: skipIf(differ) }, async (t) => {
  const both = ['one ro,relatime', 'two ro,nosuid,relatime'];
  t.same(atOnePlace(t, [tmpfs('/a', 'one', 'ro'), tmpfs('/b', 'two', 'ro', 'nosuid')]), both);
  t.same(atOnePlace(t, [tmpfs('/b', 'one', 'ro'), tmpfs('/a', 'two', 'ro', 'nosuid')], ['--no-pivot']), both);
});

t.test('one read-only, the other not', { skip: skipIf(differ) }, async (t) => {
  for (const [first, second] of [
    ['/b', '/b'],
    ['/a', '/b'],
    ['/a', '/later'],
  ] as const) {
    const named = `${first} and ${second}`;
    const readonly = [tmpfs(first, 'one', 'ro'), tmpfs(second, 'two')];
    t.same(atOnePlace(t, readonly), ['one ro,relatime', 'two rw,relatime'], named);
    const writable = [tmpfs(first, 'one'), tmpfs(second, 'two', 'rro', 'shared', 'private')];
    t.same(atOnePlace(t, writable), ['one rw,relatime', 'two ro,relatime'], named);
  }
});

t.test('a remount is of the one on top, whatever name it has', { skip: skipIf() }, async (t) => {
  for (const name of ['/a', '/b', '/later']) {
    const mounts = [tmpfs('/a', 'one'), tmpfs('/b', 'two'), tmpfs(name, 'two', 'remount', 'nosuid', 'nodev')];
    t.same(atOnePlace(t, mounts), ['one rw,relatime', 'two rw,nosuid,nodev,relatime'], name);
  }
});

box.end(t);
