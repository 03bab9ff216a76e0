/** Tells bind mounts from mounts of a file system. */
import { BIND, optionKinds } from './option-kinds.js';
import type { Mount } from './spec.js';

/**
 * True for a mount that shows an existing directory or file. Its type or its options may say so: engines often give only `bind`
 * among the options.
 * @param kinds optionKinds of its options, if the caller has them already
 */
export function isBindMount({ type, options }: Mount, kinds?: number): boolean {
  if (type === 'bind' || type === 'rbind') return true;
  return ((kinds ?? optionKinds(options)) & BIND) !== 0;
}
