/** The operation `restore`. */
import { findCriu } from '../../criu/executable.js';
import { openToUserNamespace } from '../../criu/image-access.js';
import type { RestoreOptions } from '../../criu/options.js';
import { checkConsole } from '../console.js';
import { type Bundle, readBundle } from '../creation/bundle.js';
import { planForCriu } from '../creation/bundle-plan.js';
import { checkHandover } from '../creation/check-handover.js';
import type { CreatedContainer } from '../creation/container-creation.js';
import { CriuCreation } from '../creation/criu-creation.js';
import { hostFacts } from '../creation/host-facts.js';
import { checkImageFiles, openImageDirectories } from '../creation/image-directories.js';
import { bindNotifySocket } from '../creation/notify-socket.js';
import { connectSystemd } from '../creation/systemd-unit.js';
import { withPosition } from '../error-location.js';
import { stayInForeground } from '../exec/foreground.js';
import { inheritedPipes } from '../init/stdio-names.js';
import type { Runtime } from '../runtime.js';
import { checkContainerId } from '../state/container-id.js';
import { directoryExists, taken } from '../state/state-store.js';
import { warnIn, warnOfFindings, warnOfPlan } from '../warnings.js';
import { cleanUpBehind } from './clean-up.js';
import { removeContainer } from './run.js';

/**
 * `restore`: makes a container from the images of a `checkpoint` and lets its processes run on. Unless detached, it
 * waits for the container in the foreground and deletes it when it ends, as `run` does.
 * @returns the exit status of its process or 128 + signal; 0 if detached
 * @throws TsruncError of the configuration or the host, or 'system' with criu's message; then nothing of the
 * container is left
 */
export function restoreContainer(rt: Runtime, options: RestoreOptions): number {
  const { native } = rt;
  checkContainerId(options.id);
  const bundle = readBundle(rt, options.bundle, options.configFile);
  warnOfFindings(warnIn(rt, bundle.config), bundle.config.warnings);
  checkConsole(rt, bundle.config.spec.process?.terminal ?? false, '/process/terminal', options);
  checkHandover(rt, options);
  // Set before the process exists, so that we adopt all its orphans and lose no signal for it.
  if (!options.detach && !options.noSubreaper) native.setSubreaper(true);
  if (!options.detach) native.catchSignals();
  let container: CreatedContainer;
  try {
    container = makeFromImages(rt, options, bundle);
  } catch (error) {
    throw withPosition(error, bundle.config);
  }
  const { state, process, lock } = container;
  lock.unlock();
  // It may have reported before the checkpoint that it is ready, so we don't wait for that message.
  if (options.detach) {
    lock.release();
    process.release();
    return 0;
  }
  const notify = state.notify ? { notify: { socket: bindNotifySocket(rt, options.id), state } } : {};
  const status = stayInForeground(rt, process, { reap: !options.noSubreaper, ...notify });
  process.release();
  cleanUpBehind(rt, options.id, () => removeContainer(rt, state, lock));
  return status;
}

/** Makes the container up to the point where its processes run. Throws as restoreContainer. */
function makeFromImages(rt: Runtime, options: RestoreOptions, bundle: Bundle): CreatedContainer {
  const criu = findCriu(rt.native, rt.env);
  const facts = hostFacts(rt);
  const systemd = rt.cgroupManager === 'systemd' ? connectSystemd(rt, facts) : undefined;
  try {
    const plan = planForCriu(rt, options, bundle, systemd?.facts ?? facts);
    warnOfPlan(warnIn(rt, bundle.config), plan);
    // Callers look for the error that the id is taken, so it comes before errors about the images.
    if (directoryExists(rt, options.id)) throw taken(options.id);
    const images = openImageDirectories(rt, options, false);
    try {
      checkImageFiles(rt.native, images, 'restore');
      openToUserNamespace(rt.native, images.path, bundle.config.spec);
      const creation = new CriuCreation(rt, {
        options,
        bundle,
        cgroup: plan.cgroup,
        cgroupHost: facts.cgroup,
        systemd: systemd?.manager,
        detach: options.detach,
        plan,
        facts,
        criu,
        images,
        pipes: inheritedPipes(rt, images.path),
      });
      return creation.create();
    } finally {
      images.close();
    }
  } finally {
    systemd?.manager.close();
  }
}
