/** Reads the counters of a container's network interfaces. */
import { EINVAL, ESRCH } from '../../base/errno.js';
import { isErrno } from '../../base/error.js';
import { parseCount } from '../../cgroup/stat-file.js';
import type { Int } from '../../config/spec.js';
import type { Native } from '../../native/native.js';

/** The counters of a network interface since it exists, in bytes and packets. */
export interface InterfaceStats {
  readonly name: string;
  readonly rxBytes: Int;
  readonly rxPackets: Int;
  readonly rxErrors: Int;
  readonly rxDropped: Int;
  readonly txBytes: Int;
  readonly txPackets: Int;
  readonly txErrors: Int;
  readonly txDropped: Int;
}

/**
 * The interfaces, except lo, of a process's network namespace, from /proc/PID/net/dev (proc_pid_net(5)). Empty if
 * that is the runtime's own namespace, whose counters are not the container's.
 */
export function interfaceStats(native: Native, pid: number): InterfaceStats[] {
  const own = native.stat('/proc/self/ns/net', true);
  const other = native.stat(`/proc/${pid}/ns/net`, true);
  if (other === null || own?.ino === other.ino) return [];
  return parseInterfaces(readDevices(native, pid) ?? '');
}

function readDevices(native: Native, pid: number): string | null {
  try {
    return native.readFileIfExists(`/proc/${pid}/net/dev`, 1 << 20);
  } catch (error) {
    // The process has ended.
    if (isErrno(error, EINVAL, ESRCH)) return null;
    throw error;
  }
}

/**
 * Parses the text of /proc/PID/net/dev: two lines of headings, then `NAME:` with eight counters for received and
 * eight for sent data.
 */
export function parseInterfaces(text: string): InterfaceStats[] {
  return text.split('\n').flatMap((line) => {
    const colon = line.lastIndexOf(':');
    const name = line.slice(0, colon).trim();
    if (colon < 0 || name === '' || name === 'lo') return [];
    const counts = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(parseCount);
    const [rxBytes = 0, rxPackets = 0, rxErrors = 0, rxDropped = 0] = counts;
    const [txBytes = 0, txPackets = 0, txErrors = 0, txDropped = 0] = counts.slice(8);
    return [{ name, rxBytes, rxPackets, rxErrors, rxDropped, txBytes, txPackets, txErrors, txDropped }];
  });
}
