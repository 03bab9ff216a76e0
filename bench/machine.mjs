// The machine that was measured on, in a few words.
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** @returns { date, cpu, cpus, memory, kernel, load, cgroup, debian } */
export function machine(cgroup) {
  const debian = readFileSync('/etc/os-release', 'utf8').match(/^PRETTY_NAME="?([^"\n]*)/m)?.[1] ?? '';
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: (cpus()[0]?.model ?? '').trim(),
    cpus: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: release().replace(/-.*/, ''),
    load: loadavg()[0].toFixed(1),
    cgroup,
    debian,
  };
}
