import { ENOENT } from '../../base/errno.js';
import { TsruncError } from '../../base/error.js';
import { listContainers } from '../../container/commands/list.js';
import type { CommandContext } from '../context.js';
import { formatTable } from '../table.js';
import { stateDocument } from './state.js';

/**
 * `list`: a container whose state can't be read is a warning, and the others are listed all the same.
 * A missing root is no containers, unless it was named.
 */
export function list({ rt, native, args, globals, print }: CommandContext): number {
  if (globals.text('root') !== undefined && native.stat(rt.root, true) === null) {
    throw new TsruncError('system', `open ${rt.root}: no such file or directory`, {
      syscall: 'open',
      errno: ENOENT,
      path: rt.root,
    });
  }
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
  if (args.text('format') === 'json') {
    const documents = states.map((state) => stateDocument(state, ownerOf(state.owner)));
    // Go's encoding of an empty slice, which callers of runc know.
    print(`${documents.length ? JSON.stringify(documents) : 'null'}\n`);
    return 0;
  }
  const rows = states.map(({ id, pid, status, bundle, created, owner }) => {
    return [id, String(pid), status, bundle, created, ownerOf(owner)];
  });
  print(formatTable([['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'], ...rows]));
  return 0;
}
