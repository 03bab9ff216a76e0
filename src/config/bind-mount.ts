import type { Mount } from './spec.js';

/** True for a mount that shows a folder or file that is there already: by its type, or by its options alone. */
export function isBindMount({ type, options }: Mount): boolean {
  const isBind = (word: string | undefined): boolean => word === 'bind' || word === 'rbind';
  return isBind(type) || (options ?? []).some(isBind);
}
