/** Handles calls that systemd refuses: tries again without optional properties, and makes the error. */

import { TsruncError } from '../base/error.js';
import type { Message } from '../dbus/message.js';
import type { UnitProperty } from './properties.js';

/** An error with which systemd answered a call. */
export interface Refusal {
  /** D-Bus error name, e.g. org.freedesktop.systemd1.NoSuchUnit. */
  name: string;
  text: string;
}

/** The refusal in an error message of D-Bus. */
export function refusalOf({ errorName = '', body }: Pick<Message, 'errorName' | 'body'>): Refusal {
  return { name: errorName, text: typeof body[0] === 'string' ? body[0] : errorName };
}

/**
 * Asks systemd with all of `properties`, and as long as it refuses an optional one, again without that one. Trying
 * again is safe: systemd checks all properties before it changes anything, and its error names the first that it
 * refuses.
 * @param ask makes the call with the given properties
 * @returns the last answer, and the properties of that call
 */
export function withoutRefused<T extends { refusal?: Refusal }>(
  properties: readonly UnitProperty[],
  ask: (properties: readonly UnitProperty[]) => T,
): { answer: T; asked: readonly UnitProperty[] } {
  for (let asked = properties; ; ) {
    const answer = ask(asked);
    const { refusal } = answer;
    const named = refusal === undefined || isDenied(refusal) ? undefined : propertyNamed(refusal, asked);
    if (!named?.optional) return { answer, asked };
    asked = asked.filter((property) => property !== named);
  }
}

/**
 * The error for a call that systemd refused.
 * @param what describes the failure, e.g. "systemd doesn't start a.scope"
 * @param properties of the call: if the refusal names one, the error has the pointer of the field behind it
 */
export function refused(what: string, refusal: Refusal, properties: readonly UnitProperty[] = []): TsruncError {
  const at = propertyNamed(refusal, properties)?.pointer;
  const pointer = at ? { pointer: at } : {};
  const hint = isDenied(refusal)
    ? { hint: 'the system manager takes this from root only; --rootless=true asks the one of the user' }
    : {};
  return new TsruncError('system', `${what}: ${refusal.text}`, { ...pointer, ...hint });
}

function propertyNamed({ text }: Refusal, properties: readonly UnitProperty[]): UnitProperty | undefined {
  return properties.find(({ name }) => new RegExp(`\\b${name}\\b`).test(text));
}

function isDenied({ name }: Refusal): boolean {
  return /AccessDenied|AuthFailed|InteractiveAuthorizationRequired/.test(name);
}
