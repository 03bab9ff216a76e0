import { EBADF } from '../../base/errno.js';
import { TsruncError, withFields } from '../../base/error.js';
import { isFrozen, thawCgroup, v1Freezer } from '../../cgroup/freeze.js';
import { OwnCgroups } from '../../cgroup/ownership/ownership.js';
import { externalName, externalNamespaces } from '../../criu/common-options.js';
import { criuConfigFile } from '../../criu/config-file.js';
import { DUMP_LOG, dumpRequest } from '../../criu/dump-request.js';
import { findCriu } from '../../criu/executable.js';
import { externalMounts, maskedPaths, NULL_DEVICE } from '../../criu/external-mounts.js';
import { checkFeatures } from '../../criu/features.js';
import type { CheckpointOptions } from '../../criu/options.js';
import { resolveInRoot } from '../../criu/resolve.js';
import { CriuSession } from '../../criu/session.js';
import { checkVersion } from '../../criu/version.js';
import { POLLIN, S_IFDIR, S_IFMT } from '../../native/flags.js';
import { destroyContainer } from '../creation/destroy.js';
import { hostFacts } from '../creation/host-facts.js';
import { checkImageFiles, checkParentPath, type ImageFolders, openImageFolders } from '../creation/image-folders.js';
import { planForCriu } from '../creation/plan-bundle.js';
import { openProcess } from '../init/alive.js';
import { writeStdioNames } from '../init/stdio-names.js';
import type { Runtime } from '../runtime.js';
import { readSpecCopy } from '../state/config-copy.js';
import { lockExclusive } from '../state/lock.js';
import type { StateFile } from '../state/state-schema.js';
import { readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';
import { cleanUpBehind } from './clean-up.js';
import { requireOwnCgroups } from './own-processes.js';

/** How long init may take to end after criu has killed it, in ms. */
const END_TIMEOUT = 10_000;

/**
 * `checkpoint`: has criu write a running or paused container to disk. Unless it is left running (a pre-dump always does), it
 * ends there and is deleted.
 * @throws TsruncError 'state' for a container that doesn't run, 'system' with criu's own words; the container goes on then.
 */
export function checkpointContainer(rt: Runtime, options: CheckpointOptions): void {
  const lock = lockExclusive(rt, options.id);
  try {
    const state = readState(rt, options.id);
    const status = containerStatus(rt, state, true);
    if (status !== 'running' && status !== 'paused') {
      throw new TsruncError('state', `container cannot be checkpointed in ${status} state`);
    }
    checkStatusFd(rt, options.statusFd);
    const pidfd = openProcess(rt.native, state);
    if (pidfd === null) throw new TsruncError('state', 'container cannot be checkpointed in stopped state');
    try {
      dump(rt, state, options, status === 'paused');
      if (options.leaveRunning || options.preDump) return;
      cleanUpBehind(rt, options.id, () => {
        rt.native.poll([pidfd], [POLLIN], END_TIMEOUT);
        state.pid = 0;
        destroyContainer(rt, state, true);
      });
    } finally {
      rt.native.close(pidfd);
    }
  } finally {
    lock.release();
  }
}

function dump(rt: Runtime, state: StateFile, options: CheckpointOptions, paused: boolean): void {
  const criu = findCriu(rt.native, rt.env);
  const folders = openImageFolders(rt, options, true);
  try {
    checkParentPath(rt, folders.path, options.parentPath);
    checkImageFiles(rt.native, folders, 'dump', options.parentPath);
    const session = CriuSession.start(rt.native, { ...criu, fds: [-1, -1, -1], cgroup: -1 });
    try {
      checkVersion(session);
      checkFeatures(session, {
        memTrack: options.preDump || options.parentPath !== undefined,
        lazyPages: options.lazyPages,
      });
      if (!options.preDump) writeStdioNames(rt, folders.path, state);
      session.ask(requestFor(rt, state, options, folders), {
        notified: (script) => {
          rt.debug(`criu: ${script}`);
          if (script === 'status-ready') tellStatus(rt, options.statusFd);
        },
        log: `${folders.logs}/${DUMP_LOG}`,
      });
    } catch (error) {
      // criu lets the container go on where it fails, but not where it is killed.
      const { paths } = new OwnCgroups(rt.native, state.cgroup);
      if (!paused && isFrozen(rt.native, paths)) thawCgroup(rt.native, paths);
      throw error;
    } finally {
      session.close();
    }
  } finally {
    folders.close();
  }
}

function requestFor(rt: Runtime, state: StateFile, options: CheckpointOptions, folders: ImageFolders) {
  const { native } = rt;
  const spec = readSpecCopy(rt, state.id);
  const { paths } = requireOwnCgroups(native, state);
  return dumpRequest(options, {
    pid: state.pid,
    rootfs: state.rootfs,
    folders,
    configFile: criuConfigFile(native, spec.annotations),
    freezeCgroup: v1Freezer(paths) ?? paths[''],
    hasCgroup: Object.keys(paths).length > 0,
    // The inode of what it is in; the path may have another namespace by now.
    external: externalNamespaces(spec).map(({ type }) => {
      const file = `/proc/${state.pid}/ns/${type === 'network' ? 'net' : 'pid'}`;
      return externalName(type, native.stat(file, true)?.ino ?? 0);
    }),
    mounts: options.preDump ? [] : outsideMounts(rt, state, spec),
  });
}

/** Where the container has mounts from outside, by the plan that made it and in its own root. */
function outsideMounts(rt: Runtime, state: StateFile, spec: ReturnType<typeof readSpecCopy>) {
  const { native } = rt;
  const root = `/proc/${state.pid}/root`;
  const { resources: _, ...linux } = spec.linux ?? {};
  // Where its mounts are doesn't depend on its cgroups.
  const { steps } = planForCriu(
    { root: rt.root, cgroupManager: 'disabled' },
    { id: state.id, noPivot: false },
    { path: state.bundle, rootfs: state.rootfs, config: { spec: { ...spec, linux } } },
    hostFacts(rt),
  );
  const mounts = externalMounts(steps).map(({ target }) => {
    const point = resolveInRoot(native, root, target);
    return { key: point, val: point };
  });
  for (const path of maskedPaths(steps)) {
    const key = resolveInRoot(native, root, path);
    const stat = native.stat(`${root}${key}`, false);
    // A masked folder has an empty file system of its own, which is no matter of the host's.
    if (stat !== null && (stat.mode & S_IFMT) !== S_IFDIR) mounts.push({ key, val: NULL_DEVICE });
  }
  return mounts;
}

/** @throws TsruncError 'usage' unless it is a descriptor of the caller that can be written to. */
function checkStatusFd(rt: Runtime, fd: number | undefined): void {
  if (fd === undefined) return;
  const inherited = fd <= 2 || rt.native.inherited().fds.includes(fd);
  const info = inherited ? rt.native.readFileIfExists(`/proc/self/fdinfo/${fd}`, 1 << 16) : null;
  if (info === null) throw new TsruncError('usage', `invalid --status-fd argument ${fd}: not open`, { errno: EBADF });
  const flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? '0', 8);
  if ((flags & 3) === 0) throw new TsruncError('usage', `invalid --status-fd argument ${fd}: not writable`);
}

/** Lazy pages can be asked for: a NUL byte, and the end of the file. */
function tellStatus(rt: Runtime, fd: number | undefined): void {
  if (fd === undefined) return;
  try {
    rt.native.write(fd, '\0');
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    rt.warn(withFields(error, {}, `--status-fd ${fd}: ${error.message}`));
  }
  rt.native.close(fd);
}
