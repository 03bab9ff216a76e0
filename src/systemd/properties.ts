/** The type of systemd unit properties. */
import type { DbusValue } from '../dbus/signature.js';

/** A property of a unit, as systemd takes it over D-Bus (org.freedesktop.systemd1(5)). */
export interface UnitProperty {
  name: string;
  /** D-Bus signature of the value's type. */
  signature: string;
  value: DbusValue;
  /** JSON pointer of the field that asks for it, '' for a property that the driver always sets. */
  pointer: string;
  /**
   * The property is left out if systemd refuses it, for example because this version doesn't know it or accepts it only
   * when a unit starts. That is fine for limits, which are written to the cgroup as well.
   */
  optional?: true;
}

/** The same properties, each marked as optional. */
export function optional(properties: readonly UnitProperty[]): UnitProperty[] {
  return properties.map((property) => ({ ...property, optional: true }));
}

/** The properties as the D-Bus value a(sv) that StartTransientUnit and SetUnitProperties take. */
export function propertyList(properties: readonly UnitProperty[]): DbusValue {
  return properties.map(({ name, signature, value }) => [name, { signature, value }]);
}
