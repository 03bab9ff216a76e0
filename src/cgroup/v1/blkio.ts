import type { Resources, ThrottleDevice } from '../../config/spec.js';
import type { CgroupOperation, CgroupWrite } from '../cgroup-plan.js';
import { isSet, write } from '../operations.js';

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
