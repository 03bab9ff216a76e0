import { chmodSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { nodeNative } from '../../../src/hosts/node/host.js';

const native = nodeNative();
const top = mkdtempSync(join(tmpdir(), `tsrunc-test-${process.pid}-`));
t.teardown(() => rmSync(top, { recursive: true }));
const program = new Uint8Array(80).fill(7);
const directory = join(top, '@seccomp');

t.test('a filter is found by the key it was kept for', async (t) => {
  t.equal(native.cachedFilter(directory, 'a').length, 0);
  native.cacheFilter(directory, 'a', program);
  t.strictSame(new Uint8Array(native.cachedFilter(directory, 'a')), program);
  t.equal(native.cachedFilter(directory, 'b').length, 0);
  t.equal(lstatSync(directory).mode & 0o777, 0o700);
  // SHA-256 of "a".
  t.strictSame(readdirSync(directory), ['ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb']);
});

t.test('a file that is damaged, or that others may write to, is not taken', async (t) => {
  native.cacheFilter(directory, 'a', program);
  const file = join(directory, readdirSync(directory)[0]!);
  const sound = readFileSync(file);
  const damages: [string, Buffer][] = [
    ['a bit', Buffer.from(sound.map((byte, i) => (i === 50 ? byte ^ 1 : byte)))],
    ['shorter', sound.subarray(0, 72)],
    ['empty', Buffer.alloc(0)],
  ];
  for (const [name, content] of damages) {
    writeFileSync(file, content);
    t.equal(native.cachedFilter(directory, 'a').length, 0, name);
  }
  writeFileSync(file, sound);
  t.equal(native.cachedFilter(directory, 'a').length, 80);
  chmodSync(file, 0o620);
  t.equal(native.cachedFilter(directory, 'a').length, 0, 'file');
  chmodSync(file, 0o600);
  chmodSync(directory, 0o770);
  t.equal(native.cachedFilter(directory, 'a').length, 0, 'directory');
  native.cacheFilter(directory, 'c', program);
  t.equal(readdirSync(directory).length, 1);
  chmodSync(directory, 0o700);
});

t.test('the cache has an end', async (t) => {
  for (let i = 0; i < 80; i++) native.cacheFilter(directory, `key ${i}`, program);
  t.equal(readdirSync(directory).length, 64);
  t.equal(native.cachedFilter(directory, 'key 79').length, 80);
  native.cacheFilter(directory, 'large', new Uint8Array(5000 * 8));
  t.equal(native.cachedFilter(directory, 'large').length, 0);
});
