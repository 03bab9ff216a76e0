/** Small functions for building cgroup operations, shared by the files of all controllers. */

import { TsruncError } from '../../base/error.js';
import type { Int } from '../../config/spec.js';
import type { CgroupWrite } from './cgroup-plan.js';

/**
 * A write of `value` to `directory/file`.
 * @param pointer JSON pointer of the field that asks for it
 * @param ifMissing as CgroupWrite.ifMissing: 'error' unless given
 */
export function write(
  directory: string,
  file: string,
  value: Int | string,
  pointer: string,
  ifMissing?: CgroupWrite['ifMissing'],
): CgroupWrite {
  const operation: CgroupWrite = { op: 'write', path: `${directory}/${file}`, value: String(value), pointer };
  if (ifMissing !== undefined) operation.ifMissing = ifMissing;
  return operation;
}

/**
 * A write of a limit that newer kernels no longer have. A missing file is a warning, but for a negative limit (none) it
 * is ignored: without the file there is no limit anyway.
 */
export function writeGivenUp(directory: string, file: string, limit: Int, pointer: string): CgroupWrite {
  return write(directory, file, limit, pointer, limit < 0 ? 'ignore' : 'warn');
}

/** True for a limit that is given and not 0: in most fields 0 means "leave as it is". */
export function isSet(value: Int | undefined): value is Int {
  return value !== undefined && Number(value) !== 0;
}

/** A limit in the format of cgroup v2: `max` for a negative one. */
export function maxOr(value: Int): string {
  return value < 0 ? 'max' : String(value);
}

/** The error for a field that can't be set with this host's cgroups. */
export function unsupported(pointer: string, why: string, hint?: string): TsruncError {
  return new TsruncError('unsupported', why, hint === undefined ? { pointer } : { pointer, hint });
}

/**
 * Throws 'unsupported' for the first of `fields` that `section` sets. false, 0, '' and empty lists count as not set.
 * @param pointer JSON pointer of `section`
 * @param why the error message
 */
export function refuseSet(section: object, fields: readonly string[], pointer: string, why: string): void {
  const values = section as Record<string, unknown>;
  for (const field of fields) if (asks(values[field])) throw unsupported(`${pointer}/${field}`, why);
}

function asks(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value) !== 0;
  return !Array.isArray(value) || value.length > 0;
}
