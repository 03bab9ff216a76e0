/**
 * Mounts whose destination may not lead through a symlink: each part of the path has to be a real directory, else an
 * image could direct the mount elsewhere and escape the masked paths.
 */

/** File system types: CVE-2019-19921, CVE-2023-27561, CVE-2023-28642, CVE-2025-54867. */
export const strictTypes: readonly string[] = ['proc', 'sysfs'];
/** Destinations, whatever is mounted there: the same CVEs, and for /dev CVE-2026-41579. */
export const strictTargets: readonly string[] = ['/proc', '/sys', '/dev'];
