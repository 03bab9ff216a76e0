/** Makes a container by criu from the images of a checkpoint, for `restore`. */
import { TsruncError } from '../../base/error.js';
import { applyCgroup } from '../../cgroup/apply.js';
import { externalKey, externalNamespaces } from '../../criu/common-options.js';
import { criuConfigFile } from '../../criu/config-file.js';
import type { Criu } from '../../criu/executable.js';
import type { CriuNotify } from '../../criu/messages.js';
import type { RestoreOptions } from '../../criu/options.js';
import { cgroupRoots, mountSources } from '../../criu/restore-facts.js';
import { RESTORE_LOG, restoreRequest } from '../../criu/restore-request.js';
import { CriuSession } from '../../criu/session.js';
import { checkVersion } from '../../criu/version.js';
import { O_DIRECTORY, O_RDONLY } from '../../native/flags.js';
import type { HostFacts } from '../../plan/host-facts.js';
import { planMountPoints } from '../../plan/mounts/helper-mounts.js';
import { planLoopback } from '../../plan/namespaces/plan-loopback.js';
import type { ContainerPlan } from '../../plan/plan.js';
import { stdioOf } from '../console.js';
import { ChildProcess } from '../init/child-process.js';
import { runHelper } from '../init/helper-process.js';
import type { ProcessId } from '../init/process-id.js';
import { stdioNames } from '../init/stdio-names.js';
import { joinIntelRdt } from '../resctrl/intel-rdt.js';
import { makeIntelRdtGroup } from '../resctrl/intel-rdt-group.js';
import { CRIU_ROOT } from '../state/paths.js';
import { writeState } from '../state/state-store.js';
import { ContainerCreation, type CreationRequest } from './container-creation.js';
import { directoriesSeenBy, type ImageDirectories } from './image-directories.js';
import { makeNotifyDirectory } from './notify-socket.js';

/** The most that is read of /proc/PID/cgroup, in bytes. */
const PROC_LIMIT = 1 << 16;

/** A descriptor that criu inherits, and the key in the images that it replaces. */
interface Inherited {
  readonly key: string;
  readonly fd: number;
}

/** The request for a container that criu restores. */
export interface CriuCreationRequest extends CreationRequest {
  readonly options: RestoreOptions;
  readonly plan: ContainerPlan;
  readonly facts: HostFacts;
  readonly criu: Criu;
  readonly images: ImageDirectories;
  /** The pipes that were its 0, 1 and 2 (inheritedPipes). */
  readonly pipes: readonly Inherited[];
}

/** The process that criu restored, as a child of the runtime. */
class RestoredProcess extends ChildProcess {
  /**
   * Opens the pidfd of the process. The pid can't be another's: a child keeps its pid until it is reaped.
   * @throws TsruncError 'system' if there is no such process
   */
  become(pid: number): ProcessId {
    this.descriptor = this.native.pidfdOpen(pid);
    this.id = { pid, startTime: this.native.processStat(pid)?.startTime ?? 0 };
    return this.id;
  }
}

/** The making of one container by criu, up to the point where its processes run. */
export class CriuCreation extends ContainerCreation<CriuCreationRequest, ChildProcess> {
  private readonly process = new RestoredProcess(this.rt.native);
  /** The directory at which criu finds the root file system while it restores. */
  private readonly root = `${this.directory}/${CRIU_ROOT}`;

  protected override make(): ChildProcess {
    this.prepare();
    this.restore();
    if (this.process.pid === 0) throw new TsruncError('internal', 'criu restored a container and named no process');
    this.rt.native.rmdir(this.root);
    this.publish('running', this.process);
    return this.process;
  }

  protected override endProcess(): void {
    this.process.kill();
  }

  /** Makes what criu expects to exist: state, cgroups, mount points. */
  private prepare(): void {
    const { rt, state, directory, request } = this;
    const { bundle, facts } = request;
    const { spec } = bundle.config;
    if (!spec.process?.terminal) state.stdio = stdioNames(rt.native, 'self');
    this.copyConfig();
    writeState(rt, state);
    makeNotifyDirectory(rt, state.id);
    rt.native.mkdir(this.root, 0o755);
    this.makeCgroups(applyCgroup);
    const { path, rootfs } = bundle;
    runHelper(rt, planMountPoints(spec, { bundle: path, rootfs }, facts), { directory });
  }

