/** Checks linux.devices. */
import { quote } from '../../base/quote.js';
import { highestNumber } from '../device-numbers.js';
import { eachItem, type Findings } from '../findings.js';
import type { Device } from '../spec.js';

/**
 * linux.devices: absolute paths, numbers that the kernel takes, and one device for each path. The same device may be given again;
 * then its first entry counts.
 */
export function checkDevices(devices: readonly Device[] | undefined, findings: Findings): void {
  const byPath = new Map<string, { device: Device; pointer: string }>();
  eachItem(devices, '/linux/devices', (device, pointer) => {
    if (!device.path.startsWith('/')) {
      findings.problem(`${pointer}/path`, `is ${quote(device.path)}; must be an absolute path`);
    }
    if (device.type !== 'p') checkNumbers(device, pointer, findings);
    checkMode(device, pointer, findings);
    const first = byPath.get(device.path);
    if (first === undefined) byPath.set(device.path, { device, pointer });
    else if (sameDevice(first.device, device)) {
      // Some engines give a device twice.
      if (!sameAccess(first.device, device))
        findings.warn(pointer, `is left out: ${first.pointer} gives ${device.path} another mode or owner`);
    } else {
      findings.problem(
        `${pointer}/path`,
        `is another device than ${first.pointer} gives for ${device.path}; must be one`,
      );
    }
  });
}

function checkNumbers(device: Device, pointer: string, findings: Findings): void {
  for (const name of ['major', 'minor'] as const) {
    const most = highestNumber[name];
    const number = device[name];
    const at = `${pointer}/${name}`;
    if (number === undefined) {
      if (!findings.isDamaged(at))
        findings.problem(at, `is missing; must be given for a device of type "${device.type}"`);
    } else if (number < 0 || number > most) findings.problem(at, `is ${number}; must be between 0 and ${most}`);
  }
}

/** Some callers leave the bits of the file type in fileMode. They are ignored; higher bits don't exist. */
function checkMode(device: Device, pointer: string, findings: Findings): void {
  const mode = device.fileMode ?? 0;
  if (mode > 0o177777) {
    findings.problem(`${pointer}/fileMode`, `is ${mode}; must be at most 4095 (07777), written as a decimal number`);
  }
}

const sameAccess = (a: Device, b: Device): boolean =>
  a.fileMode === b.fileMode && (a.uid ?? 0) === (b.uid ?? 0) && (a.gid ?? 0) === (b.gid ?? 0);

function sameDevice(a: Device, b: Device): boolean {
  const isChar = (type: string) => type === 'c' || type === 'u';
  return (a.type === b.type || (isChar(a.type) && isChar(b.type))) && a.major === b.major && a.minor === b.minor;
}
