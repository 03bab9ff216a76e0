/** What systemd refuses, and what can be done without it. */

import { TsruncError } from '../base/error.js';
import type { Message } from '../dbus/message.js';
import type { UnitProperty } from './properties.js';

/** An error that systemd answered with. */
export interface Refusal {
  /** e.g. org.freedesktop.systemd1.NoSuchUnit */
  name: string;
  text: string;
}

export function refusalOf({ errorName = '', body }: Pick<Message, 'errorName' | 'body'>): Refusal {
  return { name: errorName, text: typeof body[0] === 'string' ? body[0] : errorName };
}

/**
 * Asks systemd for something with all of `properties`, and again, whenever it refuses an optional one, without that. systemd looks
 * at all of them before it changes anything, and names the first that it refuses.
 * @returns the last answer, and the properties that were asked for then
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

/** The error for a call that systemd refused; with the field behind the property that it names. */
export function refused(what: string, refusal: Refusal, properties: readonly UnitProperty[] = []): TsruncError {
  const from = propertyNamed(refusal, properties)?.from;
  const pointer = from ? { pointer: from } : {};
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
