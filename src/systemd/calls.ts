/** Builds D-Bus calls for systemd and reads its answers (org.freedesktop.systemd1(5)). */
import type { Call } from '../dbus/connection.js';
import { type Message, MessageType } from '../dbus/message.js';
import type { DbusValue, Variant } from '../dbus/signature.js';

/** systemd's name on the bus, which its interfaces and errors begin with too. */
export const NAME = 'org.freedesktop.systemd1';
/** The object of the manager. */
export const PATH = '/org/freedesktop/systemd1';
/** The interface of the manager. */
export const MANAGER = 'org.freedesktop.systemd1.Manager';
const PROPERTIES = 'org.freedesktop.DBus.Properties';

/**
 * A call of one of the manager's methods.
 * @param signature D-Bus types of the arguments in `body`
 */
export function managerCall(member: string, signature: string, body: readonly DbusValue[]): Call {
  return { destination: NAME, path: PATH, interface: MANAGER, member, signature, body };
}

/**
 * A call that asks for one property of an object; valueIn reads the answer.
 * @param path of the object
 * @param owner the interface that has the property
 */
export function getCall(path: string, owner: string, property: string): Call {
  return {
    destination: NAME,
    path,
    interface: PROPERTIES,
    member: 'Get',
    signature: 'ss',
    body: [owner, property],
  };
}

/** The interface with the properties that are specific to the unit's kind, scope or slice. */
export function kindInterface(unit: string): string {
  return `${NAME}.${unit.endsWith('.slice') ? 'Slice' : 'Scope'}`;
}

/** The object path in an answer to GetUnit; undefined if the answer is an error: there is no such unit. */
export function objectPathIn(answer: Message | undefined): string | undefined {
  const path = answer?.body[0];
  return answer?.type === MessageType.reply && typeof path === 'string' ? path : undefined;
}

/** The value in an answer to getCall; undefined if the answer is an error. */
export function valueIn(answer: Message | undefined): Variant | undefined {
  return answer?.type === MessageType.reply ? (answer.body[0] as Variant | undefined) : undefined;
}
