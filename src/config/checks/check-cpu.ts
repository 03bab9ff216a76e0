/** Checks resources.cpu (config-linux.md, CPU). */
import { quote } from '../../base/quote.js';
import { mostNumbers, parseList } from '../cpu-list.js';
import type { Findings } from '../findings.js';
import type { Resources } from '../spec.js';

/** The bounds are the kernel's max_cfs_quota_period and min_cfs_quota_period (kernel/sched/). 0 leaves what is set. */
export function checkCpu(cpu: NonNullable<Resources['cpu']>, pointer: string, findings: Findings): void {
  const { period = 0, quota = 0, burst = 0, idle = 0 } = cpu;
  if (period !== 0 && (period < 1000 || period > 1_000_000)) {
    findings.problem(`${pointer}/period`, `is ${period}; must be between 1000 and 1000000 (microseconds)`);
  }
  if (quota > 0 && quota < 1000) {
    findings.problem(`${pointer}/quota`, `is ${quota}; must be at least 1000 (microseconds), or -1 for no limit`);
  }
  if (quota > 0 && burst > quota) {
    findings.problem(`${pointer}/burst`, `is ${burst}; must be at most quota, which is ${quota}`);
  }
  if (idle !== 0 && idle !== 1 && idle !== 0n && idle !== 1n) {
    findings.problem(`${pointer}/idle`, `is ${idle}; must be 0 or 1`);
  }
  for (const [name, what] of [
    ['cpus', 'CPUs'],
    ['mems', 'memory nodes'],
  ] as const) {
    const list = cpu[name];
    if (list !== undefined && parseList(list, mostNumbers) === undefined) {
      findings.problem(`${pointer}/${name}`, `is ${quote(list)}; must be a list of ${what} such as "0-3,5"`);
    }
  }
}
