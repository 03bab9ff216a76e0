import { ESRCH } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { applyCgroup } from '../../cgroup/apply.js';
import type { Claim } from '../../cgroup/ownership/claim.js';
import { externalKey, externalNamespaces } from '../../criu/common-options.js';
import { criuConfigFile } from '../../criu/config-file.js';
import { type Criu, findCriu } from '../../criu/executable.js';
import type { CriuNotify } from '../../criu/messages.js';
import type { RestoreOptions } from '../../criu/options.js';
import { cgroupRoots, mountSources } from '../../criu/restore-facts.js';
import { RESTORE_LOG, restoreRequest } from '../../criu/restore-request.js';
import { CriuSession } from '../../criu/session.js';
import { checkVersion } from '../../criu/version.js';
import { O_DIRECTORY, O_RDONLY } from '../../native/flags.js';
import { SIGKILL } from '../../native/signals.js';
import type { HostFacts } from '../../plan/host-facts.js';
import { planMountPoints } from '../../plan/mounts/plan-mount-points.js';
import { planLoopback } from '../../plan/namespaces/plan-loopback.js';
import type { Plan } from '../../plan/plan.js';
import type { SystemdManager } from '../../systemd/manager.js';
import { sendConsole, stdioOf } from '../console.js';
import { runHelper } from '../init/helper-process.js';
import type { Console } from '../init/init-process.js';
import { inheritedPipes, stdioNames } from '../init/stdio-names.js';
import { joinIntelRdt } from '../resctrl/intel-rdt.js';
import { makeIntelRdtGroup } from '../resctrl/intel-rdt-group.js';
import type { Runtime } from '../runtime.js';
import { claimId } from '../state/claim-id.js';
import type { Lock } from '../state/lock.js';
import { newState } from '../state/new-state.js';
import { CONFIG_FILE, CRIU_ROOT, stateFolder } from '../state/paths.js';
import type { StateFile } from '../state/state-schema.js';
import { folderExists, taken, writeState } from '../state/state-store.js';
import { warnIn, warnOfPlan } from '../warnings.js';
import type { Bundle } from './bundle.js';
import { claimCgroups, noteClaim } from './claim-cgroups.js';
import { undoContainer } from './destroy.js';
import { runHooks } from './hooks.js';
import { hostFacts } from './host-facts.js';
import { checkImageFiles, foldersSeenBy, type ImageFolders, openImageFolders } from './image-folders.js';
import { moveNetDevices } from './net-devices.js';
import { makeNotifyFolder } from './notify-socket.js';
import { writePidFile } from './pid-file.js';
import { planForCriu } from './plan-bundle.js';
import { connectSystemd, startInUnit } from './systemd-unit.js';

/** Reading /proc/PID/cgroup. */
const PROC_LIMIT = 1 << 16;

/** A container that criu makes again: its process is a child of ours then. */
export class RestoredContainer {
  pid = 0;
  pidfd = -1;
  console: Console | undefined;
  private hasCgroup = false;
  private reachedHooks = false;

  private constructor(
    private readonly rt: Runtime,
    private readonly options: RestoreOptions,
    private readonly bundle: Bundle,
    private readonly plan: Plan,
    private readonly claim: Claim | undefined,
    readonly state: StateFile,
    /** Held until the container is there; whoever stands in the foreground takes it again at the end. */
    readonly lock: Lock,
    private readonly systemd: SystemdManager | undefined,
  ) {}

  /**
   * Restores a container up to where its processes run.
   * @throws TsruncError; then nothing of it is left.
   */
  static restore(rt: Runtime, options: RestoreOptions, bundle: Bundle): RestoredContainer {
    const criu = findCriu(rt.native, rt.env);
    const host = hostFacts(rt);
    const systemd = rt.cgroupManager === 'systemd' ? connectSystemd(rt, host) : undefined;
    try {
      const plan = planForCriu(rt, options, bundle, systemd?.facts ?? host);
      return RestoredContainer.restorePlanned(rt, options, bundle, criu, plan, host, systemd?.manager);
    } finally {
      systemd?.manager.close();
    }
  }

