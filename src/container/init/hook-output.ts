/** Opens the files for the output of hooks that crun's annotations name. */
import { TsruncError } from '../../base/error.js';
import { crunAnnotations, crunPointer } from '../../config/crun-annotations.js';
import type { Spec } from '../../config/spec.js';
import { O_APPEND, O_CREAT, O_NOCTTY, O_WRONLY, S_IFIFO, S_IFMT } from '../../native/flags.js';
import type { HookStream } from '../../plan/plan.js';
import { atField } from '../error-location.js';
import type { Runtime } from '../runtime.js';

/** Descriptors of the files of the annotations run.oci.hooks.stdout and .stderr, -1 for none. */
export interface HookOutput {
  readonly fds: readonly [stdout: number, stderr: number];
  close(): void;
}

/**
 * Opens one file for appending, and makes it if it is missing. A fifo without a reader is refused, as open(2) would
 * block on it forever, for example in `delete` when the reader has ended.
 * @throws TsruncError 'system' with the pointer of the annotation
 */
export function openHookFile({ native }: Runtime, stream: HookStream, path: string): number {
  const flags = O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY;
  return atField(crunPointer(`hooks.${stream}`), () => {
    const mode = native.stat(path, true)?.mode ?? 0;
    if ((mode & S_IFMT) === S_IFIFO && !native.hasReader(path))
      throw new TsruncError('system', `nobody reads the fifo ${path}`, { path });
    return native.open(path, flags, 0o600);
  });
}

/**
 * Opens both files; the caller closes them with `close`.
 * @throws TsruncError 'system' with the pointer of the annotation
 */
export function openHookOutput(rt: Runtime, annotations: Spec['annotations']): HookOutput {
  const { hookStdout, hookStderr } = crunAnnotations(annotations);
  const stdout = hookStdout === undefined ? -1 : openHookFile(rt, 'stdout', hookStdout);
  const close = (): void => {
    if (stdout >= 0) rt.native.close(stdout);
  };
  if (hookStderr === undefined) return { fds: [stdout, -1], close };
  try {
    const stderr = openHookFile(rt, 'stderr', hookStderr);
    return {
      fds: [stdout, stderr],
      close: () => {
        close();
        rt.native.close(stderr);
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * Checks, before anything is made, that the hooks of a container will be able to write their output.
 * @throws TsruncError as openHookOutput
 */
export function checkHookOutput(rt: Runtime, { hooks, annotations }: Spec): void {
  const lists = Object.values(hooks ?? {}) as (readonly unknown[] | undefined)[];
  if (lists.some((list) => (list?.length ?? 0) > 0)) openHookOutput(rt, annotations).close();
}
