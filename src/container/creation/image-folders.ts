import { EEXIST, ENOENT, ENOTDIR } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { DUMP_LOG } from '../../criu/dump-request.js';
import type { CriuOptions } from '../../criu/options.js';
import { RESTORE_LOG } from '../../criu/restore-request.js';
import { O_DIRECTORY, O_RDONLY, S_IFDIR, S_IFMT, S_IFREG } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import { fileKind } from '../../native/regular-file.js';
import type { Runtime } from '../runtime.js';
import { absolutePath } from '../state/paths.js';

/** criu's name of the symlink to the images that a dump builds upon. */
const PARENT = 'parent';
/** More pre-dumps than anybody makes; a symlink to its own folder ends here. */
const MOST_PARENTS = 64;

/** What criu writes among its logs, by names that it chooses but for the first. */
const written = { dump: [DUMP_LOG, 'stats-dump'], restore: [RESTORE_LOG, 'stats-restore'] } as const;

/** The folders that criu works in, opened: it reaches them through the runtime's /proc. */
export interface ImageFolders {
  readonly path: string;
  /** Where criu logs. */
  readonly logs: string;
  readonly images: number;
  readonly work?: number;
  close(): void;
}

/**
 * Opens the folder of the images and, where it is given, the one for logs, which is made.
 * @param make the images' folder is made too (checkpoint).
 * @throws TsruncError 'system' with its path.
 */
export function openImageFolders(rt: Runtime, options: CriuOptions, make: boolean): ImageFolders {
  const { native } = rt;
  const path = absolutePath(rt, options.imagePath);
  if (make) makeFolders(native, path);
  const images = openFolder(native, path, '--image-path');
  let work: number | undefined;
  const logs = options.workPath === undefined ? path : absolutePath(rt, options.workPath);
  try {
    if (options.workPath !== undefined) {
      makeFolders(native, logs);
      work = openFolder(native, logs, '--work-path');
    }
  } catch (error) {
    native.close(images);
    throw error;
  }
  return opened(native, path, logs, images, work);
}

function opened(native: Native, path: string, logs: string, images: number, work: number | undefined): ImageFolders {
  return {
    path,
    logs,
    images,
    ...(work !== undefined && { work }),
    close() {
      native.close(images);
      if (work !== undefined) native.close(work);
    },
  };
}

/**
 * The same folders as a process in another mount namespace sees them: criu mounts in the folder it works in, which has to
 * belong to its own namespace (mount(2), EINVAL).
 */
export function foldersSeenBy(native: Native, pid: number, { path, logs, work }: ImageFolders): ImageFolders {
  const open = (folder: string) =>
    native.open(`/proc/${pid}/root${native.realPath(folder)}`, O_RDONLY | O_DIRECTORY, 0);
  const images = open(path);
  try {
    return opened(native, path, logs, images, work === undefined ? undefined : open(logs));
  } catch (error) {
    native.close(images);
    throw error;
  }
}

/**
 * The parent images count from the folder of the images, wherever that is taken to later.
 * @throws TsruncError 'usage' for an absolute path or a folder that isn't there.
 */
export function checkParentPath(rt: Runtime, images: string, parent: string | undefined): void {
  if (parent === undefined) return;
  if (parent.startsWith('/')) throw new TsruncError('usage', '--parent-path must be relative to --image-path');
  const stat = rt.native.stat(`${images}/${parent}`, true);
  if (stat !== null && (stat.mode & S_IFMT) === S_IFDIR) return;
  const [why, errno] = stat === null ? ['no such file or directory', ENOENT] : ['not a directory', ENOTDIR];
  throw new TsruncError('usage', `invalid --parent-path: ${images}/${parent}: ${why}`, { errno });
}

function openFolder(native: Native, path: string, option: string): number {
  try {
    return native.open(path, O_RDONLY | O_DIRECTORY, 0);
  } catch (error) {
    if (!isErrno(error, ENOENT, ENOTDIR)) throw error;
    const why = error.errno === ENOENT ? 'no such file or directory' : 'not a directory';
    throw new TsruncError('system', `${option} ${path}: ${why}`, { path, errno: error.errno ?? ENOENT });
  }
}

/**
 * Refuses files that criu would wait for, or write through: it opens all of them by their names, and truncates what it writes.
 * @param parent the folder that a dump builds upon, relative to that of its images.
 * @throws TsruncError 'system' naming an image, a log, or statistics that are no regular file.
 */
export function checkImageFiles(
  native: Native,
  { path, logs }: ImageFolders,
  task: keyof typeof written,
  parent = PARENT,
): void {
  for (const name of written[task]) checkRegular(native, `${logs}/${name}`, false);
  let folder = path;
  for (let parents = 0; parents < MOST_PARENTS; parents++) {
    const names = native.readDir(folder).filter((name) => name.endsWith('.img'));
    // A dump writes its own images, and reads those that it builds upon.
    for (const name of names) checkRegular(native, `${folder}/${name}`, task === 'restore' || parents > 0);
    folder = `${folder}/${parents === 0 ? parent : PARENT}`;
    const stat = native.stat(folder, true);
    if (stat === null || (stat.mode & S_IFMT) !== S_IFDIR) return;
  }
}

function checkRegular(native: Native, path: string, follow: boolean): void {
  const stat = native.stat(path, follow);
  if (stat === null || (stat.mode & S_IFMT) === S_IFREG) return;
  throw new TsruncError('system', `${path} is ${fileKind(stat.mode)}; must be a regular file`, { path });
}

/** mkdir -p; only its owner may read what a process had in memory. */
function makeFolders(native: Native, path: string): void {
  try {
    native.mkdir(path, 0o700);
  } catch (error) {
    if (isErrno(error, EEXIST)) return;
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (!isErrno(error, ENOENT) || parent === '') throw error;
    makeFolders(native, parent);
    native.mkdir(path, 0o700);
  }
}
