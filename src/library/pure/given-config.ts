/** A configuration as a caller gives it: as text, whose places are told, or as a value, which has none. */
import { TsruncError } from '../../base/error.js';
import { formatProblem } from '../../config/format-problem.js';
import { writeJson } from '../../config/json/json-write.js';
import { type LoadedConfig, loadConfig } from '../../config/load.js';
import type { Spec } from '../../config/spec.js';
import { withPosition } from '../../container/error-location.js';

/** A configuration that was accepted. */
export interface GivenConfig extends LoadedConfig {
  /** The error with the file and place of its field, if the configuration was given as text. */
  placed(error: unknown): unknown;
}

/**
 * Loads a configuration as loadConfig does.
 * @param config a text, or a value that is checked as if it had been read
 * @throws TsruncError as loadConfig; without file and position for a value
 */
export function loadGiven(config: string | Spec, file = 'config.json'): GivenConfig {
  if (typeof config === 'string') {
    const loaded = loadConfig(config, file);
    return { ...loaded, placed: (error) => withPosition(error, loaded) };
  }
  try {
    const loaded = loadConfig(writeJson(config), file);
    return { ...loaded, positionOf: () => undefined, placed: (error) => error };
  } catch (error) {
    throw error instanceof TsruncError ? withoutPlace(error) : error;
  }
}

function withoutPlace(error: TsruncError): TsruncError {
  const { file: _, position: __, problems, ...fields } = error.fields;
  if (problems === undefined) return new TsruncError(error.code, error.message, fields);
  const inner = problems.map(withoutPlace);
  return new TsruncError(error.code, inner.map(formatProblem).join('\n'), { ...fields, problems: inner });
}
