/**
 * Every option of a mount with every other, in both orders, on the kinds of mounts there are, as mountinfo shows them: no step
 * may undo what another one set. Thousands of mounts in one container each.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { mountOptions } from '../../src/config/mount-options.js';
import type { Mount } from '../../src/config/spec.js';
import { withUserNamespace } from '../helpers/config.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, kindIs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

/** What mountinfo shows of a mount: words of the mount itself, and of its file system. */
interface Shown {
  mount: Record<string, string>;
  fileSystem: Record<string, string>;
}

const flags = {
  ro: 'rw',
  nosuid: 'suid',
  nodev: 'dev',
  noexec: 'exec',
  nosymfollow: 'symfollow',
  nodiratime: 'diratime',
};
const times = { noatime: 'noatime', strictatime: '', relatime: 'relatime', atime: 'relatime' };
const sameAsDefault: Record<string, string> = { norelatime: 'relatime', nostrictatime: 'relatime' };
const superblock: Record<string, [name: string, shown: string]> = {
  sync: ['sync', 'sync'],
  async: ['sync', ''],
  dirsync: ['dirsync', 'dirsync'],
  lazytime: ['lazytime', 'lazytime'],
  nolazytime: ['lazytime', ''],
};

/** The attribute a word sets, and how mountinfo shows it; undefined for a word that sets none. */
function attribute(word: string): [name: string, shown: string] | undefined {
  for (const [on, off] of Object.entries(flags)) {
    if (word === on) return [on, on];
    if (word === off) return [on, on === 'ro' ? 'rw' : ''];
  }
  const time = { ...times, ...sameAsDefault }[word];
  return time === undefined ? undefined : ['atime', time];
}

const isRecursive = (word: string): boolean => attribute(word) === undefined && attribute(word.slice(1)) !== undefined;

/** Words of one class say something of the same thing: which of two counts is another question (test/unit/plan/mount-options). */
function classOf(word: string): string {
  const recursive = isRecursive(word) ? word.slice(1) : word;
  if (/^r?(private|slave|shared|unbindable)$/.test(word)) return 'propagation';
  if (/^(no)?(iversion|mand|acl)$/.test(word)) return word.replace(/^no/, '');
  return (attribute(recursive) ?? superblock[word])?.[0] ?? word;
}

/** What the kernel has after the words, one after the other; recursive ones come after the others. */
function apply(shown: Shown, words: readonly string[], recursive: boolean): Shown {
  const { mount, fileSystem } = structuredClone(shown);
  const sorted = [...words.filter((word) => !isRecursive(word)), ...words.filter(isRecursive)];
  for (const word of sorted) {
    const set = isRecursive(word) ? (recursive ? attribute(word.slice(1)) : undefined) : attribute(word);
    if (set !== undefined) mount[set[0]] = set[1];
    const one = superblock[word];
    if (one !== undefined) fileSystem[one[0]] = one[1];
  }
  return { mount, fileSystem };
}

const plain: Shown = { mount: { ro: 'rw', atime: 'relatime' }, fileSystem: {} };
const text = ({ mount, fileSystem }: Shown): string =>
  [mount, fileSystem].map((words) => Object.values(words).filter(Boolean).sort().join(',')).join(' - ');

/** From mountinfo: the top mount of each point, what mountinfo says of it as text() would. */
function readShown(mountinfo: string): Map<string, string> {
  const mountWords = [...Object.keys(flags), 'rw', 'noatime', 'relatime'];
  const result = new Map<string, string>();
  for (const line of mountinfo.split('\n')) {
    const fields = line.split(' ');
    const of = (field: string | undefined, known: string[]) =>
      (field ?? '')
        .split(',')
        .filter((word) => known.includes(word))
        .sort()
        .join(',');
    const fileSystem = fields[fields.indexOf('-') + 3];
    result.set(fields[4] ?? '', `${of(fields[5], mountWords)} - ${of(fileSystem, ['sync', 'dirsync', 'lazytime'])}`);
  }
  return result;
}

/** All of the table but what makes it another kind of mount, and what no file system here knows. */
const words = [
  ...Object.keys(mountOptions).filter(
    (word) => !/^(r?bind|r?idmap|remount|noacl|tmpcopyup|copy-symlink|src-nofollow|dest-nofollow)$/.test(word),
  ),
  'size=1m',
];
const pairs = words.flatMap((one) =>
  words.flatMap((other) => (classOf(one) === classOf(other) ? [] : [[one, other] as const])),
);

t.test('every attribute and flag of the table is looked for in mountinfo', async (t) => {
  const unseen = /^(no)?(mand|iversion)$/;
  for (const [word, { kind }] of Object.entries(mountOptions)) {
    if (kind === 'attribute') t.ok(attribute(word) ?? attribute(word.slice(1)), word);
    if (kind === 'superblock' && !unseen.test(word)) t.ok(superblock[word], word);
  }
});

interface Case {
  mounts: Mount[];
  expected: Shown;
  what: string;
}

/** Makes every case's mounts at a place of its own in one container and compares what mountinfo says there. */
function check(
  t: Test,
  cases: readonly Case[],
  { user = false, wrapper = [] }: { user?: boolean; wrapper?: string[] } = {},
): void {
  const result = box.sh(
    'cat /proc/self/mountinfo',
    (config) => {
      config.mounts.push({ destination: '/mnt', type: 'tmpfs', source: 'tmpfs' });
      cases.forEach(({ mounts }, i) => {
        for (const mount of mounts) config.mounts.push({ ...mount, destination: `/mnt/${i}` });
      });
      if (user) withUserNamespace(config);
    },
    { timeout: 120_000, wrapper },
  );
  t.equal(result.status, 0, result.stderr.slice(0, 2000));
  const shown = readShown(result.stdout);
  const wrong = cases.flatMap(({ expected, what }, i) => {
    const actual = shown.get(`/mnt/${i}`);
    return actual === text(expected) ? [] : [`${what}: ${actual}, not ${text(expected)}`];
  });
  t.same(wrong.slice(0, 20), [], `${cases.length} mounts, ${wrong.length} of them wrong`);
}

