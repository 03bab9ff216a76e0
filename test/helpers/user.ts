import { cpSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execute, runtime } from './runtime.js';
import type { Sandbox } from './sandbox.js';

/** A user of the host who has no name and no rights. */
export const USER_ID = 12345;

/** Put before a command, it runs as that user. */
export const asUser = [
  'setpriv',
  `--reuid=${USER_ID}`,
  `--regid=${USER_ID}`,
  '--clear-groups',
  '--inh-caps=-all',
  '--bounding-set=-all',
  '--',
];

let found: string | undefined;

/** The executable where that user can get at it: the project may lie below a directory that only root may enter. */
export function reachableRuntime(box: Sandbox): string {
  if (found !== undefined) return found;
  found = runtime;
  if (execute(['test', '-x', runtime], { wrapper: asUser }).status === 0) return found;
  const project = dirname(dirname(runtime));
  const copy = box.directory('tsrunc');
  for (const path of ['bin', 'build/Release'])
    if (existsSync(join(project, path))) cpSync(join(project, path), join(copy, path), { recursive: true });
  found = join(copy, 'bin', 'tsrunc');
  return found;
}
