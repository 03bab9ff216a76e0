/** Checks mounts. */
import { quote } from '../../base/quote.js';
import { isBindMount } from '../bind-mount.js';
import { eachItem, type Findings } from '../findings.js';
import { isInlineIdMap, readInlineIdMap } from '../inline-id-map.js';
import type { NamespaceSet } from '../namespace-set.js';
import { IDMAP, INLINE_IDMAP, optionKinds, PROPAGATION, REMOUNT } from '../option-kinds.js';
import type { Linux, Mount } from '../spec.js';
import { checkIdMappings } from './check-id-mappings.js';
import { checkMountOptions } from './check-mount-options.js';

/**
 * mounts: destination, source, type, options and id mappings. A relative destination, which version 1.0 of the specification allowed,
 * is made absolute in the mount, with a warning.
 */
export function checkMounts(
  mounts: readonly Mount[] | undefined,
  namespaces: NamespaceSet,
  linux: Linux,
  findings: Findings,
): void {
  eachItem(mounts, '/mounts', (mount, pointer) => {
    const kinds = optionKinds(mount.options);
    const isBind = isBindMount(mount, kinds);
    checkDestination(mount, pointer, findings);
    if (isBind) checkSource(mount, pointer, findings);
    else if (!mount.type && (kinds & (REMOUNT | PROPAGATION)) === 0) {
      if (!findings.isDamaged(pointer)) {
        findings.problem(
          `${pointer}/type`,
          'is missing; must name a file system, or options must have "bind" or "rbind"',
        );
      }
    }
    checkMountOptions(mount, isBind, kinds, pointer, findings);
    if ((kinds & (IDMAP | INLINE_IDMAP)) !== 0 || mount.uidMappings !== undefined || mount.gidMappings !== undefined)
      checkIdmap(mount, pointer, namespaces, linux, findings);
  });
}

function checkDestination(mount: Mount, around: string, findings: Findings): void {
  const { destination } = mount;
  if (destination.startsWith('/') && !destination.endsWith('/') && !destination.endsWith('.')) return;
  const pointer = `${around}/destination`;
  const depth = destination.split('/').filter((part) => part !== '' && part !== '.');
  if (destination === '') findings.problem(pointer, 'is empty; must be an absolute path in the container');
  else if (depth.length === 0) findings.problem(pointer, 'is the root of the container; must be a path below it');
  else if (!destination.startsWith('/')) {
    findings.warn(pointer, `${quote(destination)} is relative: ${quote(`/${destination}`)} is taken`, {
      code: 'odd-value',
    });
    mount.destination = `/${destination}`;
  }
}

/** A bind mount must have a source. A remount needs none, as it changes the mount that is there. */
function checkSource(mount: Mount, pointer: string, findings: Findings): void {
  if (mount.source || mount.options?.includes('remount') || findings.isDamaged(`${pointer}/source`)) return;
  findings.problem(
    `${pointer}/source`,
    `is ${mount.source === '' ? 'empty' : 'missing'}; a bind mount must have a source`,
  );
}

/** An idmapped mount has both maps, or takes those of the container by the option idmap or ridmap (config.md, Mounts). */
function checkIdmap(mount: Mount, pointer: string, namespaces: NamespaceSet, linux: Linux, findings: Findings): void {
  const uid = (mount.uidMappings?.length ?? 0) > 0;
  const gid = (mount.gidMappings?.length ?? 0) > 0;
  checkIdMappings(mount.uidMappings, `${pointer}/uidMappings`, findings);
  checkIdMappings(mount.gidMappings, `${pointer}/gidMappings`, findings);
  if (uid !== gid) {
    const [given, missing] = uid ? ['uidMappings', 'gidMappings'] : ['gidMappings', 'uidMappings'];
    const at = `${pointer}/${missing}`;
    if (!findings.isDamaged(at)) findings.problem(at, `is missing; must be given with ${given}`);
    return;
  }
  const inline = (mount.options ?? []).findIndex(isInlineIdMap);
  const option = (mount.options ?? []).findIndex((name) => name === 'idmap' || name === 'ridmap');
  if (inline >= 0) {
    checkInlineIdMap(mount, inline, uid || option >= 0, pointer, linux, findings);
    return;
  }
  if ((uid || option >= 0) && mount.options?.includes('remount')) {
    findings.problem(
      pointer,
      'is a remount, which maps no ids; must have idmap and mappings where it is mounted first',
    );
    return;
  }
  if (option < 0 || uid || namespaces.path('user') !== undefined || findings.isDamaged(pointer)) return;
  if ((linux.uidMappings?.length ?? 0) > 0 || findings.isDamaged('/linux/uidMappings')) return;
  findings.problem(`${pointer}/options/${option}`, 'has no mappings to use; must have uidMappings and gidMappings');
}

/** A mount with an option that holds id maps can have no other maps. */
function checkInlineIdMap(
  { options = [] }: Mount,
  index: number,
  hasOthers: boolean,
  pointer: string,
  linux: Linux,
  findings: Findings,
): void {
  const at = `${pointer}/options/${index}`;
  const option = options[index]!;
  if (hasOthers || options.filter(isInlineIdMap).length > 1) {
    findings.problem(at, `is ${quote(option)} beside another id map; must be the only one`);
  } else if (options.includes('remount')) {
    findings.problem(at, 'is given with remount, which maps no ids; must be given where it is mounted first');
  } else {
    const maps = readInlineIdMap(option, linux);
    if (typeof maps === 'string') findings.problem(at, maps);
  }
}
