import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Spec } from '../../../src/config/spec.js';
import { openToUserNamespace } from '../../../src/criu/image-access.js';
import { nodeNative } from '../../../src/hosts/node/host.js';

const native = nodeNative();
const skip = process.getuid?.() === 0 ? false : 'only root gives files away';
const mappings = [{ containerID: 0, hostID: 70000, size: 10 }];
const withUser = { linux: { namespaces: [{ type: 'user' }], gidMappings: mappings } } as Spec;

/** Images that build upon others, as criu writes them with a strict umask. */
function images(t: Test) {
  const top = t.testdir();
  for (const name of ['first', 'last']) {
    mkdirSync(join(top, name));
    chmodSync(join(top, name), 0o700);
    writeFileSync(join(top, name, 'pages-1.img'), '', { mode: 0o600 });
  }
  symlinkSync('../first', join(top, 'last/parent'));
  const outside = join(top, 'outside');
  writeFileSync(outside, '', { mode: 0o600 });
  symlinkSync(outside, join(top, 'last/link.img'));
  const shared = join(top, 'last/shared.img');
  writeFileSync(shared, '');
  chmodSync(shared, 0o644);
  writeFileSync(join(top, 'last/dump.log'), '', { mode: 0o600 });
  const look = (name: string) => {
    const { gid, mode } = statSync(join(top, name));
    return [gid, (mode & 0o777).toString(8)];
  };
  return { directory: join(top, 'last'), look };
}

t.test('the images, and those they build upon, are for the group that is 0 in the container', { skip }, async (t) => {
  const { directory, look } = images(t);
  for (const times of ['once', 'again']) {
    openToUserNamespace(native, directory, withUser);
    t.same(['last', 'first'].map(look), Array(2).fill([70000, '710']), times);
    t.same(['last/pages-1.img', 'first/pages-1.img'].map(look), Array(2).fill([70000, '640']));
  }
  const own = process.getgid?.();
  t.same(look('outside'), [own, '600'], 'what is behind a symlink stays as it is');
  t.same(look('last/shared.img'), [own, '644'], 'what everybody may read, too');
  t.same(look('last/dump.log'), [own, '600'], 'and what is no image');
});

t.test('without a user namespace of its own nothing changes', { skip }, async (t) => {
  const joined = [{ type: 'user', path: '/proc/1/ns/user' }];
  for (const linux of [
    {},
    { namespaces: [{ type: 'pid' }], gidMappings: mappings },
    { namespaces: joined, gidMappings: mappings },
    { namespaces: [{ type: 'user' }], gidMappings: [{ containerID: 5, hostID: 70000, size: 1 }] },
  ]) {
    const { directory, look } = images(t);
    openToUserNamespace(native, directory, { linux } as Spec);
    t.same(look('last'), [process.getgid?.(), '700']);
  }
});