/** Whether the words go with the kind of mount; runc gives two of them to the file system as data. */
const takes = (kind: string, [one, other]: readonly [string, string]): boolean => {
  const has = (word: string): boolean => one === word || other === word;
  if (kind !== 'tmpfs' && has('size=1m')) return false;
  return !(kindIs('runc') && (has('acl') || has('defaults')));
};
/** runc passes over the recursive words on what is no bind. */
const recursiveOnFileSystem = !kindIs('runc');

for (const type of ['tmpfs', 'proc']) {
  t.test(`on a ${type}`, { skip: skipIf(), timeout: 150_000 }, async (t) => {
    const cases = pairs
      .filter((pair) => takes(type, pair))
      .map((pair) => ({
        mounts: [{ destination: '', type, source: type, options: [...pair] }],
        expected: apply(plain, pair, recursiveOnFileSystem),
        what: pair.join(','),
      }));
    check(t, cases);
  });
}

t.test('on a bind mount', { skip: skipIf(), timeout: 150_000 }, async (t) => {
  const source = box.directory();
  const cases = pairs
    .filter((pair) => takes('bind', pair))
    .map((pair) => ({
      mounts: [{ destination: '', source, options: ['bind', ...pair] }],
      expected: { ...apply(plain, pair, true), fileSystem: {} },
      what: pair.join(','),
    }));
  check(t, cases);
});

const remount = differs({ runc: 'MS_REMOUNT sets anew what a remount does not name', crun: 'the same' });

t.test('a remount changes what it names alone', { skip: skipIf(remount), timeout: 150_000 }, async (t) => {
  // dirsync can't be changed: reconfigure_super in fs/super.c.
  const changeable = pairs.filter(([, other]) => other !== 'dirsync');
  const cases = changeable.map(([one, other]) => {
    const before = apply(plain, [one], true);
    const expected = apply(before, [other], true);
    // What is to be read-only becomes so at the end, whatever is mounted there meanwhile.
    if (/^r?ro$/.test(one)) expected.mount.ro = 'ro';
    return {
      mounts: [
        { destination: '', type: 'tmpfs', source: 'tmpfs', options: [one] },
        { destination: '', type: 'tmpfs', source: 'tmpfs', options: ['remount', other] },
      ],
      expected,
      what: `${one}, then remount,${other}`,
    };
  });
  check(t, cases);
});

t.test('a remount of a bind mount', { skip: skipIf(remount), timeout: 150_000 }, async (t) => {
  const source = box.directory();
  const cases = pairs
    .filter((pair) => takes('bind', pair))
    .map(([one, other]) => ({
      mounts: [
        { destination: '', source, options: ['bind', one] },
        { destination: '', source, options: ['bind', 'remount', other] },
      ],
      expected: { ...apply(apply(plain, [one], true), [other], true), fileSystem: {} },
      what: `${one}, then remount,${other}`,
    }));
  check(t, cases);
});

const restrictions = ['ro', 'nosuid', 'nodev', 'noexec', 'nosymfollow', 'noatime', 'nodiratime'];
const others = Object.keys(mountOptions).filter((word) => /superblock|iversion|nothing/.test(mountOptions[word]!.kind));

t.test(
  'every restriction at once beside each flag of the file system',
  { skip: skipIf(), timeout: 60_000 },
  async (t) => {
    for (const user of [false, true]) {
      const cases = [...others, 'size=1m']
        .filter((word) => word !== 'noacl' && takes('tmpfs', [word, word]))
        .flatMap((word) => [
          [...restrictions, word],
          [word, ...restrictions],
        ])
        .map((options) => ({
          mounts: [{ destination: '', type: 'tmpfs', source: 'tmpfs', options }],
          expected: apply(plain, options, true),
          what: options.join(','),
        }));
      check(t, cases, { user });
    }
  },
);

/** A file system that is mounted with restrictions in the runtime's mount namespace, and a directory with a mount below. */
function flagged(options: string): { directory: string; wrapper: string[] } {
  const directory = box.directory('flagged');
  mkdirSync(join(directory, 'mark'));
  const script = `mount -t tmpfs -o ${options} tmpfs ${directory} && exec "$@"`;
  return { directory, wrapper: ['unshare', '--mount', 'sh', '-c', script, 'sh'] };
}

t.test('a bind keeps what its source has, unless the opposite is named', { skip: skipIf(remount) }, async (t) => {
  const { directory, wrapper } = flagged('ro,nosuid,nodev,noexec,noatime');
  const all: Shown = {
    mount: { ro: 'ro', nosuid: 'nosuid', nodev: 'nodev', noexec: 'noexec', atime: 'noatime' },
    fileSystem: {},
  };
  const cases = words
    .filter((word) => word !== 'size=1m')
    .map(
      (word): Case => ({
        mounts: [{ destination: '', source: directory, options: ['bind', word] }],
        expected: { ...apply(all, [word], true), fileSystem: {} },
        what: word,
      }),
    );
  for (const user of [false, true]) check(t, cases, { user, wrapper });
});

box.end(t);
