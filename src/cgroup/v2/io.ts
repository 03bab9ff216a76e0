/** The io controller of cgroup v2: its limits and its statistics. */
import type { Resources, ThrottleDevice } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import type { CgroupOperation, CgroupWrite } from '../plan/cgroup-plan.js';
import { ioWeight } from '../plan/io-weight.js';
import { isSet, refuseSet, unsupported, write } from '../plan/operations.js';
import { parseCount, readStat } from '../stat-file.js';
import type { BlkioEntry, BlkioStats } from '../stat-types.js';

/** Fields with a list of rates, and the key in io.max for each. */
const throttles = [
  ['throttleReadBpsDevice', 'rbps'],
  ['throttleWriteBpsDevice', 'wbps'],
  ['throttleReadIOPSDevice', 'riops'],
  ['throttleWriteIOPSDevice', 'wiops'],
] as const;

/**
 * The writes for the v2 io controller (cgroup-v2.rst, "IO Interface Files"). The BFQ scheduler has its own weight file,
 * with the range of v1; where that is missing, the weight is converted for io.weight.
 * @param pointer JSON pointer of the `blockIO` section
 * @throws TsruncError 'unsupported' for leaf weights, which v2 doesn't have
 */
export function setIo(io: NonNullable<Resources['blockIO']>, directory: string, pointer: string): CgroupOperation[] {
  refuseSet(io, ['leafWeight'], pointer, 'cgroup v2 has no leaf weight');
  const operations: CgroupOperation[] = [];
  if (isSet(io.weight)) operations.push(weightWrite(directory, '', io.weight, `${pointer}/weight`));
  io.weightDevice?.forEach((device, i) => {
    const at = `${pointer}/weightDevice/${i}`;
    if (isSet(device.leafWeight)) throw unsupported(`${at}/leafWeight`, 'cgroup v2 has no leaf weight');
    if (isSet(device.weight))
      operations.push(weightWrite(directory, `${device.major}:${device.minor} `, device.weight, at));
  });
  for (const [field, key] of throttles)
    io[field]?.forEach((device: ThrottleDevice, i) => {
      const rate = isSet(device.rate) ? String(device.rate) : 'max';
      operations.push(
        write(directory, 'io.max', `${device.major}:${device.minor} ${key}=${rate}`, `${pointer}/${field}/${i}`),
      );
    });
  return operations;
}

function weightWrite(directory: string, device: string, weight: number, pointer: string): CgroupWrite {
  return {
    ...write(directory, 'io.bfq.weight', `${device}${weight}`, pointer),
    fallback: { path: `${directory}/io.weight`, value: `${device}${ioWeight(weight)}` },
  };
}

/** Keys of io.stat, and the table and operation of v1 for each. v1 has none for discards (dbytes, dios). */
const statKeys: Readonly<Record<string, readonly ['serviceBytes' | 'serviced', string]>> = {
  rbytes: ['serviceBytes', 'Read'],
  wbytes: ['serviceBytes', 'Write'],
  rios: ['serviced', 'Read'],
  wios: ['serviced', 'Write'],
};

/** The statistics in io.stat, which has a line `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6` per device. */
export function statIo(native: Native, directory: string): BlkioStats {
  const stats: BlkioStats = {};
  for (const line of (readStat(native, directory, 'io.stat') ?? '').split('\n')) {
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
