import { compilePrograms } from '../helpers/compile.js';

const sources = ['look', 'json', 'program', 'process', 'machine', 'files', 'calls'];

/** Compiles the program of the containers. */
export function compileProbe(target: string): void {
  compilePrograms(
    sources.map((name) => `differential/probe/${name}.cc`),
    target,
    ['-static', '-s'],
  );
}
