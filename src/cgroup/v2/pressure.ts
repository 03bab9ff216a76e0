/** Pressure stall information (PSI), which only cgroup v2 has. */
import type { Native } from '../../native/native.js';
import { parseCount, readStat } from '../stat-file.js';
import type { Pressure, PressureLine } from '../stat-types.js';

/**
 * How long processes waited for a resource, from the lines `some avg10=0.00 avg60=0.00 avg300=0.00 total=0` and `full
 * …` of its pressure file (accounting/psi.rst).
 * @returns undefined if the kernel doesn't measure it: that needs CONFIG_PSI, and psi=1 where it is off by default
 */
export function statPressure(
  native: Native,
  directory: string,
  resource: 'cpu' | 'memory' | 'io',
): Pressure | undefined {
  const text = readStat(native, directory, `${resource}.pressure`);
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
