/** The operation `checkpoint`. */
import { EBADF } from '../../base/errno.js';
import { TsruncError, withFields } from '../../base/error.js';
import { isFrozen, thawCgroup, v1Freezer } from '../../cgroup/freeze.js';
import { OwnCgroups } from '../../cgroup/ownership/ownership.js';
import { externalName, externalNamespaces } from '../../criu/common-options.js';
import { criuConfigFile } from '../../criu/config-file.js';
import { DUMP_LOG, dumpRequest } from '../../criu/dump-request.js';
import { findCriu } from '../../criu/executable.js';
import { checkMountName, externalMounts, maskedPaths, NULL_DEVICE } from '../../criu/external-mounts.js';
import { checkFeatures } from '../../criu/features.js';
import type { CheckpointOptions } from '../../criu/options.js';
import { resolveInRoot } from '../../criu/resolve.js';
import { CriuSession } from '../../criu/session.js';
import { checkVersion } from '../../criu/version.js';
import { POLLIN, S_IFDIR, S_IFMT } from '../../native/flags.js';
import { planForCriu } from '../creation/bundle-plan.js';
import { destroyContainer } from '../creation/destroy.js';
import { hostFacts } from '../creation/host-facts.js';
import {
  checkImageFiles,
  checkParentPath,
  type ImageDirectories,
  openImageDirectories,
} from '../creation/image-directories.js';
import { openProcess } from '../init/process-id.js';
import { writeStdioNames } from '../init/stdio-names.js';
import type { Runtime } from '../runtime.js';
import { readSpecCopy } from '../state/config-copy.js';
import { lockExclusive } from '../state/lock.js';
import type { StateFile } from '../state/state-schema.js';
import { readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';
import { cleanUpBehind } from './clean-up.js';
import { requireOwnCgroups } from './own-processes.js';

/** How long to wait for init to end after criu has killed it, in ms. */
const END_TIMEOUT = 10_000;

/**
 * `checkpoint`: has criu write a running or paused container to disk. The container is ended and deleted afterwards,
 * unless it is left running, as it always is after a pre-dump.
 * @throws TsruncError 'state' for a container that isn't running, 'system' with criu's message; then the container
 * runs on
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
  const directories = openImageDirectories(rt, options, true);
  try {
    checkParentPath(rt, directories.path, options.parentPath);
    checkImageFiles(rt.native, directories, 'dump', options.parentPath);
    const session = CriuSession.start(rt.native, { ...criu, fds: [-1, -1, -1], cgroup: -1 });
    try {
      const version = checkVersion(session);
      const wanted = { memTrack: options.preDump || options.parentPath !== undefined, lazyPages: options.lazyPages };
      checkFeatures(rt.native, session, wanted, version);
      if (!options.preDump) writeStdioNames(rt, directories.path, state);
      session.ask(requestFor(rt, state, options, directories), {
        notified: (script) => {
          rt.debug(`criu: ${script}`);
          if (script === 'status-ready') tellStatus(rt, options.statusFd);
        },
        log: `${directories.logs}/${DUMP_LOG}`,
      });
    } catch (error) {
      // If criu fails it thaws the container, but not if it is killed.
      const { paths } = new OwnCgroups(rt.native, state.cgroup);
      if (!paused && isFrozen(rt.native, paths)) thawCgroup(rt.native, paths);
      throw error;
    } finally {
      session.close();
    }
  } finally {
    directories.close();
  }
}

function requestFor(rt: Runtime, state: StateFile, options: CheckpointOptions, directories: ImageDirectories) {
  const { native } = rt;
  const spec = readSpecCopy(rt, state.id);
  const { paths } = requireOwnCgroups(native, state);
  return dumpRequest(options, {
    pid: state.pid,
    rootfs: state.rootfs,
    directories,
    configFile: criuConfigFile(native, spec.annotations),
    freezeCgroup: v1Freezer(paths) ?? paths[''],
    hasCgroup: Object.keys(paths).length > 0,
    hasTerminal: spec.process?.terminal ?? false,
    // The inode of the namespace that the container is in; its path may lead to another one by now.
    external: externalNamespaces(spec).map(({ type }) => {
      const file = `/proc/${state.pid}/ns/${type === 'network' ? 'net' : 'pid'}`;
      return externalName(type, native.stat(file, true)?.ino ?? 0);
    }),
    mounts: options.preDump ? [] : outsideMounts(rt, state, spec),
  });
}

/** The mounts of the container that come from outside: found in the plan that made it, resolved in its own root. */
function outsideMounts(rt: Runtime, state: StateFile, spec: ReturnType<typeof readSpecCopy>) {
  const { native } = rt;
  const root = `/proc/${state.pid}/root`;
  const { resources: _, ...linux } = spec.linux ?? {};
  // Planned without cgroups, on which the places of mounts don't depend.
  const { steps } = planForCriu(
    { root: rt.root, cgroupManager: 'disabled' },
    { id: state.id, noPivot: false },
    { path: state.bundle, rootfs: state.rootfs, config: { spec: { ...spec, linux } } },
    hostFacts(rt),
  );
  const mounts = externalMounts(steps).map(({ target }) => {
    const point = checkMountName(resolveInRoot(native, root, target));
    return { key: point, val: point };
  });
  for (const path of maskedPaths(steps)) {
    const key = checkMountName(resolveInRoot(native, root, path));
    const stat = native.stat(`${root}${key}`, false);
    // A masked directory is covered by a tmpfs of the container; only /dev/null comes from outside.
    if (stat !== null && (stat.mode & S_IFMT) !== S_IFDIR) mounts.push({ key, val: NULL_DEVICE });
  }
  return mounts;
}

/** Throws TsruncError 'usage' unless the descriptor is open in the caller and writable. */
function checkStatusFd(rt: Runtime, fd: number | undefined): void {
  if (fd === undefined) return;
  const inherited = fd <= 2 || rt.native.inherited().fds.includes(fd);
  const info = inherited ? rt.native.readFileIfExists(`/proc/self/fdinfo/${fd}`, 1 << 16) : null;
  if (info === null) throw new TsruncError('usage', `invalid --status-fd argument ${fd}: not open`, { errno: EBADF });
  const flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? '0', 8);
  if ((flags & 3) === 0) throw new TsruncError('usage', `invalid --status-fd argument ${fd}: not writable`);
}

/** Tells the caller that lazy pages can be requested now: writes a NUL byte and closes the descriptor. */
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
