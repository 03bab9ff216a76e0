/** validateConfig: everything that is to be said of a configuration, without throwing. */
import type { Position } from '../../base/error.js';
import type { Finding as InternalFinding } from '../../config/findings.js';
import { writeJson } from '../../config/json/json-write.js';
import type { Process, Resources, Spec } from '../../config/spec.js';
import { validateText } from '../../config/validate/validate.js';
import { planProblems } from '../../plan/plan-problems.js';

/**
 * How much a finding matters. `error`: the configuration is refused. `warning`: something has no effect or is surely meant otherwise.
 * `advice`: it works, and could be safer.
 */
export type Severity = 'error' | 'warning' | 'advice';

/** Something to say about one place of a configuration. */
export interface Finding {
  /** How much it matters. */
  readonly severity: Severity;
  /** What kind of finding it is, e.g. `unknown-key`: a word that stays the same. docs/validate.md lists them. */
  readonly code: string;
  /** JSON pointer (RFC 6901) of the value it is about; '' for the whole. */
  readonly pointer: string;
  /** Where that value begins in the text; none for a configuration that was given as a value. */
  readonly position?: Position;
  /** What is wrong and, after a semicolon, what would be right. */
  readonly message: string;
  /** Mistakes that are there only because of this one, and have no findings of their own. */
  readonly follow?: readonly FollowingFinding[];
}

/** A mistake that another one has brought about. */
export interface FollowingFinding {
  /** JSON pointer of the value it is about. */
  readonly pointer: string;
  /** What is wrong. */
  readonly message: string;
}

/** What validateConfig is told besides the configuration. */
export interface ValidateOptions {
  /** Whether to give advice on security, too. */
  readonly advise?: boolean;
  /** What it is: config.json if left out, or the file of `exec --process`, of `update --resources` or of `mounts`. */
  readonly kind?: 'config' | 'process' | 'resources' | 'mounts';
}

/**
 * Finds everything in a configuration that is refused, that is surely not meant, and, if asked for, what is unsafe. It looks at nothing
 * but the configuration, and throws nothing.
 * @param config the text of the file, its bytes, or its value
 * @returns the findings: misspelt names that others come of first, then in the order of the file, and errors before others of one place.
 *   Empty when all is well.
 */
export function validateConfig(
  config: string | Uint8Array | Spec | Process | Resources,
  options: ValidateOptions = {},
): Finding[] {
  const isFile = typeof config === 'string' || config instanceof Uint8Array;
  const { findings } = validateText(isFile ? config : writeJson(config), { ...options, further: planProblems });
  return isFile ? [...findings] : findings.map(({ position: _, ...finding }) => finding);
}

/** Warnings of the loader and of the planner as public findings, in the order of the text. */
export function placedWarnings(
  warnings: readonly InternalFinding[],
  positionOf: (pointer: string) => Position | undefined,
): Finding[] {
  const placed = warnings.map(({ pointer, text, code }): Finding => {
    const position = positionOf(pointer);
    return { severity: 'warning', code: code ?? 'no-effect', pointer, ...(position && { position }), message: text };
  });
  const key = ({ position }: Finding): [number, number] => [position?.line ?? 0, position?.column ?? 0];
  return placed.sort((a, b) => key(a)[0] - key(b)[0] || key(a)[1] - key(b)[1]);
}
