import type { Native } from '../../native/native.js';
import { parseCount, readStat } from '../stat-file.js';
import type { Pressure, PressureLine } from '../stat-types.js';

/**
 * How long processes waited for a resource: lines `some avg10=0.00 avg60=0.00 avg300=0.00 total=0` and `full …`
 * (accounting/psi.rst). Undefined where the kernel doesn't measure it (CONFIG_PSI, psi=1).
 */
export function statPressure(native: Native, folder: string, resource: 'cpu' | 'memory' | 'io'): Pressure | undefined {
  const text = readStat(native, folder, `${resource}.pressure`);
  if (text === undefined) return undefined;
  const pressure: Pressure = { some: none(), full: none() };
  for (const line of text.split('\n')) {
    const [kind, ...fields] = line.split(' ');
    if (kind !== 'some' && kind !== 'full') continue;
    for (const field of fields) {
      const [key, value = ''] = field.split('=');
      if (key === 'total') pressure[kind].total = parseCount(value);
      else if (key === 'avg10' || key === 'avg60' || key === 'avg300') pressure[kind][key] = Number(value);
    }
  }
  return pressure;
}

function none(): PressureLine {
  return { avg10: 0, avg60: 0, avg300: 0, total: 0 };
}
