import type { Resources, ThrottleDevice } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import type { CgroupOperation, CgroupWrite } from '../plan/cgroup-plan.js';
import { isSet, write } from '../plan/operations.js';
import { parseCount, readStat } from '../stat-file.js';
import type { BlkioEntry, BlkioStats, BlkioTable } from '../stat-types.js';

const throttles = [
  ['throttleReadBpsDevice', 'blkio.throttle.read_bps_device'],
  ['throttleWriteBpsDevice', 'blkio.throttle.write_bps_device'],
  ['throttleReadIOPSDevice', 'blkio.throttle.read_iops_device'],
  ['throttleWriteIOPSDevice', 'blkio.throttle.write_iops_device'],
] as const;

/**
 * Writes of the v1 blkio controller (cgroup-v1/blkio-controller.rst). The weight files without `bfq` belong to the CFQ
 * scheduler, which left the kernel in 5.0, with leaf weights.
 * @param from pointer of the `blockIO` section
 */
export function setBlkio(io: NonNullable<Resources['blockIO']>, folder: string, from: string): CgroupOperation[] {
  const operations: CgroupOperation[] = [];
  if (isSet(io.weight))
    operations.push(weight(folder, 'blkio.weight', 'blkio.bfq.weight', io.weight, `${from}/weight`));
  if (isSet(io.leafWeight)) operations.push(write(folder, 'blkio.leaf_weight', io.leafWeight, `${from}/leafWeight`));
  io.weightDevice?.forEach((device, i) => {
    const pointer = `${from}/weightDevice/${i}`;
    const numbers = `${device.major}:${device.minor}`;
    if (isSet(device.weight))
      operations.push(
        weight(
          folder,
          'blkio.weight_device',
          'blkio.bfq.weight_device',
          `${numbers} ${device.weight}`,
          `${pointer}/weight`,
        ),
      );
    if (isSet(device.leafWeight))
      operations.push(
        write(folder, 'blkio.leaf_weight_device', `${numbers} ${device.leafWeight}`, `${pointer}/leafWeight`),
      );
  });
  for (const [field, file] of throttles)
    io[field]?.forEach((device: ThrottleDevice, i) => {
      operations.push(write(folder, file, `${device.major}:${device.minor} ${device.rate}`, `${from}/${field}/${i}`));
    });
  return operations;
}

function weight(folder: string, file: string, bfq: string, value: string | number, from: string): CgroupWrite {
  return { ...write(folder, file, value, from), fallback: { path: `${folder}/${bfq}`, value: String(value) } };
}

/** What I/O schedulers and the throttling layer count, best first: [prefix of the files, name and table of each]. */
const sources: readonly (readonly [string, readonly (readonly [string, BlkioTable])[]])[] = [
  [
    'blkio.bfq.',
    [
      ['io_service_bytes_recursive', 'serviceBytes'],
      ['io_serviced_recursive', 'serviced'],
      // The rest only with CONFIG_BFQ_CGROUP_DEBUG.
      ['io_queued_recursive', 'queued'],
      ['io_service_time_recursive', 'serviceTime'],
      ['io_wait_time_recursive', 'waitTime'],
      ['io_merged_recursive', 'merged'],
      ['time_recursive', 'time'],
      ['sectors_recursive', 'sectors'],
    ],
  ],
  [
    'blkio.throttle.',
    [
      ['io_service_bytes_recursive', 'serviceBytes'],
      ['io_serviced_recursive', 'serviced'],
    ],
  ],
  [
    'blkio.throttle.',
    [
      ['io_service_bytes', 'serviceBytes'],
      ['io_serviced', 'serviced'],
    ],
  ],
];

/** The tables of the first source that has counted anything. */
export function statBlkio(native: Native, folder: string): BlkioStats {
  for (const [prefix, files] of sources) {
    const stats: BlkioStats = {};
    for (const [file, table] of files) {
      const entries = parseBlkio(readStat(native, folder, prefix + file) ?? '');
      if (entries.length > 0) stats[table] = entries;
    }
    if (Object.keys(stats).length > 0) return stats;
  }
  return {};
}

/** Lines `8:0 Read 4096` or `8:0 4096`; the line `Total 4096` is of all devices. */
function parseBlkio(text: string): BlkioEntry[] {
  return text.split('\n').flatMap((line) => {
    const [, major, minor, op = '', value] = /^(\d+):(\d+)(?: (\w+))? (\d+)$/.exec(line) ?? [];
    return value === undefined ? [] : [{ major: Number(major), minor: Number(minor), op, value: parseCount(value) }];
  });
}
