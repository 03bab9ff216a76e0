import { TsruncError } from '../../base/error.js';
import { crunAnnotations, crunPointer } from '../../config/crun-annotations.js';
import type { Spec } from '../../config/spec.js';
import { O_APPEND, O_CREAT, O_NOCTTY, O_WRONLY, S_IFIFO, S_IFMT } from '../../native/flags.js';
import type { HookStream } from '../../plan/plan.js';
import { atField } from '../error-location.js';
import type { Runtime } from '../runtime.js';

/** The files that the annotations run.oci.hooks.stdout and .stderr have hooks write to: descriptors, or -1. */
export interface HookOutput {
  readonly fds: readonly [stdout: number, stderr: number];
  close(): void;
}

/**
 * Opens one to append to, and makes it where it is missing. To open a fifo that nobody reads any more would wait for ever, in
 * `delete` at the latest.
 * @throws TsruncError 'system' with the annotation.
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

/** @throws TsruncError 'system' with the annotation. */
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

/** Looks, before anything is made, whether a container's hooks will be able to write there. Throws as openHookOutput. */
export function checkHookOutput(rt: Runtime, { hooks, annotations }: Spec): void {
  const lists = Object.values(hooks ?? {}) as (readonly unknown[] | undefined)[];
  if (lists.some((list) => (list?.length ?? 0) > 0)) openHookOutput(rt, annotations).close();
}
