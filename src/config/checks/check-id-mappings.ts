/** Checks id mappings, those of the container and those of mounts. */
import { eachItem, type Findings } from '../findings.js';
import type { IdMapping } from '../spec.js';

/** The most lines that the kernel takes in uid_map (user_namespaces(7)). */
const mostMappings = 340;
/** The most bytes of a map: it must be written by a single write(2) of less than a page (kernel/user_namespace.c, map_write). */
const mostBytes = 4095;
/** Ids have 32 bits, and the last one, 4294967295, means "no id". */
const endOfIds = 0xffffffff;

/** uidMappings or gidMappings, of the container or of a mount: notes what the kernel would refuse in an id map. */
export function checkIdMappings(mappings: readonly IdMapping[] | undefined, pointer: string, findings: Findings): void {
  if (mappings === undefined) return;
  if (mappings.length > mostMappings) {
    findings.problem(pointer, `has ${mappings.length} entries; must have at most ${mostMappings}`);
    return;
  }
  let bytes = 0;
  eachItem(mappings, pointer, ({ containerID, hostID, size }, at, index) => {
    bytes += `${containerID} ${hostID} ${size}\n`.length;
    if (size === 0) findings.problem(`${at}/size`, 'is 0; must be at least 1');
    for (const side of ['containerID', 'hostID'] as const) {
      const start = side === 'containerID' ? containerID : hostID;
      if (start + size > endOfIds) {
        findings.problem(`${at}/${side}`, `reaches to ${start + size - 1}; ids must be below ${endOfIds}`);
        continue;
      }
      const other = mappings.findIndex(
        (earlier, number) =>
          earlier !== undefined &&
          number < index &&
          start < earlier[side] + earlier.size &&
          earlier[side] < start + size,
      );
      if (other >= 0) {
        findings.problem(`${at}/${side}`, `overlaps with ${pointer}/${other}; each id must be mapped once`);
      }
    }
  });
  if (bytes > mostBytes) {
    findings.problem(pointer, `makes a map of ${bytes} bytes; the kernel takes at most ${mostBytes}`);
  }
}
