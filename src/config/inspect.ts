/** Parses a file and applies every check to it that needs to know nothing of the host. What is found is returned, not thrown. */
import { checkNames } from './checks/check-names.js';
import { checkNul } from './checks/check-nul.js';
import { checkProcess } from './checks/check-process.js';
import { checkResources } from './checks/check-resources.js';
import { checkSpec } from './checks/check-spec.js';
import { Findings } from './findings.js';
import { validateConfig, validateProcess, validateResources } from './generated/validators.js';
import { dropNulls } from './json/drop-nulls.js';
import { type JsonText, parseJson } from './json/json-text.js';
import { noteSchemaErrors, type Validation } from './schema-problems.js';
import type { Process, Resources, Spec } from './spec.js';
import { refuseNothingKnown } from './validate/nothing-known.js';

/** A kind of file: config.json, or the file of `exec --process`, of `update --resources` or of `mounts`. */
export type FileKind = 'config' | 'process' | 'resources' | 'mounts';

/** What was found in a file. */
export interface Inspection {
  /**
   * The value without its invalid parts, so that it has the types of spec.ts but for holes in arrays. Of a file of mounts it is a
   * configuration that has those mounts, with the pointers of which everything is told.
   */
  readonly value: unknown;
  readonly findings: Findings;
  positionOf: JsonText['positionOf'];
}

type Validate = (data: unknown) => Validation;
type Further = (value: unknown, findings: Findings) => void;

const validators: Readonly<Record<Exclude<FileKind, 'mounts'>, Validate>> = {
  config: validateConfig,
  process: validateProcess,
  resources: validateResources,
};

const furtherChecks: Readonly<Record<FileKind, Further>> = {
  config: (spec, findings) => checkSpec(spec as Spec, findings),
  process: (process, findings) => checkProcess(process as Process, '', findings),
  resources: (resources, findings) => {
    checkResources(resources as Resources, '', findings, true);
    refuseNothingKnown(resources, findings);
  },
  mounts: (spec, findings) => checkSpec(spec as Spec, findings),
};

/**
 * Parses a text and checks it against the schema of runtime-spec 1.3.0 and by all rules that need to know nothing of the host.
 * Optional members that are null are left out of the value.
 * @param shaped is called with a configuration once it has passed the schema, before the other checks
 * @throws JsonSyntaxError for a text that is no JSON
 */
export function inspect(text: string, kind: FileKind, shaped?: (spec: Spec) => void): Inspection {
  if (kind === 'mounts') return inspectMounts(text);
  const findings = new Findings();
  const validate = validators[kind];
  // Few files have nulls or integers beyond 2^53. The first validation refuses both, and only then are they looked for.
  let json = parseJson(text, false);
  let validation = validate(json.value);
  let dropped = 0;
  if (validation.errors.length > 0) {
    json = parseJson(text);
    dropped = dropNulls(text, json.value, kind);
    validation = validate(json.value);
  }
  checkNames(text, json.value, kind, { known: validation.members, dropped }, findings);
  return check(text, json, kind, validation, validate, findings, shaped);
}

/** A file of mounts: an array, or an object with the member `mounts`. JSON pointers begin with /mounts in both cases. */
function inspectMounts(text: string): Inspection {
  const { value, positionOf: inFile } = parseJson(text);
  const list = Array.isArray(value);
  const positionOf = list ? (pointer: string) => inFile(pointer.slice('/mounts'.length)) : inFile;
  const findings = new Findings();
  const shape = list ? 'mount' : 'mounts';
  const dropped = dropNulls(text, value, shape);
  checkNames(text, value, shape, { known: 0, dropped }, findings, list ? '/mounts' : '');
  const mounts = list ? value : (value as { mounts?: unknown } | null)?.mounts;
  if (!Array.isArray(mounts)) {
    findings.problem('', 'is no list of mounts; must be an array, or an object with the member "mounts"');
    return { value: {}, findings, positionOf };
  }
  const config = { ociVersion: '1.0.0', root: { path: '/' }, linux: { namespaces: [{ type: 'mount' }] }, mounts };
  return check(text, { value: config, positionOf }, 'mounts', validateConfig(config), validateConfig, findings);
}

function check(
  text: string,
  { value, positionOf }: JsonText,
  kind: FileKind,
  validation: Validation,
  validate: Validate,
  findings: Findings,
  shaped?: (spec: Spec) => void,
): Inspection {
  checkNul(text, value, findings);
  noteSchemaErrors(value, validation.errors, validate, findings);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    if (findings.problems.length === 0) shaped?.(value as Spec);
    furtherChecks[kind](value, findings);
  }
  return { value, findings, positionOf };
}
