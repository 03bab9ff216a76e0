/** cgroupsPath as the systemd driver reads it: slice:prefix:name. */

import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';

/** The unit of a container. */
export interface UnitName {
  /** e.g. tsrunc-web.scope. */
  unit: string;
  /** A name that ends in .slice asks for a slice; any other for a scope. */
  kind: 'scope' | 'slice';
  /** The slice that it is in. */
  slice: string;
  /** Path of the unit's cgroup below the manager's: /a.slice/a-b.slice/tsrunc-web.scope. */
  path: string;
  /** The third part of cgroupsPath. */
  name: string;
}

const POINTER = '/linux/cgroupsPath';
/** systemd.unit(5): what a name may be made of, and how long it may be. */
const NAME = /^[A-Za-z0-9:_.\\@-]+$/;
const MAX_NAME = 255;

/**
 * Reads cgroupsPath. Left out it is the container's id, with the prefix `tsrunc`, in the slice that is the default:
 * system.slice, of a user manager user.slice.
 * @throws TsruncError 'config' for what is not of that form, or names no unit
 */
export function parseUnitName(cgroupsPath: string | undefined, id: string, user: boolean): UnitName {
  const parts = cgroupsPath ? cgroupsPath.split(':') : ['', 'tsrunc', id];
  if (parts.length !== 3)
    throw new TsruncError(
      'config',
      `expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got ${quote(cgroupsPath ?? '')} instead`,
      { pointer: POINTER, hint: 'e.g. "system.slice:tsrunc:web"; a path is for the cgroupfs driver' },
    );
  const [given, prefix, name] = parts as [string, string, string];
  const slice = given || (user ? 'user.slice' : 'system.slice');
  if (name === '') throw noUnit('its last part, the name, is empty');
  const kind = name.endsWith('.slice') ? 'slice' : 'scope';
  const unit = kind === 'slice' ? name : `${prefix === '' ? '' : `${prefix}-`}${name}.scope`;
  if (!NAME.test(unit) || unit.length > MAX_NAME)
    throw noUnit(`${quote(unit)} can't be the name of a unit: letters, digits and : - _ . \\ @, at most 255`);
  if (kind === 'scope') return { unit, kind, slice, path: `${expandSlice(slice)}/${unit}`, name };
  // A slice is in the one that its own name says.
  return { unit, kind, slice, path: expandSlice(unit), name };
}

/**
 * The path of a slice's cgroup: a-b.slice is in a.slice (systemd.slice(5)).
 * @throws TsruncError 'config' for what names no slice
 */
export function expandSlice(slice: string): string {
  if (slice === '-.slice') return '';
  const stem = slice.endsWith('.slice') ? slice.slice(0, -'.slice'.length) : '';
  const parts = stem.split('-');
  if (parts.includes('') || !NAME.test(stem) || slice.length > MAX_NAME)
    throw noUnit(`${quote(slice)} can't be a slice: NAME.slice, or NAME-NAME.slice for one within another`);
  let path = '';
  for (let i = 1; i <= parts.length; i++) path += `/${parts.slice(0, i).join('-')}.slice`;
  return path;
}

function noUnit(why: string): TsruncError {
  return new TsruncError('config', `cgroupsPath is slice:prefix:name with the systemd driver: ${why}`, {
    pointer: POINTER,
  });
}
