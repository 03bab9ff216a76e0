import { TsruncError } from '../../base/error.js';
import type { IdMaps } from '../../config/id-mappings.js';
import type { HostFacts } from '../../plan/host-facts.js';
import { namespacesAhead } from '../../plan/namespaces/namespaces.js';
import { wholePlan } from '../../plan/plan-container.js';
import type { SystemdManager } from '../../systemd/manager.js';
import { checkConsole, stdioOf } from '../console.js';
import { type Bundle, readBundle } from '../creation/bundle.js';
import { checkHandover } from '../creation/check-handover.js';
import { claimCgroups } from '../creation/claim-cgroups.js';
import { hostFacts } from '../creation/host-facts.js';
import { joinedIdMaps } from '../creation/id-maps.js';
import { Making } from '../creation/making.js';
import { hasNotifySocket } from '../creation/notify-socket.js';
import { beginBundlePlan, type PlanSetting } from '../creation/plan-bundle.js';
import { type ConnectedSystemd, connectSystemd } from '../creation/systemd-unit.js';
import { withPosition } from '../error-location.js';
import { listenFds, preservedFds } from '../exec/preserved-fds.js';
import { checkHookOutput } from '../init/hook-output.js';
import type { InitProcess } from '../init/init-process.js';
import { InitSpawn } from '../init/init-spawn.js';
import type { CreateOptions } from '../options.js';
import type { Runtime } from '../runtime.js';
import { claimId } from '../state/claim-id.js';
import { checkContainerId } from '../state/container-id.js';
import type { Lock } from '../state/lock.js';
import { newState } from '../state/new-state.js';
import { NOTIFY_FOLDER, stateFolder } from '../state/paths.js';
import type { StateFile } from '../state/state-schema.js';
import { warnIn, warnOfFindings } from '../warnings.js';

/** A container that is there and waits for start; whoever gets it holds its lock. */
export interface CreatedContainer {
  readonly state: StateFile;
  readonly init: InitProcess;
  readonly lock: Lock;
}

/**
 * `create`: makes a container whose process waits for `start`.
 * @throws TsruncError; then nothing of the container is left.
 */
export function createContainer(rt: Runtime, options: CreateOptions): void {
  const { init, lock } = makeContainer(rt, options, { foreground: false, detach: true });
  init.release();
  lock.release();
}

/**
 * Makes a container up to `ready`, in the order of docs/protocol.md.
 * @param mode foreground: init waits for start on the socket (`run`) and not on the fifos; detach: nobody stays with the
 *   container, so that its terminal must go elsewhere.
 */
export function makeContainer(
  rt: Runtime,
  options: CreateOptions,
  mode: { foreground: boolean; detach: boolean },
): CreatedContainer {
  checkContainerId(options.id);
  const listening = listenFds(rt);
  const preserved = preservedFds(rt, options.preserveFds, listening);
  let spawning: InitSpawn | undefined;
  let joinedMaps: IdMaps | undefined;
  try {
    const bundle = readBundle(rt, options.bundle, options.configFile, (spec) => {
      // By a process of its own: before, as only one is on its way at a time.
      joinedMaps = joinedIdMaps(rt, spec);
      spawning = InitSpawn.prepare(rt.native, namespacesAhead(spec), preserved);
    });
    if (spawning === undefined) throw new TsruncError('internal', 'a configuration that passed no schema');
    return makeFrom(
      rt,
      { ...options, preserveFds: preserved.count - listening },
      bundle,
      mode,
      { listening, ...(joinedMaps !== undefined && { joinedMaps }) },
      spawning,
    );
  } catch (error) {
    spawning?.abandon();
    throw error;
  }
}

/** What is found out before the plan is begun. */
type KnownBefore = Pick<PlanSetting, 'listening' | 'joinedMaps'>;

function makeFrom(
  rt: Runtime,
  options: CreateOptions,
  bundle: Bundle,
  mode: { foreground: boolean; detach: boolean },
  known: KnownBefore,
  spawning: InitSpawn,
): CreatedContainer {
  let systemd: ConnectedSystemd | undefined;
  try {
    warnOfFindings(warnIn(rt, bundle.config), bundle.config.warnings);
    checkHandover(rt, options);
    checkHookOutput(rt, bundle.config.spec);
    checkConsole(rt, bundle.config.spec.process?.terminal ?? false, '/process/terminal', {
      ...options,
      detach: mode.detach,
    });
    const notify = hasNotifySocket(rt);
    const host = hostFacts(rt);
    if (rt.cgroupManager === 'systemd') systemd = connectSystemd(rt, host);
    const setting = { ...known, notify, facts: systemd?.facts ?? host };
    return makePlanned(rt, options, bundle, mode, setting, spawning, systemd?.manager);
  } catch (error) {
    throw withPosition(error, bundle.config);
  } finally {
    systemd?.manager.close();
  }
}

function makePlanned(
  rt: Runtime,
  options: CreateOptions,
  bundle: Bundle,
  mode: { foreground: boolean; detach: boolean },
  { facts, notify, ...known }: KnownBefore & { notify: boolean; facts: HostFacts },
  spawning: InitSpawn,
  systemd: SystemdManager | undefined,
): CreatedContainer {
  const { spec } = bundle.config;
  const terminal = spec.process?.terminal ?? false;
  const notifyDirectory = notify ? { notifyDirectory: `${stateFolder(rt, options.id)}/${NOTIFY_FOLDER}` } : {};
  const setting = { ...known, foreground: mode.foreground, ...notifyDirectory };
  const beginning = beginBundlePlan(rt, options, bundle, setting, facts);
  const { cgroup } = beginning;
  if (cgroup === undefined) {
    wholePlan(beginning);
    throw new TsruncError('internal', 'a plan without cgroups, and nothing wrong with it');
  }

  const state = newState(rt, options.id, bundle);
  const lock = claimId(rt, options.id);
  const claim = claimCgroups(rt, lock, state, cgroup, facts.cgroup);
  const making = new Making(rt, options, bundle, beginning, cgroup, claim, state, spawning, systemd);
  try {
    return { state, init: making.make(mode, stdioOf(terminal)), lock };
  } catch (error) {
    making.undo();
    lock.release();
    throw error;
  }
}
