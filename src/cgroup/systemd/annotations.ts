/**
 * Annotations `org.systemd.property.NAME`, which set properties of the container's unit to values given as GVariant
 * text.
 */
import { TsruncError, withFields } from '../../base/error.js';
import { joinPointer } from '../../base/json-pointer.js';
import { quote } from '../../base/quote.js';
import { parseGVariant } from '../../dbus/gvariant-text.js';
import type { DbusValue } from '../../dbus/signature.js';
import type { UnitProperty } from '../../systemd/properties.js';
import { INFINITY } from './values.js';

/** The prefix of annotations that set unit properties. */
export const PROPERTY_ANNOTATION = 'org.systemd.property.';
const HINT = 'GVariant text, e.g. true, \'text\', uint64 5, ["a", "b"]';

/**
 * Properties that decide where the container's processes go, and that annotations therefore can't set; with a hint for
 * each.
 */
const fixed: Readonly<Record<string, string>> = {
  Slice: 'cgroupsPath, slice:prefix:name, says the slice',
  PIDs: "the process of the unit is the container's init",
};

/**
 * The unit properties that annotations ask for; annotations of other names are ignored. A name that ends in Sec
 * (TimeoutStopSec) has a value in seconds, as in unit files; it becomes the property in microseconds (TimeoutStopUSec)
 * that systemd has on D-Bus.
 * @throws TsruncError 'config' with the annotation's pointer
 */
export function annotationProperties(annotations: Readonly<Record<string, string>>): UnitProperty[] {
  const properties: UnitProperty[] = [];
  for (const [key, given] of Object.entries(annotations)) {
    if (!key.startsWith(PROPERTY_ANNOTATION) || key === PROPERTY_ANNOTATION) continue;
    const name = key.slice(PROPERTY_ANNOTATION.length);
    const pointer = joinPointer('/annotations', key);
    if (!/^[A-Za-z]{3,}$/.test(name))
      throw new TsruncError('config', `${quote(name)} can't be the name of a property`, {
        pointer,
        hint: 'letters only, at least three',
      });
    if (Object.hasOwn(fixed, name))
      throw new TsruncError('config', `the property ${name} isn't for annotations to set`, {
        pointer,
        hint: fixed[name]!,
      });
    properties.push(propertyOf(name, given, pointer));
  }
  return properties;
}

function propertyOf(name: string, given: string, pointer: string): UnitProperty {
  let signature: string;
  let value: DbusValue;
  try {
    ({ signature, value } = parseGVariant(given));
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    throw withFields(error, { pointer, hint: HINT }, `can't read ${quote(given)}: ${error.message}`);
  }
  const stem = /^(.*[a-z])Sec$/.exec(name)?.[1];
  if (stem === undefined) return { name, signature, value, pointer };
  return { name: `${stem}USec`, signature: 't', value: microseconds(value, pointer), pointer };
}

function microseconds(seconds: DbusValue, pointer: string): bigint {
  const isNumber = typeof seconds === 'number' || typeof seconds === 'bigint';
  if (!isNumber || seconds < 0 || (typeof seconds === 'number' && !Number.isFinite(seconds)))
    throw new TsruncError('config', 'a time in seconds is a number from 0 on', {
      pointer,
      hint: 'e.g. 90 or 1.5',
    });
  const exact = typeof seconds === 'bigint' ? seconds * 1_000_000n : BigInt(Math.round(seconds * 1e6));
  return exact > INFINITY ? INFINITY : exact;
}
