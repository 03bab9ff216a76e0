/** Idmapped mounts: which of the file systems that are mounted here allow them, tried on a copy of each mount that is attached nowhere. */
import { mountLines } from '../base/mountinfo.js';
import { type DoctorLine, type Examination, limited, ok } from './line.js';
import { textOf } from './proc-text.js';

/** File systems that volumes and images lie on. */
const interesting = [
  'ext4',
  'xfs',
  'btrfs',
  'f2fs',
  'overlay',
  'tmpfs',
  'vfat',
  'erofs',
  'squashfs',
  'zfs',
  'nfs',
  'nfs4',
  'cifs',
  'ceph',
  '9p',
  'virtiofs',
  'ntfs3',
  'bcachefs',
];
/** Mounts of a server are not touched: it may not answer. */
const remote = ['nfs', 'nfs4', 'cifs', 'ceph'];

/** The group of idmapped mounts. */
export function examineIdmappedMounts(examination: Examination): DoctorLine[] {
  const { rt, isRoot } = examination;
  if (!isRoot) return [limited('all', 'only root of the host can make them')];
  const places = new Map<string, string>();
  for (const { type, point } of mountLines(textOf(rt.native, '/proc/self/mountinfo') ?? ''))
    if (interesting.includes(type) && !places.has(type)) places.set(type, point);
  return [...places].sort().map(([type, point]) => typeLine(examination, type, point));
}

function typeLine({ attempt }: Examination, type: string, point: string): DoctorLine {
  if (remote.includes(type)) return limited(type, `not tried, as the server may not answer: ${point}`);
  const error = attempt((builder) => {
    const slot = builder.stepSlot();
    const map = '0 100000 65536\n';
    const userns = builder.runtimeSlot({ kind: 'user-namespace', uidMap: map, gidMap: map, pointer: '' });
    builder.add('', { step: 'clone-tree', source: point, recursive: 0, noFollow: 0, slot });
    builder.add('', { step: 'idmap-tree', tree: slot, userns, recursive: 0 });
  });
  if (error === undefined) return ok(type, `as at ${point}`);
  return limited(type, `not at ${point}: ${error.message}`, {
    remedy: 'a newer kernel, or another file system for the source',
  });
}
