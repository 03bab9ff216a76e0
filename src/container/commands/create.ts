/** The operation `create`, and the part that it shares with `run`. */
import { TsruncError } from '../../base/error.js';
import type { IdMaps } from '../../config/id-mappings.js';
import { namespacesAhead } from '../../plan/namespaces/namespaces.js';
import { wholePlan } from '../../plan/plan-container.js';
import { checkConsole } from '../console.js';
import { type Bundle, readBundle } from '../creation/bundle.js';
import { beginBundlePlan } from '../creation/bundle-plan.js';
import { checkHandover } from '../creation/check-handover.js';
import type { CreatedContainer } from '../creation/container-creation.js';
import { hostFacts } from '../creation/host-facts.js';
import { joinedIdMaps } from '../creation/id-maps.js';
import { InitCreation } from '../creation/init-creation.js';
import { hasNotifySocket } from '../creation/notify-socket.js';
import { type ConnectedSystemd, connectSystemd } from '../creation/systemd-unit.js';
import { withPosition } from '../error-location.js';
import { listenFds, preservedFds } from '../exec/preserved-fds.js';
import { checkHookOutput } from '../init/hook-output.js';
import type { InitProcess } from '../init/init-process.js';
import { InitSpawn } from '../init/init-spawn.js';
import type { CreateOptions } from '../options.js';
import type { Runtime } from '../runtime.js';
import { checkContainerId } from '../state/container-id.js';
import { NOTIFY_DIRECTORY, stateDirectory } from '../state/paths.js';
import { warnIn, warnOfFindings } from '../warnings.js';

/**
 * `create`: makes a container whose process waits for `start`.
 * @throws TsruncError; then nothing of the container is left
 */
export function createContainer(rt: Runtime, options: CreateOptions): void {
  const { process, lock } = makeContainer(rt, { options, foreground: false, detach: true });
  process.release();
  lock.release();
}

/** The request for a container, by `create` or `run`. */
export interface MakeRequest {
  readonly options: CreateOptions;
  /** Init waits for start on the runtime's socket (`run`), not on the fifos. */
  readonly foreground: boolean;
  /** The runtime won't stay with the container, so its terminal has to go to the console socket. */
  readonly detach: boolean;
}

/**
 * Makes a container up to `ready`, in the order of docs/protocol.md.
 * @returns the container with its init and its held lock
 * @throws TsruncError; then nothing of the container is left
 */
export function makeContainer(rt: Runtime, request: MakeRequest): CreatedContainer<InitProcess> {
  const { id, bundle: path, configFile, preserveFds } = request.options;
  checkContainerId(id);
  const listening = listenFds(rt);
  const preserved = preservedFds(rt, preserveFds, listening);
  let spawning: InitSpawn | undefined;
  let joinedMaps: IdMaps | undefined;
  try {
    rt.trace?.phase('read config.json');
    const bundle = readBundle(rt, path, configFile, (spec) => {
      rt.trace?.phase('check the configuration');
      // This needs a helper, and only one process can be spawned at a time, so it comes before init.
      joinedMaps = joinedIdMaps(rt, spec);
      spawning = InitSpawn.prepare(rt.native, namespacesAhead(spec), preserved);
    });
    if (spawning === undefined) throw new TsruncError('internal', 'a configuration that passed no schema');
    return makeOf(rt, request, { bundle, spawning, listening, preserveFds: preserved.count, joinedMaps });
  } catch (error) {
    spawning?.abandon();
    throw error;
  }
}

/** What exists of a container once its configuration was read. */
interface Read {
  readonly bundle: Bundle;
  readonly spawning: InitSpawn;
  /** As in BundlePlanRequest. */
  readonly listening: number;
  readonly preserveFds: number;
  readonly joinedMaps: IdMaps | undefined;
}

function makeOf(rt: Runtime, request: MakeRequest, read: Read): CreatedContainer<InitProcess> {
  const { options, foreground, detach } = request;
  const { bundle, spawning } = read;
  const { config } = bundle;
  const { spec } = config;
  let systemd: ConnectedSystemd | undefined;
  try {
    warnOfFindings(warnIn(rt, config), config.warnings);
    checkHandover(rt, options);
    checkHookOutput(rt, spec);
    const { consoleSocket } = options;
    checkConsole(rt, spec.process?.terminal ?? false, '/process/terminal', { consoleSocket, detach });
    rt.trace?.phase('look at the host');
    const notify = hasNotifySocket(rt);
    const host = hostFacts(rt);
    if (rt.cgroupManager === 'systemd') systemd = connectSystemd(rt, host);
    const facts = systemd?.facts ?? host;
    rt.trace?.phase('plan cgroups and namespaces');
    const beginning = beginBundlePlan(rt, {
      options,
      bundle,
      facts,
      preserveFds: read.preserveFds,
      listening: read.listening,
      foreground,
      joinedMaps: read.joinedMaps,
      notifyDirectory: notify ? `${stateDirectory(rt, options.id)}/${NOTIFY_DIRECTORY}` : undefined,
    });
    const { cgroup } = beginning;
    if (cgroup === undefined) {
      wholePlan(beginning);
      throw new TsruncError('internal', 'a plan without cgroups, and nothing wrong with it');
    }
    rt.trace?.cgroup(cgroup);
    rt.trace?.phase('claim the id');
    const creation = new InitCreation(rt, {
      options,
      bundle,
      cgroup,
      cgroupHost: facts.cgroup,
      systemd: systemd?.manager,
      detach,
      beginning,
      spawning,
      foreground,
    });
    return creation.create();
  } catch (error) {
    throw withPosition(error, config);
  } finally {
    systemd?.manager.close();
  }
}
