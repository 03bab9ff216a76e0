/** Lets criu read the images of a container that has a user namespace. */
import { hostId } from '../config/id-mappings.js';
import type { Spec } from '../config/spec.js';
import { O_NOFOLLOW, O_PATH, S_IFDIR, S_IFMT, S_IFREG } from '../native/flags.js';
import type { Native } from '../native/native.js';
import { imagesIn, withParents } from './image-files.js';

/** For chown(2): leave it. */
const SAME_USER = 0xffffffff;
/** What the group gets. */
const GROUP_READ = 0o040;
const GROUP_SEARCH = 0o010;

/** The group on the host that is 0 in a user namespace of the container's own; undefined where there is none. */
export function groupOfRoot({ linux }: Spec): number | undefined {
  const own = linux?.namespaces?.some(({ type, path }) => type === 'user' && !path) ?? false;
  return own ? hostId(linux?.gidMappings ?? [], 0) : undefined;
}

/**
 * Gives the images to the group that is 0 in the container, and that group the right to read them: the process that criu
 * restores reads its images as root of its user namespace, which is nobody special outside. Nobody else gets in, and they
 * can't be changed from the container. What isn't a regular file, or is behind a symlink, stays as it is.
 */
export function openToUserNamespace(native: Native, images: string, spec: Spec): void {
  const group = groupOfRoot(spec);
  if (group === undefined || group === 0) return;
  for (const directory of withParents(native, images)) {
    admit(native, native.realPath(directory), group, S_IFDIR, GROUP_SEARCH);
    for (const name of imagesIn(native, directory)) admit(native, `${directory}/${name}`, group, S_IFREG, GROUP_READ);
  }
}

/** Gives a file of this type to the group, with these rights besides those it has. */
function admit(native: Native, path: string, group: number, type: number, rights: number): void {
  // Looked at and changed by the same descriptor, as it might be another file meanwhile.
  const fd = native.open(path, O_PATH | O_NOFOLLOW, 0);
  try {
    const { mode, gid } = native.fstat(fd);
    const already = (mode & (rights >> 3)) !== 0 || (gid === group && (mode & rights) !== 0);
    if (already || (mode & S_IFMT) !== type) return;
    native.chown(`/proc/self/fd/${fd}`, SAME_USER, group);
    native.chmod(`/proc/self/fd/${fd}`, (mode & 0o7777) | rights);
  } finally {
    native.close(fd);
  }
}
