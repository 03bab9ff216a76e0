import { EACCES, ENOENT, ENOTDIR } from '../../base/errno.js';
import { isErrno, TsruncError, withFields } from '../../base/error.js';
import { type LoadedConfig, loadConfig } from '../../config/load.js';
import type { Spec } from '../../config/spec.js';
import { S_IFDIR, S_IFLNK, S_IFMT } from '../../native/flags.js';
import type { Runtime } from '../runtime.js';
import { absolutePath, CONFIG_FILE } from '../state/paths.js';

/** A configuration of more than this is a mistake, and would fill the memory. */
const CONFIG_LIMIT = 16 << 20;

export interface Bundle {
  /** Absolute; not otherwise changed: `state` shows it as the caller gave it. */
  readonly path: string;
  /** Absolute path of the root file system, without symlinks. */
  readonly rootfs: string;
  readonly config: LoadedConfig;
}

/**
 * Reads a bundle: its configuration, and where its root file system is.
 * @param configFile instead of the bundle's config.json.
 * @param shaped as for loadConfig.
 * @throws TsruncError 'config' with every problem of the configuration; 'system' for a bundle or file that can't be read.
 */
export function readBundle(
  rt: Runtime,
  bundle: string,
  configFile: string | undefined,
  shaped?: (spec: Spec) => void,
): Bundle {
  const path = absolutePath(rt, bundle);
  const folder = rt.native.stat(path, true);
  if (folder === null || (folder.mode & S_IFMT) !== S_IFDIR) {
    const errno = folder === null ? ENOENT : ENOTDIR;
    const why = folder === null ? 'no such file or directory' : 'not a directory';
    throw new TsruncError('system', `bundle ${path}: ${why}`, { path, errno });
  }
  const file = configFile === undefined ? `${path}/${CONFIG_FILE}` : absolutePath(rt, configFile);
  const config = loadConfig(readConfig(rt, file), file, shaped);
  return { path, rootfs: findRootfs(rt, path, config), config };
}

function readConfig(rt: Runtime, file: string): string {
  try {
    return rt.native.readFile(file, CONFIG_LIMIT);
  } catch (error) {
    if (isErrno(error, ENOENT, ENOTDIR)) {
      const hint = '`tsrunc spec` writes one to start from';
      throw withFields(error, { path: file, hint }, `JSON specification file ${file} not found`);
    }
    if (isErrno(error, EACCES)) throw withFields(error, { path: file }, `open ${file}: permission denied`);
    throw error;
  }
}

/** The root file system must be a folder and no symlink: whoever can write to the bundle's folder could turn it elsewhere. */
function findRootfs(rt: Runtime, bundle: string, config: LoadedConfig): string {
  const pointer = '/root/path';
  const given = config.spec.root?.path ?? '';
  // Only when it is needed: finding a position takes longer than reading the configuration.
  const fields = () => {
    const position = config.positionOf(pointer);
    return { file: config.file, pointer, ...(position && { position }) };
  };
  if (given === '') throw new TsruncError('config', 'root.path is missing; it names the root file system', fields());
  let path = given.startsWith('/') ? given : `${bundle}/${given}`;
  while (path.length > 1 && path.endsWith('/')) path = path.slice(0, -1);
  const stat = rt.native.stat(path, false);
  if (stat === null) {
    throw new TsruncError('config', `root file system ${path}: no such file or directory`, {
      ...fields(),
      path,
      errno: ENOENT,
    });
  }
  if ((stat.mode & S_IFMT) === S_IFLNK) {
    throw new TsruncError('config', `root file system ${path} is a symbolic link; it must be a folder`, {
      ...fields(),
      path,
    });
  }
  if ((stat.mode & S_IFMT) !== S_IFDIR) {
    throw new TsruncError('config', `root file system ${path}: not a directory`, { ...fields(), path, errno: ENOTDIR });
  }
  return rt.native.realPath(path);
}
