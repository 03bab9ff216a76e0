/** parseConfig: a configuration as a value, with the places of its parts. */
import type { Position } from '../../base/error.js';
import { loadConfig } from '../../config/load.js';
import type { Spec } from '../../config/spec.js';
import { type Finding, placedWarnings } from './validate-config.js';

/** How a text is read. */
export interface ConfigOptions {
  /** The file's name for messages; `config.json` if left out. */
  readonly file?: string;
}

/** A configuration that was accepted. */
export interface ParsedConfig {
  /** The configuration. Optional members that are null in the text are left out, integers beyond 2^53 are bigints. */
  readonly spec: Spec;
  /** What is probably not meant as it is written, but is no reason to refuse it, in the order of the text. */
  readonly warnings: readonly Finding[];
  /**
   * Where a value begins in the text.
   * @param pointer JSON pointer (RFC 6901), e.g. `/mounts/3/source`
   * @returns the place of the value; of the smallest value around it where there is no such value
   */
  positionOf(pointer: string): Position | undefined;
}

/**
 * Parses the text of a config.json and checks it: against the schema of runtime-spec 1.3.0, and by all rules that need to know nothing
 * of the host.
 * @param text the whole text
 * @returns the configuration, with the places of its values
 * @throws TsruncError 'config' with the pointer and position of the mistake. With several mistakes, `fields.problems` has an error for
 *   each, and the message a line.
 */
export function parseConfig(text: string, options: ConfigOptions = {}): ParsedConfig {
  const { spec, warnings, positionOf } = loadConfig(text, options.file ?? 'config.json');
  return { spec, warnings: placedWarnings(warnings, positionOf), positionOf };
}
