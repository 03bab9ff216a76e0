/** Small builders of cgroup operations that every controller file uses. */

import { TsruncError } from '../../base/error.js';
import type { Int } from '../../config/spec.js';
import type { CgroupWrite } from './cgroup-plan.js';

/** A write of `value` into `folder/file`, asked for by the field `from`; a missing file is an error unless `ifMissing` says otherwise. */
export function write(
  folder: string,
  file: string,
  value: Int | string,
  from: string,
  ifMissing?: CgroupWrite['ifMissing'],
): CgroupWrite {
  const operation: CgroupWrite = { op: 'write', path: `${folder}/${file}`, value: String(value), from };
  if (ifMissing !== undefined) operation.ifMissing = ifMissing;
  return operation;
}

/** A write of a limit that kernels have given up; no limit at all is what holds without it. */
export function writeGivenUp(folder: string, file: string, limit: Int, from: string): CgroupWrite {
  return write(folder, file, limit, from, limit < 0 ? 'ignore' : 'warn');
}

/** True for a limit that is given and not 0: in most fields 0 means "leave as it is". */
export function isSet(value: Int | undefined): value is Int {
  return value !== undefined && Number(value) !== 0;
}

/** A limit as cgroup v2 writes it: `max` for a negative one. */
export function maxOr(value: Int): string {
  return value < 0 ? 'max' : String(value);
}

/** The error for a field that this host's cgroups can't set. */
export function unsupported(pointer: string, why: string, hint?: string): TsruncError {
  return new TsruncError('unsupported', why, hint === undefined ? { pointer } : { pointer, hint });
}

/** Throws 'unsupported' for the first of `fields` that `section` sets (false, 0 and empty lists ask for nothing). */
export function refuseSet(section: object, fields: readonly string[], from: string, why: string): void {
  const values = section as Record<string, unknown>;
  for (const field of fields) if (asks(values[field])) throw unsupported(`${from}/${field}`, why);
}

function asks(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value) !== 0;
  return !Array.isArray(value) || value.length > 0;
}
