/** What a case says when runc lacks what it shows. */
import { Skip } from '../../engines/guest/case.js';
import type { Box } from './box.js';

/** Skips the case with runc, the control, which lacks `what`. */
export function tsruncOnly(box: Box, what: string): void {
  if (box.context.runtime === 'runc') throw new Skip(`runc lacks ${what}`);
}
