import type { Native } from '../../native/native.js';

/** The whole range of ids mapped onto itself: what uid_map says in the initial user namespace. */
const ALL_IDS = /^\s*0\s+0\s+4294967295\s*$/;

/** True in a user namespace other than the initial one. */
export function isInUserNamespace(native: Native): boolean {
  const map = native.readFileIfExists('/proc/self/uid_map', 1 << 16);
  return map !== null && !ALL_IDS.test(map);
}