  private static restorePlanned(
    rt: Runtime,
    options: RestoreOptions,
    bundle: Bundle,
    criu: Criu,
    plan: Plan,
    host: HostFacts,
    systemd: SystemdManager | undefined,
  ): RestoredContainer {
    warnOfPlan(warnIn(rt, bundle.config), plan);
    // What callers know to look for counts before what is wrong with the images.
    if (folderExists(rt, options.id)) throw taken(options.id);
    const folders = openImageFolders(rt, options, false);
    try {
      checkImageFiles(rt.native, folders, 'restore');
      const pipes = inheritedPipes(rt, folders.path);
      const state = newState(rt, options.id, bundle);
      if (!bundle.config.spec.process?.terminal) state.stdio = stdioNames(rt.native, 'self');
      const lock = claimId(rt, options.id);
      const claim = claimCgroups(rt, lock, state, plan.cgroup, host.cgroup);
      const container = new RestoredContainer(rt, options, bundle, plan, claim, state, lock, systemd);
      try {
        container.prepare();
        container.run(criu, folders, pipes);
        container.publish();
      } catch (error) {
        container.undo();
        lock.release();
        throw error;
      }
      lock.unlock();
      return container;
    } finally {
      folders.close();
    }
  }

  /** Closes the descriptors and leaves the process to itself. */
  release(): void {
    for (const fd of [this.pidfd, this.console?.master ?? -1]) if (fd >= 0) this.rt.native.close(fd);
    this.pidfd = -1;
    this.console = undefined;
  }

  /** All that has to be there before criu: state, cgroups, mount points. */
  private prepare(): void {
    const { rt, plan, state, options, bundle } = this;
    const { native } = rt;
    const folder = stateFolder(rt, options.id);
    native.writeNew(`${folder}/${CONFIG_FILE}`, bundle.config.text, 0o600);
    writeState(rt, state);
    makeNotifyFolder(rt, options.id);
    native.mkdir(`${folder}/${CRIU_ROOT}`, 0o755);
    if (this.systemd === undefined) {
      applyCgroup(native, plan.cgroup, warnIn(rt, bundle.config), this.claim);
      this.hasCgroup = true;
      noteClaim(state, this.claim);
    }
    const { rootfs, path } = bundle;
    const container = { id: options.id, bundle: path, rootfs };
    runHelper(rt, planMountPoints(bundle.config.spec, container, hostFacts(rt)), { folder });
  }

  private run(criu: Criu, folders: ImageFolders, pipes: { key: string; fd: number }[]): void {
    const { rt, options, bundle, plan } = this;
    const { native } = rt;
    const { spec } = bundle.config;
    const opened: { key: string; fd: number }[] = [];
    const root = `${stateFolder(rt, options.id)}/${CRIU_ROOT}`;
    try {
      for (const { type, path } of externalNamespaces(spec)) {
        opened.push({ key: externalKey(type), fd: native.open(path, O_RDONLY, 0) });
      }
      const session = this.start(
        criu,
        root,
        opened.map(({ fd }) => fd),
      );
      let seen: ImageFolders | undefined;
      try {
        checkVersion(session);
        seen = foldersSeenBy(native, session.pid, folders);
        const request = restoreRequest(options, spec, {
          root,
          folders: seen,
          configFile: criuConfigFile(native, spec.annotations),
          hasCgroup: plan.cgroup.manager !== 'none',
          cgroupRoots:
            plan.cgroup.manager === 'none'
              ? []
              : cgroupRoots(native.readFile(`/proc/${session.pid}/cgroup`, PROC_LIMIT)),
          // criu's 3 is its socket.
          inherited: [...pipes, ...opened.map(({ key }, i) => ({ key, fd: 4 + i }))],
          mounts: mountSources(native, bundle.rootfs, plan.steps),
        });
        session.ask(request, {
          notified: (script, notify, fds) => this.notified(script, notify, fds),
          log: `${folders.logs}/${RESTORE_LOG}`,
        });
      } finally {
        session.close();
        seen?.close();
      }
    } finally {
      for (const { fd } of opened) native.close(fd);
    }
  }

