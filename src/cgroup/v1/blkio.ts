/** The blkio controller of cgroup v1: its limits and its statistics. */
import type { Resources, ThrottleDevice } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import type { CgroupOperation, CgroupWrite } from '../plan/cgroup-plan.js';
import { isSet, write } from '../plan/operations.js';
import { parseCount, readStat } from '../stat-file.js';
import type { BlkioEntry, BlkioStats, BlkioTable } from '../stat-types.js';

/** Fields with a list of rates, and the file that each is written to. */
const throttles = [
  ['throttleReadBpsDevice', 'blkio.throttle.read_bps_device'],
  ['throttleWriteBpsDevice', 'blkio.throttle.write_bps_device'],
  ['throttleReadIOPSDevice', 'blkio.throttle.read_iops_device'],
  ['throttleWriteIOPSDevice', 'blkio.throttle.write_iops_device'],
] as const;

/**
 * The writes for the v1 blkio controller (cgroup-v1/blkio-controller.rst). The weight files without `bfq` and those for
 * leaf weights belong to the CFQ scheduler, which was removed in Linux 5.0; later kernels have only the `bfq` ones.
 * @param pointer JSON pointer of the `blockIO` section
 */
export function setBlkio(io: NonNullable<Resources['blockIO']>, directory: string, pointer: string): CgroupOperation[] {
  const operations: CgroupOperation[] = [];
  if (isSet(io.weight))
    operations.push(weight(directory, 'blkio.weight', 'blkio.bfq.weight', io.weight, `${pointer}/weight`));
  if (isSet(io.leafWeight))
    operations.push(write(directory, 'blkio.leaf_weight', io.leafWeight, `${pointer}/leafWeight`));
  io.weightDevice?.forEach((device, i) => {
    const at = `${pointer}/weightDevice/${i}`;
    const numbers = `${device.major}:${device.minor}`;
    if (isSet(device.weight))
      operations.push(
        weight(
          directory,
          'blkio.weight_device',
          'blkio.bfq.weight_device',
          `${numbers} ${device.weight}`,
          `${at}/weight`,
        ),
      );
    if (isSet(device.leafWeight))
      operations.push(
        write(directory, 'blkio.leaf_weight_device', `${numbers} ${device.leafWeight}`, `${at}/leafWeight`),
      );
  });
  for (const [field, file] of throttles)
    io[field]?.forEach((device: ThrottleDevice, i) => {
      operations.push(
        write(directory, file, `${device.major}:${device.minor} ${device.rate}`, `${pointer}/${field}/${i}`),
      );
    });
  return operations;
}

function weight(directory: string, file: string, bfq: string, value: string | number, pointer: string): CgroupWrite {
  return { ...write(directory, file, value, pointer), fallback: { path: `${directory}/${bfq}`, value: String(value) } };
}

/**
 * The files in which I/O schedulers and the throttling layer count, best source first: the prefix of the files, then each
 * file's name and the table that it goes to.
 */
const sources: readonly (readonly [string, readonly (readonly [string, BlkioTable])[]])[] = [
  [
    'blkio.bfq.',
    [
      ['io_service_bytes_recursive', 'serviceBytes'],
      ['io_serviced_recursive', 'serviced'],
      // The kernel has the rest only with CONFIG_BFQ_CGROUP_DEBUG.
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

/** The statistics of the blkio controller: the tables of the first source that has counted anything. */
export function statBlkio(native: Native, directory: string): BlkioStats {
  for (const [prefix, files] of sources) {
    const stats: BlkioStats = {};
    for (const [file, table] of files) {
      const entries = parseBlkio(readStat(native, directory, prefix + file) ?? '');
      if (entries.length > 0) stats[table] = entries;
    }
    if (Object.keys(stats).length > 0) return stats;
  }
  return {};
}

/** Parses lines `8:0 Read 4096` or `8:0 4096`; the last line, `Total 4096` for all devices, is left out. */
function parseBlkio(text: string): BlkioEntry[] {
  return text.split('\n').flatMap((line) => {
    const [, major, minor, op = '', value] = /^(\d+):(\d+)(?: (\w+))? (\d+)$/.exec(line) ?? [];
    return value === undefined ? [] : [{ major: Number(major), minor: Number(minor), op, value: parseCount(value) }];
  });
}
