import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import type { Resources } from '../../config/spec.js';
import type { CgroupOperation } from '../plan/cgroup-plan.js';
import { write } from '../plan/operations.js';

type Network = NonNullable<Resources['network']>;

/** net_cls.classid: the class that traffic control sees on the container's packets. `from`: pointer of the `network` section. */
export function setNetCls(network: Network, folder: string, from: string): CgroupOperation[] {
  return network.classID === undefined ? [] : [write(folder, 'net_cls.classid', network.classID, `${from}/classID`)];
}

/**
 * net_prio.ifpriomap: one write an interface (of the runtime's network namespace).
 * @throws TsruncError 'config' for an interface name with blanks, which the file would read as two words
 */
export function setNetPrio(network: Network, folder: string, from: string): CgroupOperation[] {
  return (network.priorities ?? []).map(({ name, priority }, i) => {
    const pointer = `${from}/priorities/${i}`;
    if (!/^\S+$/.test(name))
      throw new TsruncError('config', `no interface name: ${quote(name)}`, { pointer: `${pointer}/name` });
    return write(folder, 'net_prio.ifpriomap', `${name} ${priority}`, pointer);
  });
}
