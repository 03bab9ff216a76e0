import t from 'tap';
import { EEXIST, EROFS } from '../../../src/base/errno.js';
import { TsruncError } from '../../../src/base/error.js';
import { defaultRoot } from '../../../src/cli/defaults/default-root.js';
import type { FileStat, Native } from '../../../src/native/native.js';

const OWN = 1000;
const directory = (uid: number, mode: number): FileStat => file(uid, 0o40000 | mode);
const file = (uid: number, mode: number): FileStat => {
  return { dev: 1, ino: 1, mode, uid, gid: uid, rdevMajor: 0, rdevMinor: 0, size: 0, links: 1 };
};
const tmp = { '/tmp': directory(0, 0o1777) };

/** What is taken, with these files there: the root, or the reason why there is none. */
function taken(files: Record<string, FileStat>, env: Record<string, string> = {}, euid = OWN, refuse = 0) {
  const there = new Map(Object.entries(files));
  const made: string[] = [];
  const native = {
    identity: () => [euid, euid, euid, euid, 1, 1],
    readFileIfExists: () => '0 0 4294967295',
    stat: (path: string) => there.get(path) ?? null,
    mkdir: (path: string, mode: number) => {
      const errno = refuse || (there.has(path) ? EEXIST : 0);
      if (errno !== 0)
        throw new TsruncError('system', `mkdir ${path}: errno ${errno}`, { errno, syscall: 'mkdir', path });
      there.set(path, directory(euid, mode));
      made.push(`${mode.toString(8)} ${path}`);
    },
  };
  try {
    return { root: defaultRoot(native as Partial<Native> as Native, env), made };
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return { refused: error.message, hint: error.fields.hint, made };
  }
}

t.test('root, and a user with XDG_RUNTIME_DIR: nothing is looked for', async (t) => {
  t.same(taken({}, {}, 0), { root: '/run/tsrunc', made: [] });
  t.same(taken({}, { XDG_RUNTIME_DIR: '/run/user/0' }, 0), { root: '/run/tsrunc', made: [] });
  t.same(taken({}, { XDG_RUNTIME_DIR: '/mine' }), { root: '/mine/tsrunc', made: [] });
});

t.test('without XDG_RUNTIME_DIR: /run/user/UID if it is ours, otherwise a directory of our own in /tmp', async (t) => {
  const usual = { ...tmp, '/run/user/1000': directory(OWN, 0o700) };
  t.same(taken(usual), { root: '/run/user/1000/tsrunc', made: [] });
  const below = { root: '/tmp/tsrunc-1000', made: ['1700 /tmp/tsrunc-1000'] };
  t.same(taken(tmp), below);
  for (const [what, stat] of Object.entries({
    "another user's": directory(1001, 0o700),
    'writable for others': directory(OWN, 0o770),
    'a symbolic link': file(OWN, 0o120777),
  }))
    t.same(taken({ ...tmp, '/run/user/1000': stat }), below, what);
  t.same(taken({ ...tmp, '/tmp/tsrunc-1000': directory(OWN, 0o700) }), { root: '/tmp/tsrunc-1000', made: [] }, 'ours');
});

t.test('what somebody else may have put into /tmp is never used', async (t) => {
  for (const [what, stat, words] of [
    ["another user's directory", directory(1001, 0o700), /belongs to user 1001/],
    ["root's directory", directory(0, 0o755), /belongs to user 0/],
    ['a directory that others may write to', directory(OWN, 0o777), /its mode is 777/],
    ['a directory that others may read', directory(OWN, 0o755), /its mode is 755/],
    ['a symbolic link', file(OWN, 0o120777), /it is a symbolic link/],
    ['a file', file(OWN, 0o100600), /it is a regular file/],
  ] as const) {
    const { refused, hint } = taken({ ...tmp, '/tmp/tsrunc-1000': stat });
    t.match(refused, words, what);
    t.match(hint, /--root/, what);
  }
});

t.test('a /tmp in which others may rename, or none', async (t) => {
  t.match(taken({ '/tmp': directory(0, 0o777) }).refused, /no sticky bit/);
  t.match(taken({ '/tmp': directory(1001, 0o1777) }).refused, /belongs to user 1001/);
  t.match(taken({}).refused, /no sticky bit|there is no/);
  t.match(taken(tmp, {}, OWN, EROFS), { refused: /mkdir/, hint: /--root/ });
});
