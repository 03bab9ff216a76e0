import type { Native } from '../native.js';
import { systemError } from '../system-error.js';
import { loadAddon } from './addon.js';

/**
 * Native on Node.js.
 * @throws Error when the addon can't be loaded.
 */
export function nodeNative(): Native {
  const addon = loadAddon();
  addon.setErrorFactory(systemError);
  return addon;
}
