import t from 'tap';
import { mountOptions, readMountOptions } from '../../../src/config/mount-options.js';
import * as flags from '../../../src/native/flags.js';
import { attributeNames } from '../../../src/plan/steps/flag-names.js';

t.test('attributes: the last word wins', (t) => {
  const options = readMountOptions(['ro', 'nosuid', 'rw', 'nodev', 'suid', 'nosuid']);
  t.equal(options.set, flags.MOUNT_ATTR_NOSUID | flags.MOUNT_ATTR_NODEV);
  t.equal(options.clear, flags.MOUNT_ATTR_RDONLY);
  t.end();
});

t.test('access times are one field that is cleared to be set', (t) => {
  const options = readMountOptions(['noatime', 'strictatime', 'nodiratime']);
  t.equal(options.set, flags.MOUNT_ATTR_STRICTATIME | flags.MOUNT_ATTR_NODIRATIME);
  t.equal(options.clear, flags.MOUNT_ATTR__ATIME);
  const back = readMountOptions(['noatime', 'relatime']);
  t.equal(back.set, 0);
  t.equal(back.clear, flags.MOUNT_ATTR__ATIME);
  t.end();
});

t.test('a word that takes access times back takes back its own alone', (t) => {
  const times = (...words: string[]): number => readMountOptions(words).set & flags.MOUNT_ATTR__ATIME;
  t.equal(times('noatime', 'norelatime'), flags.MOUNT_ATTR_NOATIME);
  t.equal(times('noatime', 'nostrictatime'), flags.MOUNT_ATTR_NOATIME);
  t.equal(times('strictatime', 'norelatime', 'atime'), flags.MOUNT_ATTR_STRICTATIME);
  t.equal(times('noatime', 'atime'), flags.MOUNT_ATTR_RELATIME);
  t.equal(times('strictatime', 'nostrictatime'), flags.MOUNT_ATTR_RELATIME);
  t.equal(
    readMountOptions(['norelatime']).clear,
    flags.MOUNT_ATTR__ATIME,
    'relatime is asked for where nothing else was',
  );
  const recursive = readMountOptions(['rstrictatime', 'rnorelatime', 'noatime']);
  t.equal(recursive.recursiveSet, flags.MOUNT_ATTR_STRICTATIME);
  t.equal(recursive.set, flags.MOUNT_ATTR_NOATIME);
  t.end();
});

t.test('recursive words are kept apart', (t) => {
  const options = readMountOptions(['ro', 'rro', 'rexec', 'rnoatime']);
  t.equal(options.set, flags.MOUNT_ATTR_RDONLY);
  t.equal(options.recursiveSet, flags.MOUNT_ATTR_RDONLY | flags.MOUNT_ATTR_NOATIME);
  t.equal(options.recursiveClear, flags.MOUNT_ATTR_NOEXEC | flags.MOUNT_ATTR__ATIME);
  t.end();
});

t.test('every recursive word does what the plain one does', (t) => {
  for (const [word, meaning] of Object.entries(mountOptions)) {
    if (meaning.kind !== 'attribute' || !meaning.recursive) continue;
    const plain = mountOptions[word.slice(1)];
    t.same({ ...meaning, recursive: false }, plain, word);
  }
  t.end();
});

t.test('explain has a word for every attribute', (t) => {
  for (const [word, meaning] of Object.entries(mountOptions)) {
    if (meaning.kind !== 'attribute') continue;
    t.not(attributeNames(BigInt(meaning.set), BigInt(meaning.clear)), '', word);
  }
  t.end();
});

t.test('propagation, in the order given', (t) => {
  const { propagations } = readMountOptions(['rslave', 'shared', 'runbindable']);
  t.same(propagations, [flags.MS_SLAVE | flags.MS_REC, flags.MS_SHARED, flags.MS_UNBINDABLE | flags.MS_REC]);
  t.end();
});

t.test('flags of the file system go by fsconfig, where it has a word', (t) => {
  const options = readMountOptions(['sync', 'dirsync', 'lazytime', 'iversion', 'silent', 'loud', 'mand', 'async']);
  t.same(options.parameters, ['sync', 'dirsync', 'lazytime', 'mand', 'async']);
  t.equal(options.iversion, true);
  t.equal(readMountOptions(['iversion', 'noiversion']).iversion, false);
  t.equal(readMountOptions(['ro']).iversion, undefined);
  t.end();
});

t.test('what is in no table is for the file system', (t) => {
  const options = readMountOptions(['size=1m,mode=755', '', 'nr_inodes=5', 'constructor', 'lowerdir=/a\\,b:/c']);
  t.same(options.data, ['size=1m', 'mode=755', 'nr_inodes=5', 'constructor', 'lowerdir=/a\\,b:/c']);
  t.same(readMountOptions(['context="u:r:t:s0:c1,c2"', 'rootcontext="x"']).data, [
    'context=u:r:t:s0:c1,c2',
    'rootcontext=x',
  ]);
  t.end();
});

t.test('several flags in one option count each; what else stands there is for the file system', (t) => {
  const options = readMountOptions(['nosuid,size=1m,ro', 'sync,nodev', 'exec,remount,idmap']);
  t.equal(options.set, flags.MOUNT_ATTR_NOSUID | flags.MOUNT_ATTR_RDONLY | flags.MOUNT_ATTR_NODEV);
  t.equal(options.clear, flags.MOUNT_ATTR_NOEXEC);
  t.same(options.parameters, ['sync']);
  t.same(options.data, ['size=1m', 'remount', 'idmap']);
  t.notOk(options.remount);
  t.same(readMountOptions(['noacl']).data, ['noacl']);
  t.end();
});

t.test('binds, id maps, remount, tmpcopyup', (t) => {
  t.same(readMountOptions(['rbind', 'bind']).bind, { recursive: true });
  t.same(readMountOptions(['bind']).bind, { recursive: false });
  t.same(readMountOptions(['ridmap']).idmap, { recursive: true });
  t.same(readMountOptions(['idmap']).idmap, { recursive: false });
  t.ok(readMountOptions(['remount', 'defaults']).remount);
  t.ok(readMountOptions(['tmpcopyup']).copyUp);
  t.end();
});
