/** Bundles: a directory that is there, or one that is made of a configuration. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { writeJson } from '../../config/json/json-write.js';
import type { Process, Spec } from '../../config/spec.js';
import { RuntimeError } from './runtime-error.js';
import type { StdinOption } from './stdio.js';
import type { TerminalOption } from './terminal.js';

/** Where a container comes from. */
export interface BundleOptions {
  /**
   * For a configuration that is given as an object: the directory whose config.json it becomes. Default: a temporary directory, which
   * is removed with the container; `root.path` has to be absolute then.
   */
  readonly bundle?: string;
}

/** A directory with a config.json. */
export interface Bundle {
  /** Absolute path. */
  readonly path: string;
  /** Removes it if it is temporary; more than one call is fine. */
  remove(): void;
}

/**
 * The bundle that a container is made of.
 * @param source its directory, or its configuration
 * @param options what is asked for; a terminal is written to a configuration that is given as an object
 * @throws RuntimeError 'usage' when the options contradict each other
 */
export function bundleOf(source: string | Spec, options: BundleOptions & TerminalWishes): Bundle {
  if (typeof source === 'string') {
    if (options.bundle !== undefined) {
      throw usage('bundle is given twice; the option is for a configuration that is given as an object');
    }
    return { path: resolve(source), remove: () => {} };
  }
  const spec = withTerminal(source, options);
  const temporary = options.bundle === undefined;
  if (temporary && spec.root && !isAbsolute(spec.root.path)) {
    throw usage(
      `root.path is ${JSON.stringify(spec.root.path)}; it must be absolute where no bundle is given`,
      '/root/path',
    );
  }
  const path = temporary ? mkdtempSync(join(tmpdir(), 'tsrunc-bundle-')) : resolve(options.bundle);
  const remove = (): void => {
    if (temporary) rmSync(path, { recursive: true, force: true });
  };
  try {
    writeFileSync(join(path, 'config.json'), writeJson(spec));
    return { path, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function withTerminal(spec: Spec, wishes: TerminalWishes): Spec {
  return spec.process ? { ...spec, process: processWithTerminal(spec.process, wishes) } : spec;
}

/** What decides where the terminal of a process leads to. */
interface TerminalWishes {
  readonly terminal?: TerminalOption | undefined;
  readonly stdin?: StdinOption | undefined;
}

/**
 * The process as it is written for the runtime.
 * @throws RuntimeError 'usage' when it asks for a terminal that nobody is there for
 */
export function processWithTerminal(process: Process, { terminal, stdin }: TerminalWishes): Process {
  if (terminal === undefined) {
    // With what it inherits the runtime connects the terminal by itself.
    if (process.terminal && stdin !== 'inherit')
      throw usage(
        'process.terminal is true, and the options ask for no terminal, nor to inherit stdin',
        '/process/terminal',
      );
    return process;
  }
  const size = terminal === true ? {} : { consoleSize: { height: terminal.rows, width: terminal.columns } };
  return { ...process, terminal: true, ...size };
}

function usage(message: string, pointer?: string): RuntimeError {
  return new RuntimeError(message, { code: 'usage', argv: [], pointer });
}