  /** Starts criu in the container's cgroups: what it restores begins there. */
  private start(criu: Criu, root: string, namespaces: number[]): CriuSession {
    const { rt, plan, bundle, state } = this;
    const { native } = rt;
    const terminal = bundle.config.spec.process?.terminal ?? false;
    const { cloneInto, join } = plan.cgroup;
    const cgroup = cloneInto === '' ? -1 : native.open(cloneInto, O_RDONLY | O_DIRECTORY, 0);
    let session: CriuSession;
    try {
      session = CriuSession.start(native, {
        ...criu,
        fds: [...stdioOf(terminal), ...namespaces],
        cgroup,
        root: { source: bundle.rootfs, target: root },
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

  private enterUnit(pid: number): void {
    const { rt, systemd, plan } = this;
    const unit = plan.cgroup.systemd;
    if (systemd === undefined || unit === undefined) return;
    this.hasCgroup = true;
    try {
      startInUnit(rt, systemd, plan.cgroup, unit, pid, warnIn(rt, this.bundle.config), this.claim);
      noteClaim(this.state, this.claim);
    } catch (error) {
      // Another's.
      if (error instanceof TsruncError && error.code === 'exists') this.hasCgroup = false;
      throw error;
    }
  }

  private notified(script: string, { pid = 0 }: CriuNotify, fds: readonly number[]): void {
    const { rt, options } = this;
    rt.debug(`criu: ${script}`);
    const [first, ...others] = fds;
    const keep = script === 'orphan-pts-master' && first !== undefined && this.console === undefined;
    for (const fd of keep ? others : fds) rt.native.close(fd);
    if (keep) {
      this.console = { master: first, name: script };
      if (!options.detach) rt.native.prepareTerminal(first);
    }
    if (script === 'setup-namespaces') this.setUpNamespaces(pid);
    if (script === 'post-restore' && this.pid === 0) this.become(pid);
  }

  private become(pid: number): void {
    const { rt, state } = this;
    this.pid = pid;
    this.pidfd = rt.native.pidfdOpen(pid);
    const startTime = rt.native.processStat(pid)?.startTime ?? 0;
    Object.assign(state, { pid, startTime });
    writeState(rt, state);
  }

  /** The process is in its namespaces, which have nothing in them yet: what `create` does at this point. */
  private setUpNamespaces(pid: number): void {
    const { rt, plan, state, bundle } = this;
    this.become(pid);
    const namespaces = bundle.config.spec.linux?.namespaces ?? [];
    if (namespaces.some(({ type, path }) => type === 'network' && !path)) {
      runHelper(rt, planLoopback(pid), { folder: stateFolder(rt, state.id) });
    }
    this.reachedHooks = true;
    moveNetDevices(rt, plan, pid);
    const { prestart, createRuntime } = plan.hooks;
    runHooks(
      rt,
      'prestart',
      prestart.map(({ hook }) => hook),
      state,
      'created',
    );
    runHooks(
      rt,
      'createRuntime',
      createRuntime.map(({ hook }) => hook),
      state,
      'creating',
    );
  }

  /** Tells everybody who waits for it that the container is there. */
  private publish(): void {
    const { rt, options, state } = this;
    if (this.pid === 0) throw new TsruncError('internal', 'criu restored a container and named no process');
    rt.native.rmdir(`${stateFolder(rt, options.id)}/${CRIU_ROOT}`);
    state.phase = 'running';
    writeState(rt, state);
    writePidFile(rt, options.pidFile, this.pid);
    sendConsole(rt, options.consoleSocket, this.console);
  }

  /** Ends the process and removes all there is of the container. */
  private undo(): void {
    const { hasCgroup, reachedHooks } = this;
    undoContainer(this.rt, this.state, { hasCgroup, reachedHooks }, () => this.kill());
  }

  private kill(): void {
    const { native } = this.rt;
    if (this.pidfd >= 0) {
      try {
        native.pidfdSignal(this.pidfd, SIGKILL);
      } catch (error) {
        if (!isErrno(error, ESRCH)) throw error;
      }
      native.wait(this.pidfd, false);
    }
    this.release();
  }
}
