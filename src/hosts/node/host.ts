import { systemError } from '../../native/system-error.js';
import { type Addon, loadAddon } from './addon.js';

/**
 * Native on Node.js.
 * @throws Error when the addon can't be loaded.
 */
export function nodeNative(): Addon {
  const addon = loadAddon();
  addon.setErrorFactory(systemError);
  return addon;
}
