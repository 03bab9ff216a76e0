/** Reads the bundle that a container is made from. */
import { EACCES, ENOENT, ENOTDIR } from '../../base/errno.js';
import { type ErrorFields, isErrno, TsruncError, withFields } from '../../base/error.js';
import { type LoadedConfig, loadConfig } from '../../config/load.js';
import type { Spec } from '../../config/spec.js';
import { S_IFDIR, S_IFLNK, S_IFMT } from '../../native/flags.js';
import type { FileStat, Native } from '../../native/native.js';
import { readGivenFile } from '../given-file.js';
import type { Runtime } from '../runtime.js';
import { absolutePath, CONFIG_FILE } from '../state/paths.js';

/** A bundle that was read: its configuration and its paths. */
export interface Bundle {
  /** Made absolute but otherwise as the caller gave it, since `state` shows it. */
  readonly path: string;
  /** Absolute path of the root file system, without symlinks. */
  readonly rootfs: string;
  readonly config: LoadedConfig;
}

/**
 * Reads the configuration of a bundle and finds its root file system.
 * @param configFile read instead of the bundle's config.json
 * @param shaped as for loadConfig
 * @throws TsruncError 'config' with every problem of the configuration; 'system' for a bundle or file that can't be
 * read
 */
export function readBundle(
  rt: Runtime,
  bundle: string,
  configFile: string | undefined,
  shaped?: (spec: Spec) => void,
): Bundle {
  const path = absolutePath(rt, bundle);
  const directory = rt.native.stat(path, true);
  if (directory === null || (directory.mode & S_IFMT) !== S_IFDIR) {
    const errno = directory === null ? ENOENT : ENOTDIR;
    const why = directory === null ? 'no such file or directory' : 'not a directory';
    throw new TsruncError('system', `bundle ${path}: ${why}`, { path, errno });
  }
  const file = configFile === undefined ? `${path}/${CONFIG_FILE}` : absolutePath(rt, configFile);
  const config = loadConfig(readConfig(rt, file), file, shaped);
  return { path, rootfs: findRootfs(rt, path, config), config };
}

function readConfig(rt: Runtime, file: string): string {
  try {
    return readGivenFile(rt.native, file, `JSON specification file ${file}`);
  } catch (error) {
    if (isErrno(error, ENOENT, ENOTDIR)) {
      const hint = '`tsrunc spec` writes one to start from';
      throw withFields(error, { path: file, hint }, `JSON specification file ${file} not found`);
    }
    if (isErrno(error, EACCES)) throw withFields(error, { path: file }, `open ${file}: permission denied`);
    throw error;
  }
}

/**
 * The real path of the root file system. It has to be a directory, not a symlink, which whoever can write to the
 * bundle's directory could point elsewhere.
 */
function findRootfs(rt: Runtime, bundle: string, config: LoadedConfig): string {
  const pointer = '/root/path';
  const given = config.spec.root?.path ?? '';
  // Called only for an error: finding a position takes longer than reading the configuration.
  const fields = () => {
    const position = config.positionOf(pointer);
    return { file: config.file, pointer, ...(position && { position }) };
  };
  if (given === '') throw new TsruncError('config', 'root.path is missing; it names the root file system', fields());
  let path = given.startsWith('/') ? given : `${bundle}/${given}`;
  while (path.length > 1 && path.endsWith('/')) path = path.slice(0, -1);
  const stat = statRoot(rt.native, path, fields);
  if (stat === null) {
    throw new TsruncError('config', `root file system ${path}: no such file or directory`, {
      ...fields(),
      path,
      errno: ENOENT,
    });
  }
  if ((stat.mode & S_IFMT) === S_IFLNK) {
    throw new TsruncError('config', `root file system ${path} is a symbolic link; it must be a directory`, {
      ...fields(),
      path,
    });
  }
  if ((stat.mode & S_IFMT) !== S_IFDIR) {
    throw new TsruncError('config', `root file system ${path}: not a directory`, { ...fields(), path, errno: ENOTDIR });
  }
  return rt.native.realPath(path);
}

/** lstat(2). A directory above that we may not enter is named. */
function statRoot(native: Native, path: string, fields: () => ErrorFields): FileStat | null {
  try {
    return native.stat(path, false);
  } catch (error) {
    if (!isErrno(error, EACCES)) throw error;
    const closed = closedAbove(native, path);
    const what = `root file system ${path}: permission denied: ${closed} can't be entered, the right x is lacking there`;
    throw new TsruncError('config', what, { ...fields(), path: closed, errno: EACCES });
  }
}

/** The first directory above a path that we may see but not enter. */
function closedAbove(native: Native, path: string): string {
  let above = '/';
  for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) {
    try {
      native.stat(path.slice(0, end), true);
    } catch (error) {
      if (isErrno(error, EACCES)) break;
      throw error;
    }
    above = path.slice(0, end);
  }
  return above;
}
