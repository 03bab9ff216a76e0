import { EACCES, ENOENT, ENOEXEC } from '../../base/errno.js';
import { errnoText } from '../../base/errno-text.js';

/** A phrase and, where the errno says more than its text, what it means. */
export interface Phrase {
  readonly text: string;
  readonly hint?: string;
}

/**
 * Says that the container's program was not found, in the words callers tell exit codes 126 and 127 by:
 * `executable file not found in $PATH`, `no such file or directory`, `permission denied`, `is a directory`.
 * @param name args[0] of the configuration.
 */
export function notFoundPhrase(name: string, errno: number): Phrase {
  const quoted = JSON.stringify(name);
  if (!name.includes('/')) {
    if (errno === ENOENT) return { text: `exec: ${quoted}: executable file not found in $PATH` };
    return { text: `exec: ${quoted}: ${errnoText(errno)}` };
  }
  if (errno === EACCES) return { text: `exec: ${quoted}: permission denied`, hint: accessHint };
  return { text: `exec: ${quoted}: stat ${name}: ${errnoText(errno)}` };
}

/** Says why execve(2) of a program that was found failed. */
export function executePhrase(path: string, errno: number): Phrase {
  const text = `exec ${path}: ${errnoText(errno)}`;
  switch (errno) {
    case ENOENT:
      return {
        text,
        hint: 'the file is there; what is missing is its interpreter: the program of its #! line, or its dynamic loader',
      };
    case ENOEXEC:
      return { text, hint: 'it is a program for another architecture, or a script without a #! line' };
    case EACCES:
      return { text, hint: accessHint };
    default:
      return { text };
  }
}

const accessHint =
  'the user of the process has no right to execute it, or it is on a file system that is mounted noexec';
