/** Puts the native half together with the core, on Node.js. */
import { systemError } from '../../native/system-error.js';
import { type Addon, loadAddon } from './addon.js';

/**
 * Native on Node.js: the addon, whose failed system calls become TsruncErrors.
 * @throws Error when the addon can't be loaded.
 */
export function nodeNative(): Addon {
  const addon = loadAddon();
  addon.setErrorFactory(systemError);
  return addon;
}
