import type { Resources, ThrottleDevice } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import type { CgroupOperation, CgroupWrite } from '../plan/cgroup-plan.js';
import { ioWeight } from '../plan/io-weight.js';
import { isSet, refuseSet, unsupported, write } from '../plan/operations.js';
import { parseCount, readStat } from '../stat-file.js';
import type { BlkioEntry, BlkioStats } from '../stat-types.js';

/** Fields with a list of rates, and the key of io.max each goes to. */
const throttles = [
  ['throttleReadBpsDevice', 'rbps'],
  ['throttleWriteBpsDevice', 'wbps'],
  ['throttleReadIOPSDevice', 'riops'],
  ['throttleWriteIOPSDevice', 'wiops'],
] as const;

/**
 * Writes of the v2 io controller (cgroup-v2.rst, "IO Interface Files"). The BFQ scheduler has a weight file of its own,
 * with the range of v1; where it's absent the weight is converted for io.weight.
 * @param from pointer of the `blockIO` section
 * @throws TsruncError 'unsupported' for leaf weights, which v2 doesn't have
 */
export function setIo(io: NonNullable<Resources['blockIO']>, folder: string, from: string): CgroupOperation[] {
  refuseSet(io, ['leafWeight'], from, 'cgroup v2 has no leaf weight');
  const operations: CgroupOperation[] = [];
  if (isSet(io.weight)) operations.push(weightWrite(folder, '', io.weight, `${from}/weight`));
  io.weightDevice?.forEach((device, i) => {
    const pointer = `${from}/weightDevice/${i}`;
    if (isSet(device.leafWeight)) throw unsupported(`${pointer}/leafWeight`, 'cgroup v2 has no leaf weight');
    if (isSet(device.weight))
      operations.push(weightWrite(folder, `${device.major}:${device.minor} `, device.weight, pointer));
  });
  for (const [field, key] of throttles)
    io[field]?.forEach((device: ThrottleDevice, i) => {
      const rate = isSet(device.rate) ? String(device.rate) : 'max';
      operations.push(
        write(folder, 'io.max', `${device.major}:${device.minor} ${key}=${rate}`, `${from}/${field}/${i}`),
      );
    });
  return operations;
}

function weightWrite(folder: string, device: string, weight: number, from: string): CgroupWrite {
  return {
    ...write(folder, 'io.bfq.weight', `${device}${weight}`, from),
    fallback: { path: `${folder}/io.weight`, value: `${device}${ioWeight(weight)}` },
  };
}

/** Keys of io.stat, and v1's table and operation for each; the others (discards) have none. */
const statKeys: Readonly<Record<string, readonly ['serviceBytes' | 'serviced', string]>> = {
  rbytes: ['serviceBytes', 'Read'],
  wbytes: ['serviceBytes', 'Write'],
  rios: ['serviced', 'Read'],
  wios: ['serviced', 'Write'],
};

/** io.stat: a line `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6` for each device. */
export function statIo(native: Native, folder: string): BlkioStats {
  const stats: BlkioStats = {};
  for (const line of (readStat(native, folder, 'io.stat') ?? '').split('\n')) {
    const [device = '', ...fields] = line.split(' ');
    const [major, minor] = device.split(':').map(Number);
    if (major === undefined || minor === undefined) continue;
    for (const field of fields) {
      const [key = '', value = ''] = field.split('=');
      const [table, op] = statKeys[key] ?? [];
      if (table === undefined || op === undefined) continue;
      const entry: BlkioEntry = { major, minor, op, value: parseCount(value) };
      const entries = stats[table];
      if (entries) entries.push(entry);
      else stats[table] = [entry];
    }
  }
  return stats;
}
