/** Checks linux.netDevices (config-linux.md, Network Devices). */
import { utf8Length } from '../../base/bytes.js';
import { quote } from '../../base/quote.js';
import { eachName, type Findings } from '../findings.js';
import type { NamespaceSet } from '../namespace-set.js';

/**
 * linux.netDevices, interfaces of the host that move to the container's network namespace: they need such a namespace, and names
 * that the kernel takes and that differ.
 */
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
    if (renamed && final.includes('%')) {
      if (!isTemplate(final)) {
        findings.problem(`${at}/name`, `${quote(final)} is no template; must have "%d" once, and no other "%"`);
      }
      return;
    }
    const first = taken.get(final);
    if (first === undefined) taken.set(final, at);
    else findings.problem(renamed ? `${at}/name` : at, `would have the name ${final}, as ${first}; names must differ`);
  });
}

/** A name in which the kernel puts a number for %d (net/core/dev.c, dev_prep_valid_name). */
const isTemplate = (name: string): boolean => /^[^%]*%d[^%]*$/.test(name);

const rules = 'must have 1 to 15 bytes, none of them "/", ":" or a space, and not be "." or ".."';

/** Whether the kernel takes it as the name of an interface (net/core/dev.c, dev_valid_name). */
function isInterfaceName(name: string): boolean {
  return name !== '.' && name !== '..' && /^[^/:\s]+$/.test(name) && utf8Length(name) < 16;
}
