/** What systemd is asked on its bus, and what its answers hold (org.freedesktop.systemd1(5)). */
import type { Call } from '../dbus/connection.js';
import { type Message, MessageType } from '../dbus/message.js';
import type { DbusValue, Variant } from '../dbus/signature.js';

export const NAME = 'org.freedesktop.systemd1';
export const PATH = '/org/freedesktop/systemd1';
export const MANAGER = 'org.freedesktop.systemd1.Manager';
const PROPERTIES = 'org.freedesktop.DBus.Properties';

/** A call of a method of the manager. */
export function managerCall(member: string, signature: string, body: readonly DbusValue[]): Call {
  return { destination: NAME, path: PATH, interface: MANAGER, member, signature, body };
}

/**
 * Asks for one property of an object on the bus.
 * @param from the interface that has the property
 */
export function getCall(path: string, from: string, property: string): Call {
  return {
    destination: NAME,
    path,
    interface: PROPERTIES,
    member: 'Get',
    signature: 'ss',
    body: [from, property],
  };
}

/** The interface that has the properties of a unit's kind. */
export function kindInterface(unit: string): string {
  return `${NAME}.${unit.endsWith('.slice') ? 'Slice' : 'Scope'}`;
}

/** Where GetUnit says that a unit is on the bus; undefined when there is no such unit. */
export function objectPathIn(answer: Message | undefined): string | undefined {
  const path = answer?.body[0];
  return answer?.type === MessageType.reply && typeof path === 'string' ? path : undefined;
}

/** The value that a getCall is answered with; undefined for an error. */
export function valueIn(answer: Message | undefined): Variant | undefined {
  return answer?.type === MessageType.reply ? (answer.body[0] as Variant | undefined) : undefined;
}
