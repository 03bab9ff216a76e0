/**
 * Builds the steps that attach a mount, with defaults for the fields that most of them leave out. Each field is
 * written out because QuickJS is slow at spreading one object into another.
 */
import type { Step } from '../steps/generated/steps.js';
import { NO_SLOT } from '../steps/step-table.js';

type FileSystemStep = Extract<Step, { step: 'mount-fs' }>;
type BindStep = Extract<Step, { step: 'mount-bind' }>;
type Given<S, Needed extends keyof S> = Pick<S, Needed> & Partial<Omit<S, 'step'>>;

/** The step that mounts a new file system at a directory, which gets mode 0755 if it has to be made. */
export function fileSystemStep({
  type,
  source,
  target,
  parameters = [],
  attributes = 0n,
  mode = 0o755,
  inheritMode = 0,
  copyUp = 0,
  mustBeDirectory = 0,
  userns = NO_SLOT,
  keep = NO_SLOT,
}: Given<FileSystemStep, 'type' | 'source' | 'target'>): FileSystemStep {
  return {
    step: 'mount-fs',
    type,
    source,
    target,
    parameters,
    attributes,
    mode,
    inheritMode,
    copyUp,
    mustBeDirectory,
    userns,
    keep,
  };
}

/**
 * The step for a bind mount: of the tree in the slot `tree`, or if that is NO_SLOT, of the file or directory at
 * `source`.
 */
export function bindStep({
  tree,
  source,
  target,
  recursive = 0,
  setAttributes = 0n,
  clearAttributes = 0n,
  recursiveSet = 0n,
  recursiveClear = 0n,
  mustBeDirectory = 0,
  keep = NO_SLOT,
  sourceNoFollow = 0,
  copyLink = 0,
  targetNoFollow = 0,
}: Given<BindStep, 'tree' | 'source' | 'target'>): BindStep {
  return {
    step: 'mount-bind',
    tree,
    source,
    target,
    recursive,
    setAttributes,
    clearAttributes,
    recursiveSet,
    recursiveClear,
    mustBeDirectory,
    keep,
    sourceNoFollow,
    copyLink,
    targetNoFollow,
  };
}
