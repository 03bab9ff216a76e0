/** Masked paths and devices. */
import { config, type Explanation, hasNamespace, mountOf, placeOf } from './seen.js';

const isMask = (is: string): boolean => /\/null$/.test(is) || is === 'tmpfs /';

const defaultDevices = new Set(['null', 'zero', 'full', 'tty', 'random', 'urandom'].map((name) => `/dev/${name}`));

const withoutDefaults = (text = ''): string =>
  text
    .split('\n')
    .filter((line) => !/^c (1:[35789]|5:0) /.test(line))
    .join('\n');

export const files: readonly Explanation[] = [
  {
    row: 'what lies over a masked path',
    holds: (seen) => {
      const masked = (config(seen).linux?.maskedPaths ?? []).map(placeOf);
      const mount = mountOf(seen);
      // A mask of runc's is a bind of /dev/null: where that is masked too and mounts are shared, it lies over all of them once more.
      const [, place = ''] = /^mounts:(.*):\w+$/.exec(seen.fact) ?? [];
      if (seen.tsrunc === undefined && place !== '')
        return (
          isMask(seen.all.runc.get(`mounts:${place}:is`) ?? '') &&
          [...masked, '/dev/null'].includes(place.replace(/#\d+$/, ''))
        );
      if (mount === undefined)
        return (
          masked.some((path) => seen.fact === `tree:${path}`) && /^(040755|020666 0:0 1:3) ?/.test(seen.tsrunc ?? '')
        );
      return isMask(mount.is.tsrunc) && isMask(mount.is.runc) && masked.includes(mount.place);
    },
  },
  {
    row: '`linux.devices` that names a default device, on a host with cgroup v1',
    holds: (seen) => {
      const named = (config(seen).linux?.devices ?? []).filter(({ path }) => defaultDevices.has(path));
      if (seen.fact === 'cgroup:devices/devices.list')
        return named.length > 0 && withoutDefaults(seen.tsrunc) === withoutDefaults(seen.runc);
      return named.length > 0 && /^(nodes:|tree:|opens:\/dev)/.test(seen.fact) && /EPERM/.test(seen.runc ?? '');
    },
  },
  {
    row: 'devices of a container with a user namespace of its own, made by root of the host',
    holds: (seen) => {
      if (!hasNamespace(seen, 'user')) return false;
      const mount = mountOf(seen);
      if (mount !== undefined) return /^tmpfs \/\d+$/.test(mount.is.tsrunc) && /^devtmpfs /.test(mount.is.runc);
      return /^(tree|opens|nodes):\/dev\//.test(seen.fact);
    },
  },
];
