/**
 * Mounts whose destination has to be made of real folders all the way: CVE-2019-19921, CVE-2023-27561, CVE-2023-28642,
 * CVE-2025-54867; for /dev CVE-2026-41579.
 */
export const strictTypes: readonly string[] = ['proc', 'sysfs'];
export const strictTargets: readonly string[] = ['/proc', '/sys', '/dev'];