  private restore(): void {
    const { native } = this.rt;
    const opened: Inherited[] = [];
    try {
      for (const { type, path } of externalNamespaces(this.request.bundle.config.spec)) {
        opened.push({ key: externalKey(type), fd: native.open(path, O_RDONLY, 0) });
      }
      const fds = opened.map(({ fd }) => fd);
      const session = this.start(fds);
      try {
        checkVersion(session);
        this.ask(session, opened);
      } finally {
        session.close();
      }
    } finally {
      for (const { fd } of opened) native.close(fd);
    }
  }

  /** @param opened the namespaces that criu inherited, in the order of its descriptors after its socket */
  private ask(session: CriuSession, opened: readonly Inherited[]): void {
    const { rt, root } = this;
    const { native } = rt;
    const { options, bundle, plan, images, pipes } = this.request;
    const { spec } = bundle.config;
    const hasCgroup = plan.cgroup.manager !== 'none';
    const directories = directoriesSeenBy(native, session.pid, images);
    try {
      const request = restoreRequest(options, spec, {
        root,
        directories,
        configFile: criuConfigFile(native, spec.annotations),
        hasCgroup,
        hasTerminal: spec.process?.terminal ?? false,
        cgroupRoots: hasCgroup ? cgroupRoots(native.readFile(`/proc/${session.pid}/cgroup`, PROC_LIMIT)) : [],
        // Descriptor 3 of criu is its socket.
        inherited: [...pipes, ...opened.map(({ key }, i) => ({ key, fd: 4 + i }))],
        mounts: mountSources(native, bundle.rootfs, plan.steps),
      });
      session.ask(request, {
        notified: (script, notify, fds) => this.notified(script, notify, fds),
        log: `${images.logs}/${RESTORE_LOG}`,
      });
    } finally {
      directories.close();
    }
  }

  /** Starts criu in the container's cgroups, so that the processes it restores are born there. */
  private start(namespaces: readonly number[]): CriuSession {
    const { rt, state } = this;
    const { native } = rt;
    const { plan, bundle, criu } = this.request;
    const terminal = bundle.config.spec.process?.terminal ?? false;
    const { cloneInto, join } = plan.cgroup;
    const cgroup = cloneInto === '' ? -1 : native.open(cloneInto, O_RDONLY | O_DIRECTORY, 0);
    let session: CriuSession;
    try {
      session = CriuSession.start(native, {
        ...criu,
        fds: [...stdioOf(terminal), ...namespaces],
        cgroup,
        root: { source: bundle.rootfs, target: this.root },
      });
    } finally {
      if (cgroup >= 0) native.close(cgroup);
    }
    try {
      this.enterUnit(session.pid);
      for (const file of join) native.writeExisting(file, String(session.pid));
      if (plan.intelRdt !== undefined) {
        const group = makeIntelRdtGroup(rt, plan.intelRdt, state);
        joinIntelRdt(native, group, session.pid);
      }
    } catch (error) {
      session.close();
      throw error;
    }
    return session;
  }

  /**
   * Handles a notification of criu about its progress.
   * @param script the name of the action script, such as `post-restore`
   * @param fds descriptors that came with it; they are closed or kept
   */
  private notified(script: string, { pid = 0 }: CriuNotify, fds: readonly number[]): void {
    const { rt, process } = this;
    rt.debug(`criu: ${script}`);
    const [first, ...others] = fds;
    const keep = script === 'orphan-pts-master' && first !== undefined && process.console === undefined;
    for (const fd of keep ? others : fds) rt.native.close(fd);
    if (keep) {
      process.console = { master: first, name: script };
      if (!this.request.detach) rt.native.prepareTerminal(first);
    }
    if (script === 'setup-namespaces') this.setUpNamespaces(pid);
    if (script === 'post-restore' && process.pid === 0) this.noteProcess(process.become(pid));
  }

  /** Does what `create` does when the process is in its namespaces: network interfaces and hooks. */
  private setUpNamespaces(pid: number): void {
    const { rt, directory, request } = this;
    this.noteProcess(this.process.become(pid));
    const namespaces = request.bundle.config.spec.linux?.namespaces ?? [];
    if (namespaces.some(({ type, path }) => type === 'network' && !path)) {
      runHelper(rt, planLoopback(pid), { directory });
    }
    this.runRuntimeHooks(request.plan);
  }
}
