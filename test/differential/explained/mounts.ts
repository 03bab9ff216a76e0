import { config, type Explanation, isBind, mountOf, mountsAt, pathOf, placeOf } from './seen.js';

/** Words of mountinfo that one has and the other hasn't. */
function change(from = '', to = ''): { more: string[]; less: string[] } {
  const [before, after] = [from, to].map((text) => new Set(text.split(',')));
  return {
    more: [...after!].filter((word) => !before!.has(word)),
    less: [...before!].filter((word) => !after!.has(word)),
  };
}

/** A path and all that it lies in, the root first. */
const above = (path: string): string[] => path.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/') || '/');

const recursive = /^r(ro|no|suid|dev|exec|atime|dir|strict|rel|sym)/;

export const bindMounts: readonly Explanation[] = [
  {
    row: 'the mounts of a mount of type `cgroup`, on a host with cgroup v1',
    holds: (seen) => {
      const places = (config(seen).mounts ?? [])
        .filter(({ type }) => type === 'cgroup')
        .map(({ destination }) => destination);
      const mount = mountOf(seen);
      if (mount !== undefined)
        return (
          /^(source|options|propagation)$/.test(mount.part) &&
          places.some((place) => `${mount.place}/`.startsWith(`${place}/`))
        );
      return places.some((place) => seen.fact === `opens:${place}`) && /EROFS$/.test(seen.tsrunc ?? '');
    },
  },
  {
    row: '`rootfsPropagation` with an `r` (`rprivate`)',
    holds: (seen) => mountOf(seen)?.part === 'propagation' && /^r/.test(config(seen).linux?.rootfsPropagation ?? ''),
  },
  {
    row: 'a mount without `source`, as mountinfo shows it',
    holds: (seen) =>
      mountOf(seen)?.part === 'source' &&
      (seen.runc === '' || seen.runc === 'none') &&
      mountsAt(seen, mountOf(seen)!.place).some(({ source }) => source === undefined),
  },
  {
    row: 'the mode of a tmpfs without `mode=`, as mountinfo shows it',
    holds: (seen) => {
      const { more, less } = change(seen.tsrunc, seen.runc);
      return mountOf(seen)?.part === 'superblock' && less.length === 0 && /^mode=\d+$/.test(more.join());
    },
  },
  {
    row: '`ro` of a new file system that is no tmpfs',
    holds: (seen) => {
      const mount = mountOf(seen);
      // The kernel looks at the file system, at the rights, at the mount, in this order.
      const path = pathOf(seen);
      if (path !== undefined)
        return (
          /EACCES$/.test(seen.tsrunc ?? '') &&
          /EROFS$/.test(seen.runc ?? '') &&
          above(path).some((place) => mountsAt(seen, place).some((one) => !isBind(one) && one.options?.includes('ro')))
        );
      const { more, less } = change(seen.tsrunc, seen.runc);
      return (
        mount?.part === 'superblock' &&
        more.join() === 'ro' &&
        less.join() === 'rw' &&
        !mount.is.runc.startsWith('tmpfs')
      );
    },
  },
  {
    row: 'flags of the mount that a bind shows (`ro`, `nosuid`, `nodev`, `noexec`)',
    holds: (seen) => {
      const mount = mountOf(seen);
      const path = pathOf(seen);
      if (path !== undefined)
        return (
          /EACCES$/.test(seen.tsrunc ?? '') &&
          above(placeOf(path)).some((place) =>
            mountsAt(seen, place).some((one) => isBind(one) && /\/flagged/.test(one.source ?? '')),
          )
        );
      if (mount?.part !== 'options') return false;
      const { more, less } = change(seen.tsrunc, seen.runc);
      if ((config(seen).linux?.readonlyPaths ?? []).some((path) => placeOf(path) === mount.place))
        return more.length === 0 && less.every((word) => /^(nosuid|nodev|noexec|nosymfollow|noatime)$/.test(word));
      if (!mountsAt(seen, mount.place).some(isBind)) return false;
      const isFlagged = mountsAt(seen, mount.place).some((one) => /\/flagged/.test(one.source ?? ''));
      // The host's own file system may be one with noatime.
      const kept = isFlagged ? /^(nosuid|nodev|noatime|relatime)$/ : /^(no|rel)atime$/;
      return less.every((word) => kept.test(word)) && more.every((word) => /^(no|rel)atime$/.test(word));
    },
  },
  {
    row: 'several mounts at one place',
    holds: (seen) => {
      const path = pathOf(seen);
      const mount = mountOf(seen);
      const place = path === undefined ? mount?.place : placeOf(path);
      if (place === undefined) return false;
      const all = mountsAt(seen, place);
      // runc takes the kernel's EBUSY for cgroups that may not be mounted, and binds the container's own.
      if (mount?.part === 'is') return all.filter(({ type }) => type === 'cgroup').length > 1;
      if (path === undefined && mount?.part !== 'options') return false;
      return all.length > 1 && all.some(({ options = [] }) => options.includes('ro'));
    },
  },
  {
    row: '`strictatime`, `relatime`, `noatime` together',
    holds: (seen) => {
      const mount = mountOf(seen);
      const { more, less } = change(seen.tsrunc, seen.runc);
      return (
        mount?.part === 'options' &&
        [...more, ...less].every((word) => /^(no|rel)atime$/.test(word)) &&
        mountsAt(seen, mount.place).some(
          ({ options = [] }) => options.filter((word) => /^(strict|rel|no)atime$/.test(word)).length > 1,
        )
      );
    },
  },
  {
    row: 'recursive options (`rro`, `rnosuid`) of a mount that is no bind',
    holds: (seen) => {
      const hasWords = (place: string): boolean =>
        mountsAt(seen, place).some((one) => !isBind(one) && one.options?.some((word) => recursive.test(word)));
      const mount = mountOf(seen);
      const path = pathOf(seen);
      if (seen.tsrunc === 'ELOOP') return hasWords('/proc');
      if (mount === undefined) return path !== undefined && above(placeOf(path)).some(hasWords);
      // A read-only path has what the mount has that it lies in.
      const isReadonlyPath = (config(seen).linux?.readonlyPaths ?? []).some((one) => placeOf(one) === mount.place);
      return (
        mount.part === 'options' && (hasWords(mount.place) || (isReadonlyPath && above(mount.place).some(hasWords)))
      );
    },
  },
];
