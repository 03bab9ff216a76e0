import type { Mount } from './spec.js';

/** True for a mount that shows a folder or file that is there already: by its type, or by its options alone. */
export function isBindMount({ type, options }: Mount): boolean {
  if (type === 'bind' || type === 'rbind') return true;
  return options !== undefined && (options.includes('bind') || options.includes('rbind'));
}
