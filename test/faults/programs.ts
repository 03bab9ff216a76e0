import { join } from 'node:path';
import { compilePrograms } from '../helpers/compile.js';
import { execute } from '../helpers/runtime.js';

/** The two programs of the fault tests. */
export interface Programs {
  /** Runs a command with one answer of the kernel changed. */
  readonly fault: string;
  /** Says what a process sees of its container. */
  readonly probe: string;
}

/** Compiles both into `directory`. */
export function makePrograms(directory: string): Programs {
  const fault = join(directory, 'fault');
  const probe = join(directory, 'probe');
  const sources = ['fault.cc', 'tracees.cc', 'calls.cc', 'children.cc'].map((name) => `faults/${name}`);
  compilePrograms(sources, fault, ['-lutil']);
  compilePrograms(['faults/probe.cc'], probe, ['-static']);
  return { fault, probe };
}

let names: Map<number, string> | undefined;

/** The name of a system call, from the kernel's header. */
export function callName(number: number): string {
  names ??= new Map(
    [
      ...execute(['gcc', '-E', '-dM', '-include', 'asm/unistd.h', '-x', 'c', '/dev/null']).stdout.matchAll(
        /__NR_(\w+) (\d+)$/gm,
      ),
    ].map(([, name = '', value]) => [Number(value), name]),
  );
  return names.get(number) ?? `call ${number}`;
}
