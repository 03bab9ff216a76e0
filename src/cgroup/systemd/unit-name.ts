/** Reads cgroupsPath in the form that the systemd driver expects, `slice:prefix:name`, and names the container's unit. */

import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';

/** The names of a container's unit. */
export interface UnitName {
  /** For example tsrunc-web.scope. */
  unit: string;
  /** A slice if the name ends in .slice, else a scope. */
  kind: 'scope' | 'slice';
  /**
   * The slice that cgroupsPath names, or the default. A unit of the kind slice isn't in it: its own name says where it
   * is.
   */
  slice: string;
  /** Path of the unit's cgroup below the manager's, e.g. /a.slice/a-b.slice/tsrunc-web.scope. */
  path: string;
  /** The third part of cgroupsPath. */
  name: string;
}

const POINTER = '/linux/cgroupsPath';
/** systemd.unit(5): the characters and the length that a unit name may have. */
const NAME = /^[A-Za-z0-9:_.\\@-]+$/;
const MAX_NAME = 255;

/**
 * Reads cgroupsPath. If it is left out or empty, the prefix is `tsrunc` and the name is the container's id. An empty
 * slice is system.slice, or user.slice with a user's service manager. An empty prefix leaves its dash, as runc and crun have it: whoever
 * wrote cgroupsPath may look for the cgroup there.
 * @param user whether the unit is for a user's service manager
 * @throws TsruncError 'config' if it doesn't have that form, or its parts don't make a valid unit name
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
  const unit = kind === 'slice' ? name : `${prefix}-${name}.scope`;
  if (!NAME.test(unit) || unit.length > MAX_NAME)
    throw noUnit(`${quote(unit)} can't be the name of a unit: letters, digits and : - _ . \\ @, at most 255`);
  if (kind === 'scope') return { unit, kind, slice, path: `${expandSlice(slice)}/${unit}`, name };
  // The name of a slice says which slice it is in, so the path has to be made from it.
  return { unit, kind, slice, path: expandSlice(unit), name };
}

/**
 * The path of a slice's cgroup below the manager's: a-b.slice gives /a.slice/a-b.slice, and the root slice gives ''
 * (systemd.slice(5)).
 * @throws TsruncError 'config' for an invalid name of a slice
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
