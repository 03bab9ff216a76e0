import type { DbusValue } from '../dbus/signature.js';

/** A property of a unit, as systemd takes it over D-Bus (org.freedesktop.systemd1(5)). */
export interface UnitProperty {
  name: string;
  /** Its type, a D-Bus signature. */
  signature: string;
  value: DbusValue;
  /** JSON pointer of the field that asks for it, '' for what the driver always sets. */
  from: string;
}

/** The a(sv) that StartTransientUnit and SetUnitProperties take. */
export function propertyList(properties: readonly UnitProperty[]): DbusValue {
  return properties.map(({ name, signature, value }) => [name, { signature, value }]);
}
