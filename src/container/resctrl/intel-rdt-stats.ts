/** Reads the statistics of a container's resctrl group (resctrl.rst). */

import { ENOENT } from '../../base/errno.js';
import { isErrno } from '../../base/error.js';
import { readCount, readStat } from '../../cgroup/stat-file.js';
import type { Int } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import { findResctrl, groupBelow } from './intel-rdt.js';

/** The statistics, in the form that `events` prints. What this CPU doesn't offer is left out. */
export interface IntelRdtStats {
  l3?: { cbmMask: string; minCbmBits: Int; numClosids: Int; schemaRoot: string; schema: string };
  memBw?: {
    bandwidthGran: Int;
    delayLinear: Int;
    minBandwidth: Int;
    numClosids: Int;
    schemaRoot: string;
    schema: string;
  };
  /** Memory bandwidth monitoring: bytes so far, an entry for each cache domain. */
  mbm?: { total: Int; local: Int }[];
  /** Cache monitoring: bytes in use, an entry for each cache domain. */
  cmt?: { llcOccupancy: Int }[];
}

/** The statistics of the control group `closID`; undefined if resctrl isn't mounted. */
export function intelRdtStats(native: Native, closID: string): IntelRdtStats | undefined {
  const root = findResctrl(native);
  if (root === undefined) return undefined;
  const group = groupBelow(root, closID);
  const stats: IntelRdtStats = {};
  const count = (directory: string, file: string) => readCount(native, directory, file) ?? 0;
  const l3 = `${root}/info/L3`;
  const cbmMask = readStat(native, l3, 'cbm_mask')?.trim();
  if (cbmMask !== undefined)
    stats.l3 = {
      cbmMask,
      minCbmBits: count(l3, 'min_cbm_bits'),
      numClosids: count(l3, 'num_closids'),
      schemaRoot: schemaLine(native, root, 'L3:'),
      schema: schemaLine(native, group, 'L3:'),
    };
  const mb = `${root}/info/MB`;
  const bandwidthGran = readCount(native, mb, 'bandwidth_gran');
  if (bandwidthGran !== undefined)
    stats.memBw = {
      bandwidthGran,
      delayLinear: count(mb, 'delay_linear'),
      minBandwidth: count(mb, 'min_bandwidth'),
      numClosids: count(mb, 'num_closids'),
      schemaRoot: schemaLine(native, root, 'MB:'),
      schema: schemaLine(native, group, 'MB:'),
    };
  const features = (readStat(native, `${root}/info/L3_MON`, 'mon_features') ?? '').split('\n');
  const domains = domainsOf(native, `${group}/mon_data`);
  if (features.includes('mbm_total_bytes') || features.includes('mbm_local_bytes'))
    stats.mbm = domains.map((domain) => ({
      total: count(domain, 'mbm_total_bytes'),
      local: count(domain, 'mbm_local_bytes'),
    }));
  if (features.includes('llc_occupancy'))
    stats.cmt = domains.map((domain) => ({ llcOccupancy: count(domain, 'llc_occupancy') }));
  return stats;
}

function schemaLine(native: Native, group: string, resource: string): string {
  const lines = (readStat(native, group, 'schemata') ?? '').split('\n').map((line) => line.trim());
  return lines.find((line) => line.startsWith(resource)) ?? '';
}

function domainsOf(native: Native, directory: string): string[] {
  try {
    return native.readDir(directory).map((name) => `${directory}/${name}`);
  } catch (error) {
    if (isErrno(error, ENOENT)) return [];
    throw error;
  }
}
