/** Loads config.json, and the files that `exec --process`, `update --resources` and `mounts` take: parses and checks them. */
import { TsruncError, type Warn } from '../base/error.js';
import type { Finding } from './findings.js';
import { formatProblem } from './format-problem.js';
import { type FileKind, type Inspection, inspect } from './inspect.js';
import { JsonSyntaxError } from './json/json-scan.js';
import { type JsonText, positionAt } from './json/json-text.js';
import type { SourceFile } from './source-file.js';
import type { Mount, Process, Resources, Spec } from './spec.js';
import { foldProblems } from './validate/fold.js';

/** A config.json that was accepted, with its text and the places of its values. */
export interface LoadedConfig extends SourceFile {
  readonly spec: Spec;
  readonly text: string;
  /** What the caller should warn of; none of it is a reason to refuse the configuration. */
  readonly warnings: readonly Finding[];
}

/**
 * Parses a config.json, and checks it against the schema of runtime-spec 1.3.0 and by all rules that need to know nothing of the
 * host. Optional members that are null are left out of the result.
 * @param text the text of the file
 * @param file its name for messages
 * @param shaped is called with the value once it has passed the schema, before the other checks
 * @throws TsruncError 'config' with all mistakes in fields.problems, in the order of the file. Its message has a line for each.
 */
export function loadConfig(text: string, file: string, shaped?: (spec: Spec) => void): LoadedConfig {
  const { value, findings, positionOf } = load(text, file, 'config', shaped);
  return { spec: value as Spec, file, text, warnings: findings.warnings, positionOf };
}

/**
 * The mounts in a file of their own, written as in config.json: an array, or an object with the member `mounts`. JSON pointers
 * begin with /mounts in both cases. `warn` and what is thrown: as with loadProcess.
 */
export function loadMounts(
  text: string,
  file: string,
  warn?: Warn,
): { mounts: Mount[]; positionOf: JsonText['positionOf'] } {
  const loaded = load(text, file, 'mounts');
  tell(loaded, file, warn);
  return { mounts: (loaded.value as Spec).mounts ?? [], positionOf: loaded.positionOf };
}

/**
 * The process in a file of its own, written as in config.json. Throws as loadConfig does.
 * @param warn receives each warning with its place in the file
 */
export function loadProcess(text: string, file: string, warn?: Warn): Process {
  const loaded = load(text, file, 'process');
  tell(loaded, file, warn);
  return loaded.value as Process;
}

/**
 * The resources in a file of their own, written as in config.json. `warn` and what is thrown: as with loadProcess. A file in which
 * there are names and none is known is refused, too.
 */
export function loadResources(text: string, file: string, warn?: Warn): Resources {
  const loaded = load(text, file, 'resources');
  tell(loaded, file, warn);
  return loaded.value as Resources;
}

function tell({ findings, positionOf }: Inspection, file: string, warn: Warn | undefined): void {
  if (warn !== undefined) for (const warning of findings.warnings) warn(placed(warning, file, positionOf));
}

function load(text: string, file: string, kind: FileKind, shaped?: (spec: Spec) => void): Inspection {
  let inspection: Inspection;
  try {
    inspection = inspect(text, kind, shaped);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const fields = { file, position: positionAt(text, error.offset) };
    throw together([new TsruncError('config', error.message, fields)]);
  }
  const { findings, positionOf } = inspection;
  if (findings.problems.length > 0) throw failure(file, foldProblems(text, kind, findings).problems, positionOf);
  return inspection;
}

function placed({ pointer, text }: Finding, file: string, positionOf: JsonText['positionOf']): TsruncError {
  const position = positionOf(pointer);
  return new TsruncError('config', text, { file, pointer, ...(position && { position }) });
}

/** The error of all problems, in the order of the file; wrong names that others come of stand before them. */
function failure(file: string, findings: readonly Finding[], positionOf: JsonText['positionOf']): TsruncError {
  const problems = findings.map((finding) => ({
    first: finding.follow !== undefined,
    error: placed(finding, file, positionOf),
  }));
  const key = ({ fields: { position } }: TsruncError): [number, number] => [position?.line ?? 0, position?.column ?? 0];
  problems.sort(
    (a, b) =>
      Number(b.first) - Number(a.first) || key(a.error)[0] - key(b.error)[0] || key(a.error)[1] - key(b.error)[1],
  );
  return together(problems.map(({ error }) => error));
}

function together(problems: readonly TsruncError[]): TsruncError {
  const fields = problems.length === 1 ? problems[0]!.fields : { file: problems[0]!.fields.file! };
  return new TsruncError('config', problems.map(formatProblem).join('\n'), { ...fields, problems });
}
