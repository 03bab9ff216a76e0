/** The net_cls and net_prio controllers, which only cgroup v1 has: their settings. */
import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import type { Resources } from '../../config/spec.js';
import type { CgroupOperation } from '../plan/cgroup-plan.js';
import { write } from '../plan/operations.js';

type Network = NonNullable<Resources['network']>;

/**
 * The write for net_cls.classid, the class that traffic control (tc(8)) sees on the container's packets.
 * @param pointer JSON pointer of the `network` section
 */
export function setNetCls(network: Network, directory: string, pointer: string): CgroupOperation[] {
  return network.classID === undefined
    ? []
    : [write(directory, 'net_cls.classid', network.classID, `${pointer}/classID`)];
}

/**
 * The writes for net_prio.ifpriomap, one per interface. The kernel looks the names up in the runtime's network namespace.
 * @param pointer JSON pointer of the `network` section
 * @throws TsruncError 'config' for an interface name with blanks, which the kernel would read as two words
 */
export function setNetPrio(network: Network, directory: string, pointer: string): CgroupOperation[] {
  return (network.priorities ?? []).map(({ name, priority }, i) => {
    const at = `${pointer}/priorities/${i}`;
    if (!/^\S+$/.test(name))
      throw new TsruncError('config', `no interface name: ${quote(name)}`, { pointer: `${at}/name` });
    return write(directory, 'net_prio.ifpriomap', `${name} ${priority}`, at);
  });
}
