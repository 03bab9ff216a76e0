/** The command `list`. */
import { ENOENT } from '../../base/errno.js';
import { TsruncError } from '../../base/error.js';
import { listContainers } from '../../container/commands/list.js';
import type { CommandContext } from '../context.js';
import { readListFormat } from '../output/list-format.js';
import { formatTable } from '../table.js';
import { stateDocument } from './state.js';

/**
 * `list`: prints the containers. One whose state can't be read only gets a warning. When the directory of --root doesn't exist, that
 * is an error; without --root it means that there are no containers yet.
 */
export function list({ rt, native, args, globals, print }: CommandContext): number {
  if (globals.text('root') !== undefined && native.stat(rt.root, true) === null) {
    throw new TsruncError('system', `open ${rt.root}: no such file or directory`, {
      syscall: 'open',
      errno: ENOENT,
      path: rt.root,
    });
  }
  const format = args.text('format') ?? 'table';
  const further = format === 'table' || format === 'json' ? undefined : readListFormat(format);
  const { states, errors } = listContainers(rt);
  for (const error of errors) rt.warn(error);
  if (args.flag('quiet')) {
    print(states.map(({ id }) => `${id}\n`).join(''));
    return 0;
  }
  const names = new Map<number, string>();
  const ownerOf = (uid: number): string => {
    const name = names.get(uid) ?? native.userName(uid) ?? `#${uid}`;
    names.set(uid, name);
    return name;
  };
  if (format === 'json') {
    const documents = states.map((state) => stateDocument(state, ownerOf(state.owner)));
    // For no containers runc prints `null`, Go's encoding of a nil slice, and its callers expect it.
    print(`${documents.length ? JSON.stringify(documents) : 'null'}\n`);
    return 0;
  }
  if (further) {
    const [now = 0] = native.clock(false);
    print(
      further(
        states.map((state) => ({ ...state, user: ownerOf(state.owner) })),
        now,
      ),
    );
    return 0;
  }
  const rows = states.map(({ id, pid, status, bundle, created, owner }) => {
    return [id, String(pid), status, bundle, created, ownerOf(owner)];
  });
  print(formatTable([['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'], ...rows]));
  return 0;
}
