import { utf8Length } from '../../base/bytes.js';
import { quote } from '../../base/quote.js';
import { eachName, type Findings } from '../findings.js';
import type { NamespaceSet } from '../namespace-set.js';

/** linux.netDevices: interfaces of the host that move to the container's network namespace. */
export function checkNetDevices(
  devices: Readonly<Record<string, { name?: string }>> | undefined,
  namespaces: NamespaceSet,
  findings: Findings,
): void {
  const pointer = '/linux/netDevices';
  if (devices === undefined || Object.keys(devices).length === 0) return;
  if (namespaces.lacks('network')) {
    findings.problem(pointer, 'has no network namespace to move to; must have "network" in /linux/namespaces');
  }
  const taken = new Map<string, string>();
  eachName(devices, pointer, (device, at, name) => {
    const renamed = device.name !== undefined && device.name !== '';
    if (!isInterfaceName(name)) findings.problem(at, `${quote(name)} is no name of an interface; ${rules}`);
    if (renamed && !isInterfaceName(device.name!)) {
      findings.problem(`${at}/name`, `${quote(device.name!)} is no name of an interface; ${rules}`);
    }
    const final = renamed ? device.name! : name;
    const first = taken.get(final);
    if (first === undefined) taken.set(final, at);
    else findings.problem(renamed ? `${at}/name` : at, `would have the name ${final}, as ${first}; names must differ`);
  });
}

const rules = 'must have 1 to 15 bytes, none of them "/", ":" or a space, and not be "." or ".."';

/** What dev_valid_name of the kernel takes (net/core/dev.c). */
function isInterfaceName(name: string): boolean {
  return name !== '.' && name !== '..' && /^[^/:\s]+$/.test(name) && utf8Length(name) < 16;
}
