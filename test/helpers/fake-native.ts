/** A Native over a Map of files: as much of it as the cgroup code needs, for tests that touch no host. */
import { EEXIST, EINVAL, ENOENT, ENOTEMPTY } from '../../src/base/errno.js';
import { TsruncError } from '../../src/base/error.js';
import type { Native } from '../../src/native/native.js';

export interface FakeNative {
  native: Native;
  files: Map<string, string>;
  directories: Set<string>;
  /** Every write, in order, as [path, value]. */
  writes: [string, string][];
  /** Extended attributes, by `PATH NAME`. */
  attributes: Map<string, string>;
}

interface FakeOptions {
  files?: Record<string, string>;
  directories?: string[];
  /** What a new directory below this prefix is filled with, as the kernel fills a cgroup. */
  fill?: (directory: string) => Record<string, string>;
  /** errno to refuse a write with, or undefined to take it. */
  refuse?: (path: string, value: string) => number | undefined;
}

function failure(syscall: string, errno: number, path: string): TsruncError {
  return new TsruncError('system', `${syscall} ${path}: errno ${errno}`, { syscall, errno, path });
}

export function fakeNative(options: FakeOptions = {}): FakeNative {
  const files = new Map(Object.entries(options.files ?? {}));
  const directories = new Set(options.directories ?? []);
  const writes: [string, string][] = [];
  const attributes = new Map<string, string>();
  const there = (syscall: string, path: string): void => {
    if (!directories.has(path) && !files.has(path)) throw failure(syscall, ENOENT, path);
  };
  const parent = (path: string) => path.slice(0, path.lastIndexOf('/'));
  const native: Partial<Native> = {
    readFile(path) {
      const text = files.get(path);
      if (text === undefined) throw failure('open', ENOENT, path);
      return text;
    },
    readFileIfExists: (path) => files.get(path) ?? null,
    writeExisting(path, data) {
      if (!files.has(path)) throw failure('open', ENOENT, path);
      const errno = options.refuse?.(path, data);
      if (errno !== undefined) throw failure('write', errno, path);
      writes.push([path, data]);
      files.set(path, data);
    },
    writeEach(path, values) {
      let count = 0;
      try {
        for (const value of values) {
          native.writeExisting!(path, value);
          count++;
        }
      } catch (error) {
        if (!(error instanceof TsruncError)) throw error;
      }
      return count;
    },
    mkdir(path) {
      if (directories.has(path)) throw failure('mkdir', EEXIST, path);
      if (!directories.has(parent(path))) throw failure('mkdir', ENOENT, path);
      directories.add(path);
      for (const [name, text] of Object.entries(options.fill?.(path) ?? {})) files.set(`${path}/${name}`, text);
    },
    rmdir(path) {
      if (!directories.has(path)) throw failure('rmdir', ENOENT, path);
      if ([...directories].some((directory) => directory.startsWith(`${path}/`)))
        throw failure('rmdir', ENOTEMPTY, path);
      directories.delete(path);
      for (const key of [...attributes.keys()]) if (key.startsWith(`${path} `)) attributes.delete(key);
      for (const name of [...files.keys()]) if (parent(name) === path) files.delete(name);
    },
    readDir(path) {
      if (!directories.has(path)) throw failure('open', ENOENT, path);
      const below = [...directories, ...files.keys()].filter((name) => parent(name) === path);
      return below.map((name) => name.slice(path.length + 1)).sort();
    },
    stat(path) {
      if (!directories.has(path) && !files.has(path)) return null;
      const mode = directories.has(path) ? 0o40755 : 0o100644;
      return { dev: 0, ino: 0, mode, uid: 0, gid: 0, rdevMajor: 0, rdevMinor: 0, size: 0, links: 0 };
    },
    fsType(path) {
      throw failure('statfs', directories.has(path) ? EINVAL : ENOENT, path);
    },
    identity: () => [0, 0, 0, 0, 1, 0],
    getXattr(path, name) {
      there('lgetxattr', path);
      return attributes.get(`${path} ${name}`) ?? null;
    },
    getXattrs: (paths, name) => paths.map((path) => attributes.get(`${path} ${name}`) ?? null),
    setXattr(path, name, value, create) {
      there('lsetxattr', path);
      if (create && attributes.has(`${path} ${name}`)) throw failure('lsetxattr', EEXIST, path);
      attributes.set(`${path} ${name}`, value);
    },
    removeXattr(path, name) {
      there('lremovexattr', path);
      attributes.delete(`${path} ${name}`);
    },
  };
  return { native: native as Native, files, directories, writes, attributes };
}
