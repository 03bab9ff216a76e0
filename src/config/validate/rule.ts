/** What the rules of `validate` have in common. */
import type { FileKind } from '../inspect.js';
import type { Mount, Process, Resources, Spec } from '../spec.js';

/** Notes a finding of a rule: its code, the JSON pointer of the field, and a text as those of Findings. */
export type Note = (code: string, pointer: string, text: string) => void;

/** The parts of a file that the rules look at; its invalid parts are left out. Each part comes with its JSON pointer. */
export interface Parts {
  readonly kind: FileKind;
  /** The whole configuration; undefined for another kind of file. */
  readonly spec: Spec | undefined;
  readonly process: readonly [process: Process, pointer: string] | undefined;
  readonly resources: readonly [resources: Resources, pointer: string] | undefined;
  readonly mounts: readonly Mount[] | undefined;
}

/** The parts of what `inspect` returned as the value of a file. */
export function partsOf(value: unknown, kind: FileKind): Parts {
  const none: Parts = { kind, spec: undefined, process: undefined, resources: undefined, mounts: undefined };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return none;
  if (kind === 'process') return { ...none, process: [value as Process, ''] };
  if (kind === 'resources') return { ...none, resources: [value, ''] };
  const spec = value as Spec;
  if (kind === 'mounts') return { ...none, mounts: spec.mounts };
  const { process, linux, mounts } = spec;
  return {
    kind,
    spec,
    process: process && [process, '/process'],
    resources: linux?.resources && [linux.resources, '/linux/resources'],
    mounts,
  };
}
