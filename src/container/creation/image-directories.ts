/** Opens and checks the directories of criu's images and logs. */
import { EEXIST, ENOENT, ENOTDIR } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { DUMP_LOG } from '../../criu/dump-request.js';
import { imagesIn, withParents } from '../../criu/image-files.js';
import type { CriuOptions } from '../../criu/options.js';
import { RESTORE_LOG } from '../../criu/restore-request.js';
import { O_DIRECTORY, O_RDONLY, S_IFDIR, S_IFMT, S_IFREG } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import { fileKind } from '../../native/regular-file.js';
import type { Runtime } from '../runtime.js';
import { absolutePath } from '../state/paths.js';

/**
 * The files that criu writes beside its logs. We choose the name of the first of each list, criu that of the second.
 */
const written = { dump: [DUMP_LOG, 'stats-dump'], restore: [RESTORE_LOG, 'stats-restore'] } as const;

/** The directories that criu works in, as open descriptors, since criu reaches them through the runtime's /proc. */
export interface ImageDirectories {
  readonly path: string;
  /** Where criu logs. */
  readonly logs: string;
  readonly images: number;
  readonly work?: number;
  close(): void;
}

/**
 * Opens the directory of the images and, if one is given, the directory for logs, which is made if it is missing.
 * @param make make the directory of the images too (`checkpoint`)
 * @throws TsruncError 'system' with the path
 */
export function openImageDirectories(rt: Runtime, options: CriuOptions, make: boolean): ImageDirectories {
  const { native } = rt;
  const path = absolutePath(rt, options.imagePath);
  if (make) makeDirectories(native, path);
  const images = openDirectory(native, path, '--image-path');
  let work: number | undefined;
  const logs = options.workPath === undefined ? path : absolutePath(rt, options.workPath);
  try {
    if (options.workPath !== undefined) {
      makeDirectories(native, logs);
      work = openDirectory(native, logs, '--work-path');
    }
  } catch (error) {
    native.close(images);
    throw error;
  }
  return opened(native, path, logs, images, work);
}

function opened(
  native: Native,
  path: string,
  logs: string,
  images: number,
  work: number | undefined,
): ImageDirectories {
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
 * Opens the same directories in the mount namespace of another process. criu mounts something in its working
 * directory, which fails with EINVAL if that is not in its own mount namespace (mount(2)).
 */
export function directoriesSeenBy(
  native: Native,
  pid: number,
  { path, logs, work }: ImageDirectories,
): ImageDirectories {
  const open = (directory: string) =>
    native.open(`/proc/${pid}/root${native.realPath(directory)}`, O_RDONLY | O_DIRECTORY, 0);
  const images = open(path);
  try {
    return opened(native, path, logs, images, work === undefined ? undefined : open(logs));
  } catch (error) {
    native.close(images);
    throw error;
  }
}

/**
 * Checks --parent-path. It is relative to the directory of the images, so that both can be moved together.
 * @throws TsruncError 'usage' for an absolute path or a directory that doesn't exist
 */
export function checkParentPath(rt: Runtime, images: string, parent: string | undefined): void {
  if (parent === undefined) return;
  if (parent.startsWith('/')) throw new TsruncError('usage', '--parent-path must be relative to --image-path');
  const stat = rt.native.stat(`${images}/${parent}`, true);
  if (stat !== null && (stat.mode & S_IFMT) === S_IFDIR) return;
  const [why, errno] = stat === null ? ['no such file or directory', ENOENT] : ['not a directory', ENOTDIR];
  throw new TsruncError('usage', `invalid --parent-path: ${images}/${parent}: ${why}`, { errno });
}

function openDirectory(native: Native, path: string, option: string): number {
  try {
    return native.open(path, O_RDONLY | O_DIRECTORY, 0);
  } catch (error) {
    if (!isErrno(error, ENOENT, ENOTDIR)) throw error;
    const why = error.errno === ENOENT ? 'no such file or directory' : 'not a directory';
    throw new TsruncError('system', `${option} ${path}: ${why}`, { path, errno: error.errno ?? ENOENT });
  }
}

/**
 * Refuses fifos, on which criu would wait, and symlinks, through which it would write: criu opens all its files by
 * name and truncates those that it writes.
 * @param parent the directory that a dump builds upon, relative to that of its images
 * @throws TsruncError 'system' with the path of an image, log or statistics file that isn't a regular file
 */
export function checkImageFiles(
  native: Native,
  { path, logs }: ImageDirectories,
  task: keyof typeof written,
  parent?: string,
): void {
  for (const name of written[task]) checkRegular(native, `${logs}/${name}`, false);
  for (const directory of withParents(native, path, parent)) {
    // A dump writes its own images but only reads those it builds upon.
    const follow = task === 'restore' || directory !== path;
    for (const name of imagesIn(native, directory)) checkRegular(native, `${directory}/${name}`, follow);
  }
}

function checkRegular(native: Native, path: string, follow: boolean): void {
  const stat = native.stat(path, follow);
  if (stat === null || (stat.mode & S_IFMT) === S_IFREG) return;
  throw new TsruncError('system', `${path} is ${fileKind(stat.mode)}; must be a regular file`, { path });
}

/** Makes a directory and those above it. Only the owner may enter, as images hold the memory of processes. */
function makeDirectories(native: Native, path: string): void {
  try {
    native.mkdir(path, 0o700);
  } catch (error) {
    if (isErrno(error, EEXIST)) return;
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (!isErrno(error, ENOENT) || parent === '') throw error;
    makeDirectories(native, parent);
    native.mkdir(path, 0o700);
  }
}
