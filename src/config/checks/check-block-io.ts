/** Checks the part of resources about block devices. */
import { highestNumber } from '../device-numbers.js';
import { eachItem, type Findings } from '../findings.js';
import type { Resources } from '../spec.js';

const throttles = [
  'throttleReadBpsDevice',
  'throttleWriteBpsDevice',
  'throttleReadIOPSDevice',
  'throttleWriteIOPSDevice',
] as const;

/**
 * resources.blockIO, found at the JSON pointer `pointer`. A weight must be in the kernel's range (CFQ_WEIGHT_LEGACY_MIN and MAX,
 * include/linux/blk-cgroup.h), or 0 for none. A rate of 0 removes a limit, as the kernel has it in v1 (blk_throtl); that makes
 * sense only in an update.
 */
export function checkBlockIo(
  io: NonNullable<Resources['blockIO']>,
  pointer: string,
  findings: Findings,
  update: boolean,
): void {
  checkWeights(io, pointer, findings);
  eachItem(io.weightDevice, `${pointer}/weightDevice`, (device, at) => {
    checkNumbers(device, at, findings);
    checkWeights(device, at, findings);
    if (device.weight === undefined && device.leafWeight === undefined && !findings.isDamaged(at)) {
      findings.problem(at, 'has neither weight nor leafWeight; must have one of them');
    }
  });
  for (const name of throttles)
    eachItem(io[name], `${pointer}/${name}`, (device, at) => {
      checkNumbers(device, at, findings);
      if (!update && Number(device.rate) === 0) {
        findings.problem(`${at}/rate`, 'is 0, which stands for no limit; must be at least 1, or the entry be left out');
      }
    });
}

function checkWeights(weights: { weight?: number; leafWeight?: number }, pointer: string, findings: Findings): void {
  for (const name of ['weight', 'leafWeight'] as const) {
    const weight = weights[name] ?? 0;
    if (weight !== 0 && (weight < 10 || weight > 1000)) {
      findings.problem(`${pointer}/${name}`, `is ${weight}; must be between 10 and 1000`);
    }
  }
}

function checkNumbers(device: { major: number; minor: number }, pointer: string, findings: Findings): void {
  for (const name of ['major', 'minor'] as const) {
    const most = highestNumber[name];
    if (device[name] < 0 || device[name] > most) {
      findings.problem(`${pointer}/${name}`, `is ${device[name]}; must be between 0 and ${most}`);
    }
  }
}
