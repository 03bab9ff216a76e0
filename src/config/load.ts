/** Loads config.json, and the files that exec --process and update --resources take. */
import { TsruncError, type Warn } from '../base/error.js';
import { checkNames } from './checks/check-names.js';
import { checkNul } from './checks/check-nul.js';
import { checkProcess } from './checks/check-process.js';
import { checkResources } from './checks/check-resources.js';
import { checkSpec } from './checks/check-spec.js';
import { type Finding, Findings } from './findings.js';
import { formatProblem } from './format-problem.js';
import { validateConfig, validateProcess, validateResources } from './generated/validators.js';
import { dropNulls } from './json/drop-nulls.js';
import { JsonSyntaxError } from './json/json-scan.js';
import { type JsonText, parseJson, positionAt } from './json/json-text.js';
import { noteSchemaErrors, type Validation } from './schema-problems.js';
import type { ShapeName } from './shapes.js';
import type { SourceFile } from './source-file.js';
import type { Mount, Process, Resources, Spec } from './spec.js';

export interface LoadedConfig extends SourceFile {
  readonly spec: Spec;
  readonly text: string;
  /** Things worth saying that are no reason to refuse the config. */
  readonly warnings: readonly Finding[];
}

/**
 * A config.json that passed the schema of runtime-spec 1.3.0 and every check that needs nothing of the host. Optional members
 * that are null are not in it.
 * Throws TsruncError 'config' with all mistakes in fields.problems, in the order of the file; its message is all of them, a line each.
 * @param shaped called once the schema is passed, before those checks.
 */
export function loadConfig(text: string, file: string, shaped?: (spec: Spec) => void): LoadedConfig {
  const { value, warnings, positionOf } = load<Spec>(text, file, 'config', validateConfig, (spec, findings) => {
    if (findings.problems.length === 0) shaped?.(spec);
    checkSpec(spec, findings);
  });
  return { spec: value, file, text, warnings, positionOf };
}

/**
 * Mounts as config.json has them, from a file of their own: an array, or an object with the member mounts. Pointers begin with
 * /mounts in any case. As loadProcess.
 */
export function loadMounts(
  text: string,
  file: string,
  warn?: Warn,
): { mounts: Mount[]; positionOf: JsonText['positionOf'] } {
  const { value, positionOf: inFile } = parse(text, file);
  const list = Array.isArray(value);
  const positionOf = list ? (pointer: string) => inFile(pointer.slice('/mounts'.length)) : inFile;
  const findings = new Findings();
  const shape = list ? 'mount' : 'mounts';
  const dropped = dropNulls(text, value, shape);
  const at = list ? '/mounts' : '';
  placingErrors(text, file, () => checkNames(text, value, shape, { known: 0, dropped }, findings, at));
  const mounts = list ? value : (value as { mounts?: unknown } | null)?.mounts;
  if (!Array.isArray(mounts)) {
    if (findings.problems.length > 0) throw failure(file, findings.problems, positionOf);
    throw new TsruncError('config', 'is no list of mounts; must be an array, or an object with the member "mounts"', {
      file,
    });
  }
  const config = { ociVersion: '1.0.0', root: { path: '/' }, linux: { namespaces: [{ type: 'mount' }] }, mounts };
  const json = { value: config, positionOf };
  const loaded = check<Spec>(text, json, file, validateConfig(config), validateConfig, checkSpec, findings);
  tell(loaded, file, warn);
  return { mounts: loaded.value.mounts ?? [], positionOf };
}

/**
 * A process as config.json has it, from a file of its own. Throws as loadConfig does.
 * @param warn gets what is worth saying and is no reason to refuse it, each with its place.
 */
export function loadProcess(text: string, file: string, warn?: Warn): Process {
  const loaded = load<Process>(text, file, 'process', validateProcess, (process, findings) =>
    checkProcess(process, '', findings),
  );
  tell(loaded, file, warn);
  return loaded.value;
}

/** Resources as config.json has them, from a file of their own; as loadProcess. */
export function loadResources(text: string, file: string, warn?: Warn): Resources {
  const loaded = load<Resources>(text, file, 'resources', validateResources, (resources, findings) =>
    checkResources(resources, '', findings, true),
  );
  tell(loaded, file, warn);
  return loaded.value;
}

interface Loaded<T> {
  readonly value: T;
  readonly warnings: readonly Finding[];
  readonly positionOf: JsonText['positionOf'];
}

function tell({ warnings, positionOf }: Loaded<unknown>, file: string, warn: Warn | undefined): void {
  if (warn !== undefined) for (const warning of warnings) warn(placed(warning, file, positionOf));
}

function load<T>(
  text: string,
  file: string,
  shape: ShapeName,
  validate: (data: unknown) => Validation,
  further: (value: T, findings: Findings) => void,
): Loaded<T> {
  const findings = new Findings();
  // What few files have, nulls and integers beyond 2^53, is an error at first; only then it costs anything.
  let json = parse(text, file, false);
  let validation = validate(json.value);
  let dropped = 0;
  if (validation.errors.length > 0) {
    json = parse(text, file);
    dropped = dropNulls(text, json.value, shape);
    validation = validate(json.value);
  }
  const counted = { known: validation.members, dropped };
  placingErrors(text, file, () => checkNames(text, json.value, shape, counted, findings));
  return check(text, json, file, validation, validate, further, findings);
}

function check<T>(
  text: string,
  { value, positionOf }: JsonText,
  file: string,
  validation: Validation,
  validate: (data: unknown) => Validation,
  further: (value: T, findings: Findings) => void,
  findings: Findings,
): Loaded<T> {
  checkNul(text, value, findings);
  noteSchemaErrors(value, validation.errors, validate, findings);
  const known = value as T;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) further(known, findings);
  if (findings.problems.length > 0) throw failure(file, findings.problems, positionOf);
  return { value: known, warnings: findings.warnings, positionOf };
}

function parse(text: string, file: string, exact = true): JsonText {
  return placingErrors(text, file, () => parseJson(text, exact));
}

/** What act returns; a JsonSyntaxError that it throws becomes a TsruncError with its place. */
function placingErrors<T>(text: string, file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const fields = { file, position: positionAt(text, error.offset) };
    throw together([new TsruncError('config', error.message, fields)]);
  }
}

function placed({ pointer, text }: Finding, file: string, positionOf: JsonText['positionOf']): TsruncError {
  const position = positionOf(pointer);
  return new TsruncError('config', text, { file, pointer, ...(position && { position }) });
}

function failure(file: string, findings: readonly Finding[], positionOf: JsonText['positionOf']): TsruncError {
  const problems = findings.map((finding) => placed(finding, file, positionOf));
  const key = ({ fields: { position } }: TsruncError): [number, number] => [position?.line ?? 0, position?.column ?? 0];
  problems.sort((a, b) => key(a)[0] - key(b)[0] || key(a)[1] - key(b)[1]);
  return together(problems);
}

function together(problems: readonly TsruncError[]): TsruncError {
  const fields = problems.length === 1 ? problems[0]!.fields : { file: problems[0]!.fields.file! };
  return new TsruncError('config', problems.map(formatProblem).join('\n'), { ...fields, problems });
}
