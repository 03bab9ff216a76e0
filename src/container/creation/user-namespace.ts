/** Finds out whether the runtime is in the initial user namespace. */
import type { Native } from '../../native/native.js';

/** The content of uid_map in the initial user namespace: all ids, mapped to themselves. */
const ALL_IDS = /^\s*0\s+0\s+4294967295\s*$/;

/** True in a user namespace other than the initial one (user_namespaces(7), from /proc/self/uid_map). */
export function isInUserNamespace(native: Native): boolean {
  const map = native.readFileIfExists('/proc/self/uid_map', 1 << 16);
  return map !== null && !ALL_IDS.test(map);
}
